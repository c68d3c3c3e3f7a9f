"""Stacks written by Micro-Manager: an index at the start of each file states the location of each plane.

A recording may consist of several files, which the header does not name, and may have been stopped before it reached
the length in its header; positions are in separate files, or together in one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.positions import Choose
from cpretrain.images.tiff.ifd_chain import MOST_PAGES, check_directories
from cpretrain.images.tiff.indexed_planes import Found, IndexedPlanes, Place, PlaneKind
from cpretrain.images.tiff.integrity import check_page
from cpretrain.images.tiff.open_file import open_tiff

_CHANNEL, _SLICE, _FRAME, _POSITION, _OFFSET = range(5)
_COUNTS = {"T": "Frames", "Z": "Slices", "C": "Channels"}
_COLUMNS = {"T": _FRAME, "Z": _SLICE, "C": _CHANNEL}
_PART = re.compile(
    r"(?P<base>.*?)(?:_(?P<number>[1-9]\d*))?(?P<suffix>(?:\.ome)?\.tiff?)", re.IGNORECASE | re.DOTALL
)
_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
_KINDS: dict[int, Literal["stack", "ndtiff"]] = {54773648: "stack", 483729: "ndtiff"}
"""Kinds by the number after the TIFF's own header."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A file of a stack: its index (channel, slice, frame, position, offset of the directory), and its header."""

    file: Path
    index: NDArray[np.uint32]
    summary: dict[str, Any]


def read_stack(path: Path, choose: Choose) -> IndexedPlanes | None:
    """Open the stack that a file belongs to; return None if it was not written by Micro-Manager.

    Parameters
    ----------
    path : pathlib.Path
        Any file of it; the position whose planes lie in this file is read.
    choose : callable
        Chooses one of several.

    Raises
    ------
    BadInput
        When a file in the middle of the stack is missing, or a file is damaged.
    """
    opened = _part(path)
    if opened is None or "MicroManagerVersion" not in opened.summary or "Frames" not in opened.summary:
        return None
    positions = np.unique(opened.index[:, _POSITION])
    position = int(positions[choose(len(positions))])
    notes: list[str] = []
    parts = _parts(opened, position, notes)
    indices = {part.file: part.index[part.index[:, _POSITION] == position] for part in parts}
    together = np.concatenate(list(indices.values()))
    lengths = {axis: int(together[:, column].max()) + 1 for axis, column in _COLUMNS.items()}
    planned = {axis: max(lengths[axis], _count(opened.summary, name)) for axis, name in _COUNTS.items()}
    if np.prod(list(planned.values()), dtype=float) > MOST_PAGES:
        raise DamagedFile(path, f"a header of {planned} planes")
    places: NDArray[Any] = np.full(tuple(planned[axis] for axis in "TZC"), None, object)
    for file, index in indices.items():
        for row in index.tolist():
            places[row[_FRAME], row[_SLICE], row[_CHANNEL]] = Place(file, row[_OFFSET])
    following = _name_of(path, len(parts))
    why = f"the recording was stopped before its end, or a file of it is missing ({following})"
    found = Found([part.file for part in parts], len(positions), notes, why)
    return IndexedPlanes("TZC", places, _kind(parts[0]), found)


def recorded_by(path: Path) -> Literal["stack", "ndtiff"] | None:
    """Return by its first bytes whether Micro-Manager wrote a file, with an index in it or beside it; else None."""
    with path.open("rb") as file:
        start = file.read(12)
    order = _ORDERS.get(start[:2])
    return _KINDS.get(int.from_bytes(start[8:12], order)) if order else None


def _parts(opened: _Part, position: int, notes: list[str]) -> list[_Part]:
    """Return all files of the stack, in order: those of one recording whose names differ in a trailing number."""
    found: dict[int, _Part] = {}
    for file, number in _siblings(opened.file):
        part = opened if file == opened.file else _part(file)
        if part is None or part.summary != opened.summary or position not in part.index[:, _POSITION]:
            continue
        if part is not opened and _clash(part, opened, position):
            notes.append(
                f"{file.name} holds frames of the same numbers, and is taken to be another recording"
            )
            continue
        found[number] = part
    numbers = sorted(found)
    gone = sorted(set(range(numbers[-1])) - set(numbers))
    if gone and _begins_late(found[numbers[0]], position, numbers) | (len(numbers) > 1):
        raise BadInput(
            f"{opened.file}: files of this Micro-Manager stack are missing",
            found=", ".join(found[number].file.name for number in numbers),
            expected=", ".join(_name_of(opened.file, number) for number in gone[:5]) + " as well",
            cure="put all its files into this folder, under the names they were recorded with",
        )
    return [found[number] for number in numbers]


def _begins_late(part: _Part, position: int, numbers: list[int]) -> bool:
    """Return whether the first file present lacks the first frame, and so is a later part with a number in its name."""
    return numbers[0] > 0 and int(part.index[part.index[:, _POSITION] == position][:, _FRAME].min()) > 0


def _siblings(path: Path) -> Iterator[tuple[Path, int]]:
    """Yield files whose names differ in a trailing number, with that number; 0 without one."""
    own = _PART.fullmatch(path.name)
    if own is None:
        yield path, 0
        return
    for file in sorted(path.parent.iterdir()):
        match = _PART.fullmatch(file.name)
        if file == path or (match and file.is_file() and match["base"] == own["base"]):
            yield file, int(match["number"] or 0) if match else 0


def _name_of(path: Path, number: int) -> str:
    own = _PART.fullmatch(path.name)
    return f"{own['base']}{f'_{number}' if number else ''}{own['suffix']}" if own else path.name


def _clash(part: _Part, other: _Part, position: int) -> bool:
    one, two = (
        {tuple(row) for row in of.index[of.index[:, _POSITION] == position][:, :_POSITION].tolist()}
        for of in (part, other)
    )
    return not one.isdisjoint(two)


def _part(file: Path) -> _Part | None:
    with file.open("rb") as opened:
        try:
            facts = tifffile.tifffile.read_micromanager_metadata(opened, {"Summary", "IndexMap"})
        except ValueError:
            return None
    index, summary = facts.get("IndexMap"), facts.get("Summary")
    if facts.get("MajorVersion", 1) != 0 or index is None or not len(index) or not isinstance(summary, dict):
        return None
    index = index[index[:, _OFFSET] > 0]
    if not len(index) or index[:, :_OFFSET].max() >= MOST_PAGES:
        raise DamagedFile(file, "an index of planes that no movie has")
    return _Part(file, index.astype(np.int64), summary)


def _count(summary: dict[str, Any], name: str) -> int:
    stated = summary.get(name, 1)
    return int(stated) if isinstance(stated, int | float) and 0 < stated <= MOST_PAGES else 1


def _kind(part: _Part) -> PlaneKind:
    with open_tiff(part.file, check_directories) as file:
        page = file.pages[0].aspage()
    check_page(part.file, page)
    return PlaneKind(page.axes, page.shape, np.dtype(page.dtype))
