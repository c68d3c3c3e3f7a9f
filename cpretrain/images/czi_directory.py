"""Read and check the directory of tiles in a CZI, before the library allocates memory for them.

The layout follows Zeiss's specification of ZISRAW; numbers are little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cpretrain.errors import DamagedFile
from cpretrain.images.tiff.integrity import MOST_PIXELS

PIXELS = {
    0: ("Gray8", 1), 1: ("Gray16", 2), 2: ("Gray32Float", 4), 3: ("Bgr24", 3), 4: ("Bgr48", 6), 8: ("Bgr96Float", 12),
}  # fmt: skip
"""Name and bytes per pixel of the pixel types, by number."""
_SEGMENT = struct.Struct("<16sqq")
"""Head of a segment: identifier, bytes reserved, bytes used."""
_PLACES = struct.Struct("<52xqq")
"""Offsets of directory and metadata, in the header of the file."""
_ENTRY = struct.Struct("<2siqii6xi")
_DIMENSION = struct.Struct("<4siifi")
_SIZES = struct.Struct("<iiq")
"""Bytes of the metadata, attachment and pixels of a tile."""
_MOST_DIMENSIONS, _LARGEST_RATIO = 40, 2000
_UNPACKED = 0


@dataclass(frozen=True)
class Block:
    """A tile of a plane.

    Parameters
    ----------
    at : dict of str to int
        Index along each axis but X and Y, for example ``{"S": 0, "T": 3, "C": 1}``.
    size, stored : tuple of int
        Width and height in the scene, and as stored; they differ in smaller copies.
    pixel_type : str
        Name of its pixel type.
    place : int
        Offset in the file.
    needed : int
        Bytes of its unpacked pixels.
    packed : bool
        True if its pixels are compressed.
    """

    at: dict[str, int]
    size: tuple[int, int]
    stored: tuple[int, int]
    pixel_type: str
    place: int
    needed: int
    packed: bool


def read_directory(path: Path) -> list[Block]:
    """List the tiles of a file at full resolution.

    Raises
    ------
    DamagedFile
        If the file is no CZI, or its directory or metadata lie outside it.
    """
    with path.open("rb") as file:
        _check_segment(path, file, 0, b"ZISRAWFILE")
        header = file.read(_PLACES.size)
        if len(header) < _PLACES.size:
            raise DamagedFile(path, "a header that was cut off")
        directory, metadata = _PLACES.unpack(header)
        if metadata:
            used = _check_segment(path, file, metadata, b"ZISRAWMETADATA")
            sizes = struct.unpack("<ii", file.read(8).ljust(8, b"\xff"))
            if min(sizes) < 0 or sum(sizes) > used:
                raise DamagedFile(path, f"metadata of {sizes} bytes in a segment of {used}")
        used = _check_segment(path, file, directory, b"ZISRAWDIRECTORY")
        content = file.read(used)
    try:
        blocks = _blocks(path, content)
    except struct.error as error:
        raise DamagedFile(path, "a directory that was cut off") from error
    return [block for block in blocks if block.size == block.stored]


def check_block(path: Path, file: BinaryIO, block: Block) -> None:
    """Check that a tile lies in the file and can be unpacked to the size in the directory.

    Raises
    ------
    DamagedFile
        If it does not.
    """
    used = _check_segment(path, file, block.place, b"ZISRAWSUBBLOCK")
    sizes = _SIZES.unpack(file.read(_SIZES.size).ljust(_SIZES.size, b"\xff"))
    if min(sizes) < 0 or sum(sizes) > used:
        raise DamagedFile(
            path, f"a tile of {sizes} bytes (metadata, attachment, pixels) in a segment of {used}"
        )
    if block.needed > sizes[2] * (_LARGEST_RATIO if block.packed else 1):
        raise DamagedFile(
            path, f"{sizes[2]} bytes of pixels where a tile of {block.stored} needs {block.needed}"
        )


def _blocks(path: Path, content: bytes) -> list[Block]:
    (count,), start = struct.unpack_from("<i", content), 128
    if not 0 <= count * _ENTRY.size <= len(content):
        raise DamagedFile(path, f"a directory of {count} tiles in {len(content)} bytes")
    found = []
    for _ in range(count):
        schema, kind, place, _, compression, dimensions = _ENTRY.unpack_from(content, start)
        if schema != b"DV" or not 0 <= dimensions <= _MOST_DIMENSIONS:
            raise DamagedFile(path, f"a tile of {dimensions} axes")
        start += _ENTRY.size
        facts = {}
        for _ in range(dimensions):
            axis, first, size, _, stored = _DIMENSION.unpack_from(content, start)
            facts[axis.rstrip(b"\0").decode("ascii", "replace")] = (first, size, stored or size)
            start += _DIMENSION.size
        found.append(_block(path, facts, kind, place, compression))
    return found


def _block(
    path: Path, facts: dict[str, tuple[int, int, int]], kind: int, place: int, compression: int
) -> Block:
    (_, width, stored_width), (_, height, stored_height) = (
        facts.get("X", (0, 0, 0)),
        facts.get("Y", (0, 0, 0)),
    )
    name, itemsize = PIXELS.get(kind, (f"number {kind}", 1))
    if min(width, height, stored_width, stored_height) < 1 or stored_width * stored_height > MOST_PIXELS:
        raise DamagedFile(path, f"a tile of {stored_height} × {stored_width} pixels")
    at = {axis: first for axis, (first, _, _) in facts.items() if axis not in "XYM"}
    needed = stored_width * stored_height * itemsize
    stored = stored_width, stored_height
    return Block(at, (width, height), stored, name, place, needed, compression != _UNPACKED)


def _check_segment(path: Path, file: BinaryIO, place: int, expected: bytes) -> int:
    """Check that a segment of the expected kind lies in the file, move `file` to its content, and return its length."""
    size = path.stat().st_size
    if not 0 <= place <= size - _SEGMENT.size:
        raise DamagedFile(path, f"a segment at {place} in a file of {size} bytes")
    file.seek(place)
    name, reserved, used = _SEGMENT.unpack(file.read(_SEGMENT.size))
    used = used or reserved
    if (
        name.rstrip(b"\0") != expected
        or min(used, reserved) < 0
        or max(used, reserved) > size - place - _SEGMENT.size
    ):
        raise DamagedFile(path, f"a segment {name.rstrip(bytes(1))!r} of {used} bytes at {place} of {size}")
    return used
