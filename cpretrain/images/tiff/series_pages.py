"""Planes in the pages of a TIFF, as tifffile interprets its header; checked before they are read."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.tiff.integrity import check_coded, check_movie, check_segments
from cpretrain.images.tiff.planes import Index
from cpretrain.runtime.spelling import option

_NAMED_HEADERS = {"ome": "OME", "imagej": "ImageJ", "shaped": "tifffile", "scanimage": "ScanImage"}


class SeriesPages:
    """Planes in the pages of a TIFF; see `Planes`.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    file : tifffile.TiffFile
        The same file, opened.
    series : tifffile.TiffPageSeries
        The movie in it.
    images : int
        Number of images in the file.

    Raises
    ------
    BadInput
        When the file is shorter than its header states, or has frames of different sizes or types.
    """

    why_missing = "they were left out in the recording, or it was stopped before its end"

    def __init__(
        self, path: Path, file: tifffile.TiffFile, series: tifffile.TiffPageSeries, images: int
    ) -> None:
        self.path, self._file, self._series = path, file, series
        names = {page.parent.filename for page in series.pages if page is not None}
        beside = names if series.kind == "ome" else set()
        self.files = [path.parent / name for name in sorted(beside | {path.name})]
        self.images = images
        check_movie(path, file, series, self.files)
        self.axes, self.shape, self.dtype = series.axes, series.shape, np.dtype(series.dtype)
        self._is_contiguous = len(series.pages) == 1 and series.dataoffset is not None
        pages = series.size // series.keyframe.size if self._is_contiguous else len(series)
        self._numbers = _page_numbers(self.shape, pages)
        file.filehandle.set_lock(True)  # frames may be read in several threads
        self.notes = [*_header_notes(file, series), *_unused_pages(file, series, self.images)]

    @property
    def there(self) -> NDArray[np.bool_] | None:
        """True for planes that are present, along the first axes; None if all are."""
        pages = self._series.pages
        if len(pages) < 2 or all(page is not None for page in pages):
            return None
        there = np.array([page is not None for page in pages])
        return there.reshape(self._numbers.shape) if len(pages) == self._numbers.size else there

    def read(self, index: Index) -> NDArray[Any]:
        """Read the planes at `index`; missing ones read as zeros."""
        leading = self._numbers.ndim
        numbers = np.asarray(self._numbers[index[:leading]])
        pixels = np.empty((numbers.size, *self.shape[leading:]), self.dtype)
        for target, number in zip(pixels, numbers.ravel().tolist(), strict=True):
            page = self._page(number)
            target[...] = 0 if page is None else _pixels(page).reshape(target.shape)
        return pixels.reshape(*numbers.shape, *self.shape[leading:])[
            (*(slice(None),) * numbers.ndim, *index[leading:])
        ]

    def _page(self, number: int) -> Any:
        """Return a checked page; if all pixels are contiguous, a stand-in for it, because their length is checked."""
        first = self._series[0]
        if self._is_contiguous and first is not None:
            count = first.size * self.dtype.itemsize
            return tifffile.TiffFrame(
                self._file,
                index=0,
                keyframe=first.keyframe,
                dataoffsets=(first.dataoffsets[0] + number * count,),
                databytecounts=(count,),
            )
        page = self._series[number]
        if page is not None:
            self._check(page)
        return page

    def _check(self, page: Any) -> None:
        """Check that a page is like the first one, which tifffile takes for granted."""
        name = self.path.parent / page.parent.filename
        first, here = self._series.keyframe, page.keyframe
        if here is not first and not _alike(first, here):
            raise _unlike(name, page.index, here, first)
        if page.parent is self._file and page.offset and not isinstance(page, tifffile.TiffPage):
            own = None if page.is_virtual or self._file.is_lsm else page.aspage()
            if own is not None and not _alike(first, own):
                raise _unlike(name, page.index, own, first)
        check_segments(name, page)
        check_coded(name, page)


def _pixels(page: Any) -> NDArray[Any]:
    """Read a page; other files of a set are open only while they are read."""
    handle = page.parent.filehandle
    if not handle.closed:
        return np.asarray(page.asarray())
    handle.open()
    try:
        return np.asarray(page.asarray())
    finally:
        handle.close()


def _alike(one: Any, other: Any) -> bool:
    return bool((one.shape, one.dtype) == (other.shape, other.dtype))


def _unlike(path: Path, number: int, odd: Any, first: Any) -> BadInput:
    return BadInput(
        f"{path}: frame {number} differs from the first frame",
        found=f"{odd.dtype}, {odd.shape}",
        expected=f"{first.dtype}, {first.shape}, as the first frame",
        cure="leave it out, or make all frames alike, in Fiji: Image › Adjust › Canvas Size, Image › Type",
    )


def _page_numbers(shape: tuple[int, ...], pages: int) -> NDArray[np.int64]:
    """Return the page numbers along the first axes of a movie; the other axes lie within a page."""
    leading = np.cumprod((1, *shape)).tolist()
    return np.arange(pages).reshape(shape[: leading.index(pages)]) if pages in leading else np.arange(pages)


def images_in(path: Path, file: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """List the images in a file, without reduced copies; tifffile takes frames of a different size for another image.

    Raises
    ------
    BadInput
        When a frame differs in size or type from the first one.
    """
    full = [series for series in file.series if not series.keyframe.is_reduced]
    if len(full) > 1 and full[0].kind == "generic":
        raise _unlike(path, full[1].keyframe.index, full[1].keyframe, full[0].keyframe)
    return full or file.series[:1]


def _header_notes(file: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> list[str]:
    """Return a note if a header does not fit the pages, which are then taken in order."""
    kinds = [kind for kind in _NAMED_HEADERS if getattr(file, f"is_{kind}")]
    if series.kind in kinds or not kinds or len(series.pages) < 2:
        return []
    return [
        f"its {_NAMED_HEADERS[kinds[0]]} header does not fit its {len(series.pages)} pages, which are taken as "
        f"{series.axes} in file order; if they "
        f"are something else, name them with {option('axes')}"
    ]


def _unused_pages(file: tifffile.TiffFile, series: tifffile.TiffPageSeries, images: int) -> list[str]:
    """Return a note if there are more pages than the header states."""
    used = series.size // series.keyframe.size
    there = len(file.pages)
    if images > 1 or there <= used or series.kind in ("lsm", "ndpi", "svs", "scn") or len(file.series) > 1:
        return []
    if not all(page.parent is file for page in series.pages if page is not None):
        return []
    spare = file.pages[used].aspage()
    if spare.is_reduced or not _alike(series.keyframe, spare):
        return []
    return [
        f"its header says {used} planes, but the file holds {there}; the last {there - used} are left out. If they "
        "are frames as well, open it in Fiji and save it again"
    ]
