"""SHA-256 of files and folders, and the names under which they are recorded."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path

from cpretrain.runtime.console import progress

BLOCK, SHOWN = 2**24, 64
"""Bytes read at a time, and the number of blocks from which progress is shown."""
SETTLED, MOST_READ = 2 * 10**9, 2**16
"""Nanoseconds after its last change from which a file's times show whether it is changed again, however coarse the
clock of its disk; and the number of files that are remembered."""

_READ: dict[tuple[int, ...], str] = {}
"""SHA-256 of the files that this process has read: a step that is not complete needs each twice, once to find that out
and once for its record."""


def sha256(path: str | os.PathLike, on_block: Callable[[], object] = lambda: None) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal digits, read in blocks.

    For a folder, it covers the names and the SHA-256 of all files in it, sorted by name.

    Parameters
    ----------
    path : path-like
        The file or folder.
    on_block : callable
        Called after every full block of `BLOCK` bytes. A file that has not changed since it was read is not read again.
    """
    if os.path.isdir(path):
        return sha256_of_all(files_in(path), path, on_block)
    facts = _facts(path)
    if facts in _READ:
        return _READ[facts]
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if len(block) == BLOCK:
                on_block()
    if _facts(path) == facts and time.time_ns() - max(facts[-2:]) > SETTLED:
        if len(_READ) >= MOST_READ:
            _READ.clear()
        _READ[facts] = digest.hexdigest()
    return digest.hexdigest()


def _facts(path: str | os.PathLike) -> tuple[int, ...]:
    """Device, number, size and times of a file, which together do not stay when it is changed."""
    facts = os.stat(path)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def sha256_of_all(
    files: Iterable[Path], folder: str | os.PathLike, on_block: Callable[[], object] = lambda: None
) -> str:
    """SHA-256 of the names and the SHA-256 of these files of a folder, in the order of their names."""
    named = sorted((file.relative_to(folder).as_posix(), file) for file in files)
    listed = "".join(f"{sha256(file, on_block)} {name}\0" for name, file in named)
    return hashlib.sha256(listed.encode()).hexdigest()


def hashes(paths: Iterable[str | os.PathLike]) -> dict[str, str]:
    """Return the SHA-256 of each path, by the names of `input_names`."""
    named = input_names(paths)
    unread = (file for path in named.values() for file in files_in(path) if _facts(file) not in _READ)
    blocks = sum(file.stat().st_size // BLOCK for file in unread)
    if blocks < SHOWN:
        return {name: sha256(path) for name, path in named.items()}
    with progress("computing the SHA-256 of the input", blocks) as step:
        return {name: sha256(path, step) for name, path in named.items()}


def input_names(paths: Iterable[str | os.PathLike]) -> dict[str, Path]:
    """Name each path by its folder and its own name, which stay the same when an experiment moves.

    Paths that would share a name also get the names of as many parent folders as it takes to tell them apart.
    """
    left = list(dict.fromkeys(path.parent.resolve() / path.name for path in map(Path, paths)))
    named: dict[str, Path] = {}
    for folders in count(1):
        alike: dict[str, list[Path]] = {}
        for path in left:
            alike.setdefault(_name(path, folders), []).append(path)
        named |= {name: same[0] for name, same in alike.items() if len(same) == 1}
        left = [path for same in alike.values() if len(same) > 1 for path in same]
        if not left:
            break
    return named


def hash_of(path: Path, recorded: Mapping[str, str]) -> str | None:
    """Return the SHA-256 recorded for a path among a record's inputs; None if it is not one of them."""
    placed = path.parent.resolve() / path.name
    names = (_name(placed, folders) for folders in range(1, len(placed.parts)))
    return next((recorded[name] for name in names if name in recorded), None)


def files_in(path: str | os.PathLike) -> list[Path]:
    """List all files in a folder and its subfolders; for a file, the file itself."""
    given = Path(path)
    return [file for file in given.rglob("*") if file.is_file()] if given.is_dir() else [given]


def _name(path: Path, folders: int) -> str:
    """Name a path with this many parent folders; the nearest is that of the file a link points to."""
    if folders == 1:
        return f"{path.resolve().parent.name}/{path.name}"
    return "/".join(path.parts[-folders - 1 :])
