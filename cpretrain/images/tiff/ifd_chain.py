"""Follow the directories of a TIFF by their pointers alone, before any library reads their contents.

tifffile notices a loop of directories after the hundredth at best; it then takes the movie for a shorter one, or goes
on until it runs out of memory.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

from cpretrain.errors import DamagedFile
from cpretrain.images.tiff.integrity import MOST_PIXELS

MOST_PAGES = 2**22
MOST_TAGS = 4096
_WIDTH, _LENGTH, _SHORT, _LONG = 256, 257, 3, 4
_STRUCTURE = frozenset(
    (*range(254, 260), 262, 266, 273, *range(277, 280), 284, 317, 318, *range(320, 326), 338, 339)
)
"""Tags that describe the layout of pixels."""
_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes per value, by type; 1 for others."""
_KINDS = {
    b"II*\0": ("<", "H", 12, "I", 4),
    b"MM\0*": (">", "H", 12, "I", 4),
    b"II+\0": ("<", "Q", 20, "Q", 8),
    b"MM\0+": (">", "Q", 20, "Q", 8),
}
"""By the first bytes: byte order, type of the tag count, bytes per tag, type of a pointer, position of the first."""


def check_directories(path: str | os.PathLike) -> bool:
    """Check that the chain of a TIFF's directories is finite.

    Returns
    -------
    bool
        True if a directory lies beyond the end of the file; False for a file that is not a TIFF.

    Raises
    ------
    BadInput
        When the chain is a loop, or longer than that of any movie.
    """
    size = os.path.getsize(path)
    with Path(path).open("rb") as file:
        kind = _KINDS.get(file.read(4))
        if kind is None:
            return False
        order, number, tag, pointer, place = kind
        seen: set[int] = set()
        following = _number(file, place, order + pointer)
        while following:
            if following in seen:
                raise DamagedFile(
                    path, f"a circular chain of pages: after {len(seen)} pages an earlier one comes again"
                )
            if len(seen) == MOST_PAGES:
                raise DamagedFile(path, f"more than {MOST_PAGES} pages")
            if following >= size:
                return True
            seen.add(following)
            tags = _number(file, following, order + number)
            if tags > MOST_TAGS:
                return False  # damaged in another way, which tifffile reports
            block = file.read(tags * tag)
            _check_tags(path, size, block, order, pointer)
            following = _number(file, following + struct.calcsize(number) + tags * tag, order + pointer)
    return False


def _check_tags(path: str | os.PathLike, size: int, block: bytes, order: str, pointer: str) -> None:
    """Check that the tags describing a page's pixels are plausible, before memory is allocated for them.

    Raises
    ------
    BadInput
        When a tag has more values than the file has bytes, or states a size that no plane has.
    """
    sides = {_WIDTH: 1, _LENGTH: 1}
    for code, kind, count, value in struct.iter_unpack(
        f"{order}HH{pointer}{pointer}", block[: _whole(block, pointer)]
    ):
        if code in _STRUCTURE and count * _BYTES.get(kind, 1) > size:
            raise DamagedFile(path, f"tag {code} of {count} values in a file of {size} bytes")
        if code in sides and kind in (_SHORT, _LONG):
            first_half = order == ">" and kind == _SHORT  # a short occupies the first bytes of its field
            sides[code] = value >> 8 * struct.calcsize(pointer) - 16 if first_half else value & (2**32 - 1)
    if sides[_WIDTH] * sides[_LENGTH] > MOST_PIXELS:
        raise DamagedFile(path, f"a header that says {sides[_LENGTH]} × {sides[_WIDTH]} pixels")


def _whole(block: bytes, pointer: str) -> int:
    size = struct.calcsize(f"<HH{pointer}{pointer}")
    return len(block) // size * size


def check_complete(path: str | os.PathLike) -> None:
    """Check that all directories are present; see `check_directories`.

    Raises
    ------
    BadInput
        When some lie beyond the end of the file.
    """
    if check_directories(path):
        raise DamagedFile(path, "pages beyond the end of the file")


def _number(file: BinaryIO, place: int, kind: str) -> int:
    """Read a number; return 0 beyond the end of the file."""
    file.seek(place)
    found = file.read(struct.calcsize(kind))
    return int(struct.unpack(kind, found)[0]) if len(found) == struct.calcsize(kind) else 0
