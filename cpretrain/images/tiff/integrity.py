"""Refuse damaged TIFFs instead of guessing, judged by their headers alone, before any pixel is read.

tifffile fills the missing part of a truncated file with zeros, and takes the last directory that it finds for the last
one there was. A damaged header can ask for more memory than any machine has.
"""

import os
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import tifffile

from cpretrain.errors import DamagedFile
from cpretrain.images.coded_image import stated_pixels

MOST_PIXELS = 2**30
"""Maximum number of pixels in a plane; more is taken for a damaged header."""

_UNCOMPRESSED = 1
_IMAGES_OF_THEIR_OWN = (
    *(6, 7, 33007, 34892),  # JPEG
    *(33003, 33004, 33005, 34712),  # JPEG 2000
    *(22610, 34934),  # JPEG XR
    *(50002, 52546),  # JPEG XL
    *(34887, 34933, 50001),  # LERC, PNG, WebP
)
"""Compressions whose data states its own size."""
_HEADER = 2**20
"""Bytes at the start of the data within which that size is stated."""
_LARGEST_RATIO = 2000  # deflate reaches 1032, LZW 1365


def check_page(path: str | os.PathLike, page: Any, size: int | None = None) -> None:
    """Check that a page of a TIFF can be what its header states.

    Parameters
    ----------
    path : path-like
        The file.
    page : tifffile.TiffPage
        The page.
    size : int, optional
        Bytes of the TIFF, if it lies inside another file.

    Raises
    ------
    BadInput
        When it has more pixels than the file can hold, or they lie beyond its end.
    """
    size = os.path.getsize(path) if size is None else size
    height, width = int(page.imagelength), int(page.imagewidth)
    if not 0 < height * width <= MOST_PIXELS:
        raise DamagedFile(path, f"a header that says {height} × {width} pixels")
    if page.dtype is None:
        raise DamagedFile(path, f"pixels of {page.bitspersample} bits in format {page.sampleformat}")
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if not segments or any(count <= 0 or start <= 0 or start + count > size for start, count in segments):
        raise DamagedFile(path, f"pixels that lie beyond the end of the file ({size} bytes)")
    limit = sum(count for _, count in segments) * _ratio(page)
    if height * width * max(1, page.samplesperpixel) * page.bitspersample // 8 > limit:
        raise DamagedFile(path, f"{limit} bytes of pixels where {height} × {width} of them need more")


def check_segments(path: str | os.PathLike, page: Any) -> None:
    """Check that a page's pixels lie inside its file, before the bytes are allocated.

    Raises
    ------
    BadInput
        When they do not.
    """
    size = os.path.getsize(path)
    segments = zip(page.dataoffsets, page.databytecounts, strict=True)
    if any(start + count > size for start, count in segments):
        raise DamagedFile(
            path, f"pixels of page {page.index} that lie beyond the end of the file ({size} bytes)"
        )


def check_coded(path: str | os.PathLike, page: Any, stream: IO[bytes] | None = None) -> None:
    """Check that compressed images in a page are not larger than the page states, before they are decoded.

    Parameters
    ----------
    path : path-like
        The file.
    page : tifffile.TiffPage or tifffile.TiffFrame
        The page.
    stream : file, optional
        The TIFF, if it lies inside another file.

    Raises
    ------
    BadInput
        When they are.
    """
    if int(page.compression) not in _IMAGES_OF_THEIR_OWN:
        return
    whole = page.keyframe
    height = whole.tilelength if whole.is_tiled else whole.rowsperstrip
    width = whole.tilewidth if whole.is_tiled else whole.imagewidth
    with nullcontext(stream) if stream else open(path, "rb") as file:
        for start, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            file.seek(start)
            stated = stated_pixels(file.read(min(count, _HEADER)))
            if stated and stated[0] * stated[1] > 4 * max(1, height) * max(1, width):
                found = (
                    f"{stated[0]} × {stated[1]} pixels in a part of page {page.index} of {height} × {width}"
                )
                raise DamagedFile(path, f"an image of {found}")


def check_movie(
    path: Path, file: tifffile.TiffFile, series: tifffile.TiffPageSeries, files: Iterable[Path]
) -> None:
    """Check that a movie is as long as its headers state.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    file : tifffile.TiffFile
        The same file, opened.
    series : tifffile.TiffPageSeries
        The movie in it.
    files : iterable of pathlib.Path
        All files of the movie.

    Raises
    ------
    BadInput
        When the file is truncated.
    """
    page = series.keyframe
    check_page(path if page.parent is file else path.parent / page.parent.filename, page)
    size = sum(os.path.getsize(each) for each in files)
    left_out = sum(one is None for one in series.pages) / len(series.pages)
    if series.size * (1 - left_out) * page.bitspersample // 8 > size * _ratio(page):
        raise DamagedFile(
            path, f"{size} bytes, where a movie of {series.shape} pixels ({series.axes}) needs more"
        )
    planes, stated = series.size // page.size, int((file.imagej_metadata or {}).get("images", 1))
    if file.is_imagej and planes < stated:
        raise DamagedFile(path, f"{planes} of {stated} planes")


def _ratio(page: Any) -> int:
    return 1 if int(page.compression) == _UNCOMPRESSED else _LARGEST_RATIO
