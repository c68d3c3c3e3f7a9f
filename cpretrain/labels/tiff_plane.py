"""Read the stored values of a single-plane TIFF, and refuse damaged files instead of guessing.

A palette image is read as indices, not as colours. tifffile fills the missing part of a truncated file with zeros,
which are background in a label image, so all segments are first checked to lie inside the file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.tiff.ifd_chain import check_directories
from cpretrain.images.tiff.integrity import check_page
from cpretrain.images.tiff.ome_xml import check_ome
from cpretrain.images.tiff.open_file import open_tiff, read_page
from cpretrain.labels.own_file import is_own
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.resources import check_memory
from cpretrain.runtime.spelling import command
from cpretrain.runtime.terminal import check_name

MOST_CHANNELS = 5
"""Up to this many planes without named axes are taken for channels."""

BYTES_A_PIXEL = 20
"""Peak memory of reading a label image of objects, in bytes per pixel (noise takes up to three times as much)."""

_LABELS = "a label image as TIFF", "export it as .tif: writeImage(labelServer, path + '.tif')"
_IMAGE = "an image as TIFF", "open the image in Fiji and save it with File > Save As > Tiff"
_OLD_JPEG, _JPEG = 6, 7
_PALETTE, _REDUCED, _TRANSPARENCY = 3, 1, 4


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
    with _opened(path) as file:
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


@dataclass(frozen=True)
class ImageFacts:
    """Header of an image: height and width in pixels, pixel type, number of channels."""

    size: tuple[int, int]
    dtype: str
    channels: int


def describe_image(path: str | os.PathLike) -> ImageFacts:
    """Read the header of a training image of one plane, with one or several channels.

    Raises
    ------
    BadInput
        When the file is damaged, or holds several planes along z or t.
    """
    with _opened(path, _IMAGE) as file:
        series = file.series[0]
        lengths = dict(zip(series.axes, series.shape, strict=True))
        extra = {axis: count for axis, count in lengths.items() if axis not in "YXCS" and count > 1}
        # a stack without named axes, as written by plain writers, is taken for channels if it is short enough
        unnamed = [extra.pop(axis) for axis in ("Q", "I") if extra.get(axis, 99) <= MOST_CHANNELS]
        if extra:
            raise BadInput(
                f"{path}: is not one plane",
                found=f"axes {series.axes} of lengths {series.shape}",
                expected="one plane in z and t, axes YX or CYX",
                cure=f"cut training crops from it with {command('crops')}",
            )
        for page in full_pages(file):
            check_page(path, page)
        channels = lengths.get("C", 1) * lengths.get("S", 1) * int(np.prod(unnamed, dtype=int))
        return ImageFacts((int(lengths["Y"]), int(lengths["X"])), str(series.dtype), channels)


def full_pages(file: tifffile.TiffFile) -> list[Any]:
    """List the pages of a file that are neither reduced copies nor transparency masks."""
    return [page for page in _pages(file) if not int(page.subfiletype) & (_REDUCED | _TRANSPARENCY)]


def _pages(file: tifffile.TiffFile) -> list[Any]:
    return list(file.pages)


@contextmanager
def _opened(path: str | os.PathLike, wanted: tuple[str, str] = _LABELS) -> Iterator[tifffile.TiffFile]:
    with _as_damage(path), silent("tifffile"):
        if Path(path).is_dir():
            raise BadInput(f"{path}: is a folder", expected="an image file")
        if not Path(path).exists():
            raise BadInput(f"{path}: there is no such file")
        check_name(path)
        try:
            file = open_tiff(path, check_directories)
        except tifffile.TiffFileError as error:
            raise _no_tiff(path, *wanted) from error
        with file:
            check_ome(path, file.ome_metadata or "")
            if not full_pages(file):
                raise DamagedFile(path, "a TIFF without an image")
            yield file


@contextmanager
def _as_damage(path: str | os.PathLike) -> Iterator[None]:
    """Turn any exception of a reader or codec into a `BadInput`."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        raise DamagedFile(path, error) from error


def _no_tiff(path: str | os.PathLike, expected: str, cure: str) -> BadInput:
    start = Path(path).read_bytes()[:8]
    known = {
        b"\x89PNG": "a PNG",
        b"\xff\xd8": "a JPEG",
        b"PK": "a zip archive",
        b"{": "JSON",
        b"": "an empty file",
    }
    found = next((what for mark, what in known.items() if mark and start.startswith(mark)), None)
    return BadInput(
        f"{path}: is not a TIFF",
        found=found or ("a file that begins with " + repr(start) if start else "an empty file"),
        expected=expected,
        cure=cure,
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
