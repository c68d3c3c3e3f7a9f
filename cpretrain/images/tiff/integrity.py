"""Refuse damaged TIFFs instead of guessing, by their headers alone, before a pixel is read.

tifffile fills what is missing from a truncated file with zeros, and takes the last directory that it finds for the
last one there is. A damaged header can ask for more memory than any machine has.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tifffile

from cpretrain.errors import DamagedFile
from cpretrain.images.coded_image import stated_pixels

MOST_PIXELS = 2**30
"""More than this many pixels in a plane are taken for a damaged header."""

_UNCOMPRESSED = 1
_IMAGES_OF_THEIR_OWN = (
    *(6, 7, 33007, 34892),  # JPEG
    *(33003, 33004, 33005, 34712),  # JPEG 2000
    *(22610, 34934),  # JPEG XR
    *(50002, 52546),  # JPEG XL
    *(34887, 34933, 50001),  # LERC, PNG, WebP
)
"""Compressions whose data states a size of its own."""
_HEADER = 2**20
"""Bytes in which that size stands."""
_LARGEST_RATIO = 2000  # deflate reaches 1032, LZW 1365


def check_page(path: str | os.PathLike, page: Any) -> None:
    """Make sure that a page of a TIFF can be what its header says.

    Raises
    ------
    BadInput
        When its pixels are more than the file can hold, or lie beyond its end.
    """
    size, height, width = os.path.getsize(path), int(page.imagelength), int(page.imagewidth)
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
    """Make sure that the pixels of a page lie inside its file, before as many bytes are asked for.

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


def check_coded(path: str | os.PathLike, page: Any) -> None:
    """Make sure that compressed images in a page are not larger than the page says, before they are decoded.

    Parameters
    ----------
    path : path-like
        The file.
    page : tifffile.TiffPage or tifffile.TiffFrame
        The page.

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
    with open(path, "rb") as file:
        for start, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            file.seek(start)
            stated = stated_pixels(file.read(min(count, _HEADER)))
            if stated and stated[0] * stated[1] > 4 * max(1, height) * max(1, width):
                said = (
                    f"{stated[0]} × {stated[1]} pixels in a part of page {page.index} of {height} × {width}"
                )
                raise DamagedFile(path, f"an image of {said}")


def check_movie(
    path: Path, file: tifffile.TiffFile, series: tifffile.TiffPageSeries, files: Iterable[Path]
) -> None:
    """Make sure that a movie is as long as its headers say.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    file : tifffile.TiffFile
        The same, opened.
    series : tifffile.TiffPageSeries
        The movie in it.
    files : iterable of pathlib.Path
        All files that the movie is made of.

    Raises
    ------
    BadInput
        When the file was cut off.
    """
    page = series.keyframe
    check_page(path if page.parent is file else path.parent / page.parent.filename, page)
    size = sum(os.path.getsize(each) for each in files)
    left_out = sum(one is None for one in series.pages) / len(series.pages)
    if series.size * (1 - left_out) * page.bitspersample // 8 > size * _ratio(page):
        raise DamagedFile(
            path, f"{size} bytes, where a movie of {series.shape} pixels ({series.axes}) needs more"
        )
    planes, said = series.size // page.size, int((file.imagej_metadata or {}).get("images", 1))
    if file.is_imagej and planes < said:
        raise DamagedFile(path, f"{planes} of {said} planes")


def _ratio(page: Any) -> int:
    return 1 if int(page.compression) == _UNCOMPRESSED else _LARGEST_RATIO
