"""Recordings in Micro-Manager's NDTiff format: a file ``NDTiff.index`` states the location of each plane."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.positions import Choose
from cpretrain.images.tiff.ifd_chain import MOST_PAGES
from cpretrain.images.tiff.indexed_planes import Found, IndexedPlanes, Place, PlaneKind
from cpretrain.images.tiff.integrity import MOST_PIXELS
from cpretrain.images.tiff.ome_xml import checked_name

INDEX = "NDTiff.index"
_AXES = {"time": "T", "t": "T", "z": "Z", "channel": "C", "c": "C"}
_GREY = {0: "uint8", 1: "uint16", 3: "uint16", 4: "uint16", 5: "uint16", 6: "uint16"}
_RGB = 2
_LONGEST = 2**16
"""Maximum length in bytes of a name, or of a plane's axes."""


class _Row(NamedTuple):
    """A row of the index."""

    axes: dict[str, int | str]
    file: str
    offset: int
    width: int
    height: int
    kind: int
    compression: int


def read_ndtiff(path: Path, choose: Choose) -> IndexedPlanes:
    """Open the recording that a file belongs to, by the index beside it.

    Parameters
    ----------
    path : pathlib.Path
        Any file of it.
    choose : callable
        Chooses one of several positions.

    Raises
    ------
    BadInput
        When one of its files is missing, or the index is damaged or does not list this file.
    """
    index = path.with_name(INDEX)
    rows = list(_rows(index))
    if path.name not in {row.file for row in rows}:
        raise BadInput(
            f"{path}: {INDEX} beside it does not list it",
            found=", ".join(sorted({row.file for row in rows})[:5]) or "an empty index",
            cure="give the file the name that it was recorded under",
        )
    others = [tuple((name, at) for name, at in row.axes.items() if name not in _AXES) for row in rows]
    positions = list(dict.fromkeys(others))
    position = positions[choose(len(positions))]
    chosen = [row for row, other in zip(rows, others, strict=True) if other == position]
    files = [index, *(path.with_name(name) for name in dict.fromkeys(row.file for row in chosen))]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise BadInput(
            f"{path}: files of this NDTiff recording are missing",
            found=f"no {', '.join(missing)}",
            cure="put all its files into this folder, under the names they were recorded with",
        )
    places, channels = _placed(path, chosen)
    why = "the recording was stopped, or these planes were left out on purpose"
    found = Found(files, len(positions), [], why, channels)
    return IndexedPlanes("TZC", places, _kind(index, chosen), found)


def _placed(path: Path, rows: list[_Row]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the location of each plane, and the names of the channels if they have any."""
    along = {axis: [_at(row, axis) for row in rows] for axis in "TZC"}
    names = {axis: list(dict.fromkeys(at for at in along[axis] if isinstance(at, str))) for axis in along}
    numbers = {
        axis: [names[axis].index(at) if isinstance(at, str) else at for at in along[axis]] for axis in along
    }
    first = {axis: min(0 if axis == "T" else min(numbers[axis]), min(numbers[axis])) for axis in along}
    shape = tuple(max(numbers[axis]) - first[axis] + 1 for axis in "TZC")
    if np.prod(shape, dtype=float) > MOST_PAGES:
        raise DamagedFile(path.with_name(INDEX), f"planes of {shape} frames, planes and channels")
    places: NDArray[Any] = np.full(shape, None, object)
    for row, *at in zip(rows, *(numbers[axis] for axis in "TZC"), strict=True):
        where = tuple(number - first[axis] for number, axis in zip(at, "TZC", strict=True))
        places[where] = Place(path.with_name(row.file), row.offset, bare=True)
    return places, tuple(names["C"])


def _at(row: _Row, axis: str) -> int | str:
    return next((at for name, at in row.axes.items() if _AXES.get(name) == axis), 0)


def _kind(index: Path, rows: list[_Row]) -> PlaneKind:
    kinds = {(row.height, row.width, row.kind, row.compression) for row in rows}
    height, width, kind, compression = rows[0][4], rows[0][3], rows[0].kind, rows[0].compression
    if len(kinds) > 1:
        raise BadInput(f"{index}: has planes of several sizes or types", found=f"{sorted(kinds)}"[:200])
    known = kind == _RGB or kind in _GREY
    if not known or compression or not 0 < height * width <= MOST_PIXELS or min(height, width) <= 0:
        raise DamagedFile(
            index, f"planes of {height} × {width} pixels of type {kind}, with compression {compression}"
        )
    if kind == _RGB:
        return PlaneKind("YXS", (height, width, 3), np.dtype(np.uint8))
    return PlaneKind("YX", (height, width), np.dtype(_GREY[kind]))


def _rows(index: Path) -> Iterator[_Row]:
    with index.open("rb") as file:
        for _ in range(MOST_PAGES):
            start = file.read(4)
            if not start:
                return
            try:
                axes = json.loads(_text(file, start))
                name = _text(file, file.read(4))
                numbers = struct.unpack("<IiiiiIii", file.read(32))
                if not all(isinstance(at, int | str) for at in axes.values()):
                    raise ValueError("axes of a plane")
            except (ValueError, struct.error, AttributeError, RecursionError) as error:
                raise DamagedFile(index, error) from error
            yield _Row(axes, checked_name(index, name), *numbers[:5])


def _text(file: BinaryIO, length: bytes) -> str:
    size = int.from_bytes(length, "little")
    if len(length) < 4 or size > _LONGEST:
        raise ValueError(f"a text of {size} bytes")
    return file.read(size).decode("utf-8")
