"""A movie in a TIFF, an ImageJ hyperstack or an OME-TIFF (of one file or several), read one frame at a time."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

from cpretrain.axis_names import named_axes
from cpretrain.calibration import Calibration
from cpretrain.errors import BadInput


class TiffMovie:
    """A movie in a TIFF; `files` are all that it is made of.

    Parameters
    ----------
    path : pathlib.Path
        The file; of a multi-file OME-TIFF any one of them.
    axes : str, optional
        Axes of the file, where it states them wrongly.

    Raises
    ------
    BadInput
        When it cannot be read, lacks a file of its set, or has axes that are not understood.
    """

    def __init__(self, path: Path, axes: str | None = None) -> None:
        self.path = path
        with ExitStack() as on_error:
            try:
                self._file = on_error.enter_context(tifffile.TiffFile(path))
                self._open(axes)
            except BadInput:
                raise
            except Exception as error:  # a damaged file raises nearly anything in tifffile
                raise BadInput(
                    f"{path}: cannot be read as a TIFF",
                    found=str(error).splitlines()[0] if str(error) else type(error).__name__,
                    expected="a TIFF, an ImageJ hyperstack or an OME-TIFF",
                    cure="open it in Fiji and save it again, or take it out of the folder",
                ) from error
            on_error.pop_all()

    def _open(self, axes: str | None) -> None:
        if not self._file.series:
            raise BadInput(f"{self.path}: holds no image")
        series = self._file.series[0]
        self.files = _files(self.path, series)
        self.axes = named_axes(self.path, series.axes, series.shape, axes)
        self.lengths = dict(zip(self.axes, series.shape, strict=True))
        self.dtype = np.dtype(series.dtype)
        self._array = zarr.open_array(series.levels[0].aszarr(), mode="r")
        self.calibration = _calibration(self._file)
        self.is_rgb = series.axes.endswith("S")

    def read(self, t: int) -> NDArray[Any]:
        """Frame `t` (from 0), the axes of the file without T."""
        return np.asarray(self._array[tuple(t if axis == "T" else slice(None) for axis in self.axes)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _files(path: Path, series: tifffile.TiffPageSeries) -> list[Path]:
    """All files of a movie; tifffile would put zeros where one of a multi-file OME-TIFF is missing."""
    if series.kind != "ome":
        return [path]
    missing = sum(page is None for page in series.pages)
    if missing:
        raise BadInput(
            f"{path}: files of this multi-file OME-TIFF are missing",
            found=f"{len(series.pages) - missing} of {len(series.pages)} planes",
            cure="put all its files into this folder, under the names they were recorded with",
        )
    names = {page.parent.filename for page in series.pages if page is not None}
    return [path.parent / name for name in sorted(names | {path.name})]


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
