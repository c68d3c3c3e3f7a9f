"""Open a time-lapse lazily: one frame at a time, shape (Z, C, Y, X), whatever the axes of the file."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.axes import AXES
from cpretrain.images.conversion import Converted, Readable
from cpretrain.images.formats import format_of
from cpretrain.images.image_sequence import FrameFiles, is_pattern
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.micromanager_folder import MicroManagerFolder, is_image_folder
from cpretrain.images.ome_zarr_positions import in_store, is_ome_zarr
from cpretrain.images.positions import at_position, file_of, position
from cpretrain.images.tiff.movie import TiffMovie
from cpretrain.runtime.console import warning
from cpretrain.runtime.resources import check_memory
from cpretrain.runtime.terminal import check_name
from cpretrain.settings.base import Conversion


class Frames(Protocol):
    """A movie as drift correction needs it."""

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""

    @property
    def dtype(self) -> np.dtype:
        """Pixel type."""

    def frame(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), shape (Z, C, Y, X)."""


class NamedFrames(Frames, Protocol):
    """A movie that crops can be drawn from: frames with a name."""

    path: Path

    def is_complete(self, t: int, z: int) -> bool:
        """Return whether all channels of a plane are present."""


@dataclass
class ArrayFrames:
    """A movie held in an array.

    Parameters
    ----------
    pixels : ndarray, shape (T, Z, C, Y, X)
        Grey values.
    calibration : Calibration
        Pixel size and frame interval.
    """

    pixels: NDArray[Any]
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        t, z, c, y, x = self.pixels.shape
        return t, z, c, y, x

    @property
    def dtype(self) -> np.dtype:
        """Pixel type."""
        return self.pixels.dtype

    def frame(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), shape (Z, C, Y, X)."""
        return np.asarray(self.pixels[t])


class TimeLapse:
    """A time-lapse read one frame at a time; use it in a ``with`` statement.

    Parameters
    ----------
    path : path-like
        A TIFF, ImageJ hyperstack or OME-TIFF (any file of a multi-file one), a file of a microscope (see
        `cpretrain.images.formats`), an OME-Zarr folder, or a pattern of single-frame TIFFs such as ``raw/img_*.tif``;
        with a position if it holds several: ``exp.nd2#3``.
    axes : str, optional
        Axes of the file, one letter of ``TZCYX`` each, if stated wrongly there.
    convert : str, optional
        Rule for converting pixels to grey values that can be measured, see `Converted`.

    Attributes
    ----------
    files : list of pathlib.Path
        The files it consists of; for an OME-Zarr its metadata, and the folder of its pixels at full resolution.
    calibration : Calibration
        Pixel size and frame interval.
    channels : Channels
        Names and colours of the channels.
    images : int
        Number of positions in the file; the one named in the path is read, else the first.
    notes : list of str
        Sentences on parts of the file that were left out, are missing or were guessed; see `warn_of_notes`.

    Raises
    ------
    BadInput
        When the file cannot be read or has axes that are not understood.
    """

    def __init__(
        self, path: str | os.PathLike, axes: str | None = None, convert: Conversion | None = None
    ) -> None:
        self.path = in_store(Path(path))
        check_name(self.path)
        self._movie: Readable = reader_of(self.path)(self.path, axes)
        if convert:
            self._movie = Converted(self._movie, convert)
        self.axes, self.files = self._movie.axes, self._movie.files
        self.dtype, self.is_rgb = self._movie.dtype, self._movie.is_rgb
        self.calibration: Calibration = self._movie.calibration
        self.channels: Channels = self._movie.channels
        self._shape = tuple(self._movie.lengths.get(axis, 1) for axis in AXES)
        self.images, self.notes = self._movie.images, [*self._movie.notes]
        if self.images > 1 and position(self.path) is None:
            self.notes.append(
                f"holds {self.images} positions; the first one is read. Name the others as "
                f"{at_position(self.path, 2).name}, or give the folder to take all of them"
            )
        self._latest: tuple[int, NDArray[Any]] | None = None
        try:
            check_memory(
                self.frame_bytes,
                f"{self.path}: a frame of {' × '.join(map(str, self._shape[1:]))} pixels (z, c, y, x) does not fit in "
                "memory",
                "crop the frames, or use a machine with more memory; if the file cannot be that large, it is damaged",
            )
        except BadInput:
            self.close()
            raise

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        t, z, c, y, x = self._shape
        return t, z, c, y, x

    @property
    def frame_bytes(self) -> int:
        """Size of a frame in memory, in bytes."""
        return prod(self._shape[1:]) * self.dtype.itemsize

    def frame(self, t: int) -> NDArray[Any]:
        """Read frame `t` (from 0), shape (Z, C, Y, X); the latest frame is cached, so do not modify it.

        Raises
        ------
        BadInput
            When the frame cannot be decoded.
        """
        if self._latest is not None and self._latest[0] == t:
            return self._latest[1]
        try:
            pixels = self._movie.read(t)
        except BadInput:
            raise
        except Exception as error:  # every codec raises its own exceptions
            raise DamagedFile(
                self.path,
                error,
                problem=f"frame {t} cannot be read",
                expected=None,
                cure="the file is damaged or incomplete: copy it again from the microscope",
            ) from error
        axes = self.axes.replace("T", "")
        order = [axes.index(axis) for axis in "ZCYX" if axis in axes]
        ordered = pixels.transpose(order).reshape(self._shape[1:])
        self._latest = t, ordered
        return ordered

    def is_complete(self, t: int, z: int) -> bool:
        """Return whether all channels of a plane are present (frame and plane from 0), so that none reads as zeros."""
        missing = self._movie.missing(t)
        return not missing[z if len(missing) > 1 else 0].any()

    def warn_of_notes(self) -> None:
        """Warn about parts of the file that were left out, are missing or were guessed."""
        for note in self.notes:
            warning(f"{self.path.name}: {note}")

    def close(self) -> None:
        """Close the file."""
        self._movie.close()

    def __enter__(self) -> "TimeLapse":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reader_of(path: Path) -> Callable[[Path, str | None], Readable]:
    """Find the reader of a movie by its path, and import the library of its format.

    Raises
    ------
    BadInput
        When that library is not installed.
    """
    if is_pattern(path):
        return FrameFiles
    if is_ome_zarr(file_of(path)):
        from cpretrain.images.ome_zarr import ZarrMovie

        return ZarrMovie
    if is_image_folder(path):
        return MicroManagerFolder
    known = format_of(path)
    return known.load() if known else TiffMovie
