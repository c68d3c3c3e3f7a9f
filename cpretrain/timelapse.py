"""Open a time-lapse lazily: whatever the file calls its axes, one frame at a time, axes z, c, y, x."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

from cpretrain.errors import BadInput

SUFFIXES = (".tif", ".tiff")
AXES = "TZCYX"
_SAME_AS = {"I": "T", "Q": "T", "S": "C"}  # tifffile's names for an unnamed sequence, and for samples


class Frames(Protocol):
    """What drift correction needs of a movie."""

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""

    @property
    def dtype(self) -> np.dtype:
        """Type of a pixel."""

    def frame(self, t: int) -> NDArray[Any]:
        """Frame `t` (from 0), axes z, c, y, x."""


@dataclass
class Calibration:
    """What a pixel and a frame are worth.

    Parameters
    ----------
    pixel_size : tuple of float
        Size of a voxel in z, y, x, in `unit`; 1.0 where the file does not say.
    unit : str
        Unit of length, for example ``"µm"``, or ``"pixel"``.
    frame_interval : float
        Seconds between frames; 0.0 where the file does not say.
    """

    pixel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unit: str = "pixel"
    frame_interval: float = 0.0


@dataclass
class ArrayFrames:
    """A movie held in an array with axes t, z, c, y, x."""

    pixels: NDArray[Any]
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        t, z, c, y, x = self.pixels.shape
        return t, z, c, y, x

    @property
    def dtype(self) -> np.dtype:
        """Type of a pixel."""
        return self.pixels.dtype

    def frame(self, t: int) -> NDArray[Any]:
        """Frame `t` (from 0), axes z, c, y, x."""
        return np.asarray(self.pixels[t])


class TimeLapse:
    """A time-lapse in a TIFF file, read one frame at a time; use it in a ``with`` statement.

    Parameters
    ----------
    path : path-like
        A TIFF, ImageJ hyperstack or OME-TIFF.
    axes : str, optional
        Axes of the file, a letter of ``TZCYX`` each, where the file states them wrongly.

    Raises
    ------
    BadInput
        When the file cannot be read or has axes that are not understood.
    """

    def __init__(self, path: str | os.PathLike, axes: str | None = None) -> None:
        self.path = Path(path)
        with ExitStack() as on_error:
            try:
                self._file = on_error.enter_context(tifffile.TiffFile(self.path))
                self._open(axes)
            except BadInput:
                raise
            except Exception as error:  # a damaged file raises nearly anything in tifffile
                raise BadInput(
                    f"{self.path}: cannot be read as a TIFF",
                    found=str(error).splitlines()[0] if str(error) else type(error).__name__,
                    expected="a TIFF, an ImageJ hyperstack or an OME-TIFF",
                    cure="open it in Fiji and save it again, or take it out of the folder",
                ) from error
            on_error.pop_all()

    def _open(self, axes: str | None) -> None:
        if not self._file.series:
            raise BadInput(f"{self.path}: holds no image")
        series = self._file.series[0]
        self.axes = _named_axes(self.path, series.axes, series.shape, axes)
        lengths = dict(zip(self.axes, series.shape, strict=True))
        self.dtype = np.dtype(series.dtype)
        self._array = zarr.open_array(series.levels[0].aszarr(), mode="r")
        self._shape = tuple(lengths.get(axis, 1) for axis in AXES)
        self.calibration = _calibration(self._file)
        self.is_rgb = series.axes.endswith("S")

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        t, z, c, y, x = self._shape
        return t, z, c, y, x

    def frame(self, t: int) -> NDArray[Any]:
        """Read frame `t` (from 0), axes z, c, y, x.

        Raises
        ------
        BadInput
            When the frame cannot be decoded.
        """
        try:
            pixels = np.asarray(self._array[tuple(t if axis == "T" else slice(None) for axis in self.axes)])
        except Exception as error:  # every codec raises errors of its own
            raise BadInput(
                f"{self.path}: frame {t} cannot be read",
                found=f"{type(error).__name__}: {error}",
                cure="the file is damaged or incomplete: copy it again from the microscope",
            ) from error
        axes = self.axes.replace("T", "")
        order = [axes.index(axis) for axis in "ZCYX" if axis in axes]
        return pixels.transpose(order).reshape(self._shape[1:])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "TimeLapse":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _named_axes(path: Path, stated: str, shape: tuple[int, ...], wanted: str | None) -> str:
    if wanted is None:
        named = "".join(_SAME_AS.get(axis, axis) for axis in stated)
    else:
        named = wanted.upper()
        if len(named) != len(shape):
            raise BadInput(
                f"{path}: --axes {wanted} names {len(named)} axes",
                found=f"{len(shape)} axes, {stated} of lengths {shape}",
                expected="a letter for each axis of the file",
            )
    if len(set(named)) != len(named) or not set(named) <= set(AXES) or not {"Y", "X"} <= set(named):
        raise BadInput(
            f"{path}: axes {named} are not understood",
            found=f"{stated} of lengths {shape}",
            expected="letters of TZCYX, each at most once, with Y and X",
            cure="name them with --axes, for example --axes TYX",
        )
    return named


def _calibration(file: tifffile.TiffFile) -> Calibration:
    calibration = Calibration()
    if file.is_imagej and file.imagej_metadata:
        facts = file.imagej_metadata
        y, x = (_resolution(file, tag) for tag in ("YResolution", "XResolution"))
        unit = str(facts.get("unit", "pixel"))
        calibration = Calibration(
            (float(facts.get("spacing", 1.0)), y, x),
            "µm" if unit in ("micron", "um", "\\u00B5m") else unit,
            float(facts.get("finterval", 0.0)),
        )
    elif file.is_ome and file.ome_metadata:
        image = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        pixels = (image[0] if isinstance(image, list) else image)["Pixels"]
        z, y, x = (float(pixels.get(f"PhysicalSize{axis}", 1.0)) for axis in "ZYX")
        unit = str(pixels.get("PhysicalSizeXUnit", "µm")) if "PhysicalSizeX" in pixels else "pixel"
        calibration = Calibration((z, y, x), unit, float(pixels.get("TimeIncrement", 0.0)))
    return calibration


def _resolution(file: tifffile.TiffFile, tag: str) -> float:
    """Pixel size from a resolution tag (pixels per unit, as a fraction); 1.0 where it says nothing."""
    entry = file.pages[0].tags.get(tag)  # type: ignore[union-attr]
    if entry is None or not entry.value[0]:
        return 1.0
    return float(entry.value[1] / entry.value[0])


def list_images(path: str | os.PathLike) -> list[Path]:
    """List the TIFF files of a folder by name, or give the one file named.

    Parameters
    ----------
    path : path-like
        A file, or a folder. Hidden files and folders inside are left out.

    Returns
    -------
    list of pathlib.Path
        At least one file.

    Raises
    ------
    BadInput
        When there is no such path, or no image in it.
    """
    given = Path(path)
    if given.is_file():
        return [given]
    if not given.is_dir():
        raise BadInput(f"{given}: there is no such file or folder")
    files = sorted(
        file for file in given.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
    if not files:
        others = sorted(file.name for file in given.iterdir() if not file.name.startswith("."))
        raise BadInput(
            f"{given}: no images in this folder",
            found=", ".join(others[:5]) + (" …" if len(others) > 5 else "") if others else "an empty folder",
            expected="files ending in .tif or .tiff",
        )
    return files
