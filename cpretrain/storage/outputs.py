"""The files that a step wrote, as its record lists them, and those of them that are gone or changed.

An output counts as intact if its size and SHA-256 are as recorded. Files of `LARGE` bytes or more are not read again as
long as their modification times are as recorded too; if a time differs, because the file was copied or touched, its
SHA-256 decides.

A store, which is a folder of thousands of chunks, counts as one output. Label images written into the OME-Zarr of a
movie are separate outputs, which belong to the run that wrote them.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cpretrain.storage.hashing import files_in, sha256, sha256_of_all

LARGE = 2**28
"""Size in bytes from which a file with unchanged times is not read again."""
LABELS = "labels"
"""Folder for label images inside the OME-Zarr of their movie."""


def describe_outputs(paths: Iterable[str | os.PathLike], folder: Path) -> dict[str, dict[str, Any]]:
    """Describe files, all files in folders, and stores, by their names relative to `folder`.

    Parameters
    ----------
    paths : iterable of path-like
        Files, folders and stores.
    folder : pathlib.Path
        Folder of the record.

    Returns
    -------
    dict of str to dict
        ``size`` in bytes, ``sha256``, and ``times`` (mtime and ctime, in ns); for a store, those of all its files
        together, and ``files``, their number.
    """
    each = [entry for path in map(Path, paths) for entry in ([path] if _is_store(path) else files_in(path))]
    return {name_from(entry, folder): _describe(entry) for entry in each}


def name_from(path: Path, folder: Path) -> str:
    """Name an output as in a record in `folder`: by its relative path, or by its full path on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def damaged_outputs(described: Mapping[str, Mapping[str, Any]], folder: Path) -> dict[str, str]:
    """Find the outputs that differ from what was written.

    Parameters
    ----------
    described : mapping of str to mapping
        The outputs in a record, as from `describe_outputs`.
    folder : pathlib.Path
        Folder of the record.

    Returns
    -------
    dict of str to str
        ``is gone`` or ``was changed``, by name.
    """
    found = {}
    for name, facts in described.items():
        file = folder / name
        if not (file.is_dir() if "files" in facts else file.is_file()):
            found[name] = "is gone"
        elif not _is_whole(file, facts):
            found[name] = "was changed"
    return found


def holdings(store: Path) -> list[Path]:
    """List the label images in a store, which other runs wrote."""
    labels = store / LABELS
    return (
        sorted(path for path in labels.iterdir() if path.is_dir() and not path.name.startswith("."))
        if labels.is_dir()
        else []
    )


def _is_store(path: Path) -> bool:
    return (path / "zarr.json").is_file()


def _describe(path: Path) -> dict[str, Any]:
    files = _files_of(path)
    many = {"files": len(files)} if path.is_dir() else {}
    return {"size": _size(files), "sha256": _digest(path, files), "times": _times(files), **many}


def _is_whole(path: Path, facts: Mapping[str, Any]) -> bool:
    files = _files_of(path)
    if _size(files) != facts["size"] or len(files) != facts.get("files", 1):
        return False
    return (facts["size"] >= LARGE and _times(files) == facts["times"]) or _digest(path, files) == facts[
        "sha256"
    ]


def _files_of(path: Path) -> list[Path]:
    """List the files of an output, for a store without its label images."""
    return [file for file in files_in(path) if file == path or file.relative_to(path).parts[0] != LABELS]


def _digest(path: Path, files: list[Path]) -> str:
    return sha256_of_all(files, path) if path.is_dir() else sha256(path)


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _times(files: list[Path]) -> list[int]:
    facts = [file.stat() for file in files]
    return [
        max((one.st_mtime_ns for one in facts), default=0),
        max((one.st_ctime_ns for one in facts), default=0),
    ]
