"""Read the stored values of a single-plane TIFF, and refuse damaged files instead of guessing.

A palette image is read as indices, not as colours. tifffile fills the missing part of a truncated file with zeros,
which are background in a label image, so all segments are first checked to lie inside the file.
"""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.tiff.integrity import check_page
from cpretrain.images.tiff.open_file import read_page
from cpretrain.images.tiff.opened_image import full_pages, opened_image
from cpretrain.labels.own_file import is_own
from cpretrain.runtime.resources import check_memory

BYTES_A_PIXEL = 20
"""Peak memory of reading a label image of objects, in bytes per pixel (noise takes up to three times as much)."""

_LABELS = "a label image as TIFF", "export it as .tif: writeImage(labelServer, path + '.tif')"
_OLD_JPEG, _JPEG = 6, 7
_PALETTE = 3


@dataclass(frozen=True)
class Plane:
    """The pixels of a single-plane file.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X), or (Y, X, samples) for RGB
        The stored values.
    palette : bool
        True if the pixels are indices into a colour table.
    own : bool
        True if cpretrain wrote it as a label image.
    """

    pixels: NDArray[Any]
    palette: bool = False
    own: bool = False

    @property
    def rgb(self) -> bool:
        """True if a pixel has several samples."""
        return self.pixels.ndim == 3


def read_plane(path: str | os.PathLike) -> Plane:
    """Read a TIFF that holds one plane.

    Parameters
    ----------
    path : path-like
        TIFF, BigTIFF, OME-TIFF or ImageJ TIFF, compressed or not; reduced copies (pyramids) are ignored.

    Returns
    -------
    Plane

    Raises
    ------
    BadInput
        When the file is not a TIFF, is damaged, holds several planes, or uses lossy compression.
    """
    with opened_image(path, *_LABELS) as file:
        pages = full_pages(file)
        planes = _plane_count(file, pages)
        if planes > 1:
            raise _several_planes(path, pages, planes)
        page = pages[0]
        check_page(path, page)  # before memory is allocated
        check_room(path, int(page.imagelength), int(page.imagewidth))
        _check_lossless(path, page)
        pixels = _samples_last(path, read_page(path, page), page.axes)
        return Plane(pixels, page.photometric == _PALETTE, is_own(page))


def check_room(path: str | os.PathLike, height: int, width: int) -> None:
    """Check that there is enough memory for a label image of this size, and for the work on it.

    Raises
    ------
    BadInput
        When there is not.
    """
    check_memory(
        BYTES_A_PIXEL * height * width,
        f"{path}: a label image of {height} × {width} pixels does not fit in memory",
        "crop the image; if it cannot be that large, it is damaged",
    )


def _plane_count(file: tifffile.TiffFile, pages: list[Any]) -> int:
    """Count the planes in the file; ImageJ writes large stacks as one page, with the number in the description."""
    facts = (file.imagej_metadata or {}) if file.is_imagej else {}
    return max(len(pages), int(facts.get("images", 1)) if len(file.pages) == 1 else 1)


def _several_planes(path: str | os.PathLike, pages: list[Any], planes: int) -> BadInput:
    binary = _looks_binary(path, pages)
    return BadInput(
        f"{path}: holds {planes} planes" + (", each of them binary" if binary else ""),
        found="one channel for each class or object (multichannelOutput)" if binary else f"{planes} planes",
        expected="one plane in which every object has its own number",
        cure="in the export script remove .multichannelOutput(true) and use .useInstanceLabels()"
        if binary
        else "export one plane (one channel, z and t) at a time",
    )


def _looks_binary(path: str | os.PathLike, pages: list[Any]) -> bool:
    try:
        for page in pages[:8]:
            if len(np.unique(read_page(path, page))) > 2:
                return False
    except Exception:
        return False
    return True


def _check_lossless(path: str | os.PathLike, page: Any) -> None:
    if int(page.compression) in (_OLD_JPEG, _JPEG):
        raise BadInput(
            f"{path}: uses lossy compression",
            found="JPEG compression, which changes object numbers",
            expected="no compression, LZW or deflate",
            cure="export label images as .tif without JPEG compression, or as .ome.tif",
        )


def _samples_last(path: str | os.PathLike, pixels: NDArray[Any], axes: str) -> NDArray[Any]:
    if axes == "SYX":
        pixels, axes = np.moveaxis(pixels, 0, -1), "YXS"
    if axes not in ("YX", "YXS"):
        raise BadInput(f"{path}: is not a plane", found=f"axes {axes}", expected="one plane, axes YX")
    return pixels
