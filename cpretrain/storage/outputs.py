"""The files that a step wrote, as its record lists them, and those of them that are gone or changed.

An output counts as intact if its size and SHA-256 are as recorded. Files of `LARGE` bytes or more are not read again as
long as their modification times are as recorded too; if a time differs, because the file was copied or touched, its
SHA-256 decides.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cpretrain.storage.hashing import files_in, sha256

LARGE = 2**28
"""Size in bytes from which a file with unchanged times is not read again."""


def describe_outputs(paths: Iterable[str | os.PathLike], folder: Path) -> dict[str, dict[str, Any]]:
    """Describe files, and all files in folders, by their names relative to `folder`.

    Returns
    -------
    dict of str to dict
        ``size`` in bytes, ``sha256``, and ``times`` (mtime and ctime, in ns).
    """
    files = [file for path in paths for file in files_in(path)]
    return {
        Path(os.path.relpath(file, folder)).as_posix(): {
            "size": file.stat().st_size,
            "sha256": sha256(file),
            "times": _times(file),
        }
        for file in files
    }


def damaged_outputs(described: Mapping[str, Mapping[str, Any]], folder: Path) -> dict[str, str]:
    """Find the outputs that differ from what was written: ``is gone`` or ``was changed``, by name."""
    found = {}
    for name, facts in described.items():
        file = folder / name
        if not file.is_file():
            found[name] = "is gone"
        elif not _is_whole(file, facts):
            found[name] = "was changed"
    return found


def _is_whole(file: Path, facts: Mapping[str, Any]) -> bool:
    size = file.stat().st_size
    if size != facts["size"]:
        return False
    return (size >= LARGE and _times(file) == facts["times"]) or sha256(file) == facts["sha256"]


def _times(file: Path) -> list[int]:
    facts = file.stat()
    return [facts.st_mtime_ns, facts.st_ctime_ns]
