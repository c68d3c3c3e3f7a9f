"""Open the TIFF of a single image, and list its pages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tifffile

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.tiff.ifd_chain import check_directories
from cpretrain.images.tiff.ome_xml import check_ome
from cpretrain.images.tiff.open_file import open_tiff
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.terminal import check_name

_REDUCED, _TRANSPARENCY = 1, 4


def full_pages(file: tifffile.TiffFile) -> list[Any]:
    """List the pages of a file that are neither reduced copies nor transparency masks."""
    pages: list[Any] = list(file.pages)
    return [page for page in pages if not int(page.subfiletype) & (_REDUCED | _TRANSPARENCY)]


@contextmanager
def opened_image(path: str | os.PathLike, expected: str, cure: str) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF for reading its pages; whatever goes wrong meanwhile becomes a `BadInput`.

    Parameters
    ----------
    path : path-like
        The file.
    expected, cure : str
        What a file that is no TIFF should have been, and what to do.

    Raises
    ------
    BadInput
        When there is no such file, or it is not a TIFF, damaged, or without an image.
    """
    with _as_damage(path), silent("tifffile"):
        if Path(path).is_dir():
            raise BadInput(f"{path}: is a folder", expected="an image file")
        if not Path(path).exists():
            raise BadInput(f"{path}: there is no such file")
        check_name(path)
        try:
            file = open_tiff(path, check_directories)
        except tifffile.TiffFileError as error:
            raise _no_tiff(path, expected, cure) from error
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
