"""A movie in a TIFF, an ImageJ hyperstack or an OME-TIFF (of one file or several), read one frame at a time."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.axes import named_axes
from cpretrain.images.tiff.ifd_chain import check_complete
from cpretrain.images.tiff.integrity import check_movie, check_segments
from cpretrain.images.tiff.metadata import calibration_of, channels_of
from cpretrain.images.tiff.ome_xml import check_ome
from cpretrain.runtime.log_silence import silent


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
        with ExitStack() as on_error, silent("tifffile"):
            try:
                check_complete(path)
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
        check_ome(self.path, self._file.ome_metadata or "")
        if not self._file.series:
            raise BadInput(f"{self.path}: holds no image")
        series = self._file.series[0]
        self.files = _files(self.path, series)
        check_movie(self.path, self._file, series, self.files)
        self.images = _images(self.path, self._file)
        self.axes = named_axes(self.path, series.axes, series.shape, axes)
        self.lengths = dict(zip(self.axes, series.shape, strict=True))
        self.dtype = np.dtype(series.dtype)
        self._series, self._numbers = series, _page_numbers(series)
        self._array = zarr.open_array(series.levels[0].aszarr(), mode="r")
        self.calibration = calibration_of(self._file)
        self.channels = channels_of(self._file, self.lengths.get("C", 1))
        self.is_rgb = series.axes.endswith("S")

    def read(self, t: int) -> NDArray[Any]:
        """Frame `t` (from 0), the axes of the file without T."""
        for page in self._pages(t):
            check_segments(self.path.parent / page.parent.filename, page)
        return np.asarray(self._array[tuple(t if axis == "T" else slice(None) for axis in self.axes)])

    def _pages(self, t: int) -> Iterator[Any]:
        """Yield the pages of a frame; none where all pixels lie in one stretch, whose length `check_movie` knows."""
        if self._series.dataoffset is not None:
            return
        along = self.axes.find("T")
        numbers = self._numbers.take(t, along) if 0 <= along < self._numbers.ndim else self._numbers
        for number in numbers.flat:
            yield self._series[int(number)]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _page_numbers(series: tifffile.TiffPageSeries) -> NDArray[np.int64]:
    """Numbers of the pages along the first axes of a movie; the others lie within a page."""
    numbers = np.arange(len(series))
    pages = np.cumprod((1, *series.shape)).tolist()
    return numbers.reshape(series.shape[: pages.index(len(series))]) if len(series) in pages else numbers


def _images(path: Path, file: tifffile.TiffFile) -> int:
    """Number of images in a file; tifffile takes frames of another size for another image."""
    full = [series for series in file.series if not series.keyframe.is_reduced]
    if len(full) > 1 and full[0].kind == "generic":
        odd = full[1].keyframe
        raise BadInput(
            f"{path}: frame {odd.index} is not like the first frame",
            found=f"{odd.dtype}, {odd.shape}",
            expected=f"{full[0].dtype}, {full[0].keyframe.shape}, as the first frame",
            cure="leave it out, or make all frames alike, in Fiji: Image › Adjust › Canvas Size, Image › Type",
        )
    return len(full)


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
