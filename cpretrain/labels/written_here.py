"""Label images that this tool wrote: their numbers are objects, whatever shape these have."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from cpretrain.labels.pairing import stem
from cpretrain.storage.json_file import read_json

MASKS, COMBINED = "masks.json", "combine.json"
"""Records that speak for all label images of their folder."""


def written_here(path: Path) -> bool:
    """Tell whether a record beside a label image says that a step of this tool wrote it.

    The records of ``masks`` and ``combine`` speak for all label images in their folder, the ``NAME.json`` of
    ``predict`` for one.
    """
    name = path.name
    return (
        name in _files(path.with_name(MASKS))
        or _record(path.with_name(COMBINED)).get("step") == "combine"
        or _record(path.with_name(f"{stem(name)}.json")).get("step") == "predict"
    )


def _files(record: Path) -> frozenset[str]:
    facts = _facts(record)
    return _read_files(record, *facts) if facts else frozenset()


def _record(path: Path) -> dict[str, Any]:
    return _read(path) if _facts(path) else {}


def _facts(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _read_files(path: Path, *_: int) -> frozenset[str]:
    """List the label images that a record of ``masks`` names; read once as long as it stays the same."""
    try:
        return frozenset(row["file"] for row in _read(path)["masks"])
    except (KeyError, TypeError):
        return frozenset()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
