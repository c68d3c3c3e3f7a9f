"""Common part of the readers of microscopes' own formats: one position in a file, read plane by plane."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.axes import AXES, named_axes
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.missing_planes import kept_frames
from cpretrain.images.positions import Choose, chosen_index, file_of
from cpretrain.images.tiff.ifd_chain import MOST_PAGES
from cpretrain.images.tiff.integrity import MOST_PIXELS
from cpretrain.runtime.log_silence import silent

LARGEST_RATIO = 2000
"""Of the bytes of a frame to those of its files; what packs better is taken for damage."""


@dataclass
class Description:
    """Description of one position in a file.

    Parameters
    ----------
    shape : tuple of int
        Lengths in t, z, c, y, x; the colours of RGB count as channels.
    dtype : numpy.dtype
        Pixel type.
    positions : int
        Number of positions in the file.
    calibration : Calibration
        Pixel size and frame interval.
    channels : Channels
        Names and colours of the channels.
    there : ndarray of bool, shape (T, Z, C), optional
        True for planes that are present; None if all are.
    is_rgb : bool
        True if the channels are the red, green and blue of one picture.
    notes : list of str
        Sentences on what was guessed or left out.
    files : list of pathlib.Path
        Files of the movie; empty if it is just the one file.
    """

    shape: tuple[int, int, int, int, int]
    dtype: np.dtype
    positions: int = 1
    calibration: Calibration = field(default_factory=Calibration)
    channels: Channels = field(default_factory=Channels)
    there: NDArray[np.bool_] | None = None
    is_rgb: bool = False
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class Recording(ABC):
    """One position in a file; the reader of a format defines how it is opened, and how planes are read.

    Frames without any plane are left out; `notes` state this, and anything else that was missing or guessed.

    Parameters
    ----------
    path : pathlib.Path
        The file, with a position if it holds several: ``exp.nd2#3``; by default the first one.
    axes : str, optional
        Axes of the file, if stated wrongly there.

    Raises
    ------
    BadInput
        When it cannot be read, has no such position, or has axes that are not understood.
    """

    format: ClassVar[str]
    """Name of the format in messages."""
    package: ClassVar[str]
    """Library that reads it, whose log and warnings are suppressed."""
    why_missing: ClassVar[str] = "the recording was stopped before its end"

    def __init__(self, path: Path, axes: str | None = None) -> None:
        self.path, file = path, file_of(path)
        with ExitStack() as on_error, self._clear_errors():
            on_error.callback(self.close)
            told = self._open(file, partial(chosen_index, path))
            check_description(path, told, sum(one.stat().st_size for one in told.files or [file]))
            self._describe(told, axes)
            on_error.pop_all()
        self.files = told.files or [file]

    @abstractmethod
    def _open(self, file: Path, choose: Choose) -> Description:
        """Open the file, choose one of its positions, and describe it."""

    @abstractmethod
    def _planes(self, t: int, z: int) -> NDArray[Any]:
        """Read all channels of a plane in the file (frame and plane from 0), ndarray, shape (C, Y, X)."""

    @abstractmethod
    def close(self) -> None:
        """Close the file, even if it was only partly opened."""

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), with the movie's axes except T."""
        at = self._place(t)
        _, planes, *rest = self._shape
        times, stack = [at["T"]] if "T" in at else self._frames, [at["Z"]] if "Z" in at else range(planes)
        with self._clear_errors():
            pixels = np.empty((len(times), len(stack), *rest), self.dtype)
            for i, frame in enumerate(times):
                for k, z in enumerate(stack):
                    pixels[i, k] = self._planes(frame, z)
        if "C" in at:
            pixels = pixels[:, :, at["C"]]
        return pixels.reshape([self.lengths[axis] for axis in self.axes if axis != "T"])

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return which planes of frame `t` are missing and read as zeros, ndarray of bool, shape (Z, C) or (1, 1)."""
        if self._there is None or "T" in self._place(t).values():
            return np.zeros((1, 1), bool)
        at = self._place(t)
        absent = ~self._there[tuple(at.get(axis, slice(None)) for axis in "TZC")]
        left = [self._names.get(axis, axis) for axis in "TZC" if axis not in at]
        shape = [self.lengths.get(axis, 1) if axis in left else 1 for axis in "ZC"]
        order = [left.index(axis) for axis in "ZC" if axis in left]
        others = [i for i in range(absent.ndim) if i not in order]
        return absent.transpose([*others, *order]).reshape(-1, *shape)[0]

    def _describe(self, told: Description, axes: str | None) -> None:
        self.dtype, self.is_rgb, self.images = told.dtype.newbyteorder("="), told.is_rgb, told.positions
        self.calibration, self.channels = told.calibration, told.channels
        self._shape, self._there, self.notes = told.shape, told.there, [*told.notes]
        stated = "".join(
            axis for axis, length in zip(AXES, told.shape, strict=True) if length > 1 or axis in "YX"
        )
        kept = tuple(length for axis, length in zip(AXES, told.shape, strict=True) if axis in stated)
        self.axes = named_axes(self.path, stated, kept, axes)
        self._names = dict(zip(stated, self.axes, strict=True))
        self.lengths = dict(zip(self.axes, kept, strict=True))
        self._frames = list(range(told.shape[0]))
        if self._there is not None:
            self._leave_out(self._there)

    def _leave_out(self, there: NDArray[np.bool_]) -> None:
        """Leave out missing frames, if the axis T is the one that the file calls T."""
        if self._names.get("T", "T") != "T":
            if not there.all():
                self.notes.append(f"{(~there).sum()} of {there.size} planes are missing and read as zeros")
            return
        frames, notes = kept_frames(there, "TZC", self.why_missing)
        if not frames:
            raise DamagedFile(self.path, "no plane of it is there")
        self.notes += notes
        self._frames = frames
        if "T" in self.lengths:
            self.lengths["T"] = len(frames)

    def _place(self, t: int) -> dict[str, int]:
        """Return the letter of the axis T in the file, and the position of frame `t` along it."""
        for stated, name in self._names.items():
            if name == "T":
                return {stated: self._frames[t] if stated == "T" else t}
        return {} if self._shape[0] > 1 else {"T": self._frames[0]}

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Turn the library's exceptions into a clear error; a damaged file can raise nearly anything."""
        try:
            with silent(self.package), warnings.catch_warnings(action="ignore"):
                yield
        except (BadInput, MemoryError):
            raise
        except Exception as error:
            raise DamagedFile(
                self.path,
                error,
                problem=f"cannot be read as {self.format}",
                cure="copy it again from the microscope, or take it out of the folder",
            ) from error


def check_description(path: Path, told: Description, size: int) -> None:
    """Check that a movie can be what its file states.

    Raises
    ------
    BadInput
        When it has a size that no movie has, or pixels that are not numbers.
    """
    t, z, c, y, x = told.shape
    if min(told.shape) < 1 or prod((t, z, c)) > MOST_PAGES or y * x > MOST_PIXELS:
        raise DamagedFile(path, f"a movie of {t} × {z} × {c} planes of {y} × {x} pixels")
    frame = z * c * y * x * told.dtype.itemsize
    if frame > size * LARGEST_RATIO:
        raise DamagedFile(path, f"frames of {frame} bytes in {size} bytes of files")
    if told.dtype.kind not in "buif":
        raise BadInput(f"{path}: pixels of type {told.dtype} are not read", expected="grey values or RGB")
