"""Results appear whole or not at all: they are written under a temporary name and then renamed."""

import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

_ASIDE = re.compile(
    r"\.(?P<name>.+)\.(?P<machine>[0-9a-f]{8})-(?P<process>\d+)\.(?P<kind>part|old)(\.[^.]+)?"
)
_MACHINE = sha256(socket.gethostname().encode()).hexdigest()[:8]
_ABANDONED = 24 * 3600
"""Seconds after which another machine's temporary files count as abandoned: its processes cannot be seen from here."""


@contextmanager
def write_aside(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary file name beside `path`, and rename that file to `path` when the block succeeds.

    The temporary name keeps the suffix (some writers choose the format by it) and starts with a dot. If the block
    raises, the temporary file is removed and `path` is left as it was.

    Parameters
    ----------
    path : path-like
        The final file. Missing parent folders are created.

    Yields
    ------
    pathlib.Path
        Where to write.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    aside = final.with_name(f".{final.stem}.{_this_process()}.part{final.suffix}")
    try:
        yield aside
        os.replace(aside, final)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def folder_aside(path: str | os.PathLike, replace: bool = True) -> Iterator[Path]:
    """Like `write_aside`, for a folder: yield an empty folder to fill, and move it to `path` on success.

    Parameters
    ----------
    path : path-like
        The final folder. Missing parent folders are created.
    replace : bool
        Replace an existing folder.

    Raises
    ------
    FileExistsError
        When `path` exists by then and is not to be replaced.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    aside = final.with_name(f".{final.name}.{_this_process()}.part")
    old = final.with_name(f".{final.name}.{_this_process()}.old")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        if final.exists():
            if not replace:
                raise FileExistsError(f"{final}: already exists")
            os.replace(final, old)
        os.replace(aside, final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file atomically (UTF-8, newlines as given)."""
    with write_aside(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="")


def remove(path: Path) -> None:
    """Remove a file, or a folder with its contents, if it exists."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove half-written files of killed processes, and restore a folder that they had moved out of the way.

    Files of another machine that shares the folder count as abandoned after a day.
    """
    for path in folder.iterdir():
        found = _ASIDE.fullmatch(path.name)
        if not found or _may_be_in_use(path, found["machine"], int(found["process"])):
            continue
        if found["kind"] == "old" and not path.with_name(found["name"]).exists():
            path.rename(path.with_name(found["name"]))
        else:
            remove(path)


def _this_process() -> str:
    """Return a host hash and the process id."""
    return f"{_MACHINE}-{os.getpid()}"


def _may_be_in_use(path: Path, machine: str, process: int) -> bool:
    import psutil

    if machine == _MACHINE:
        return psutil.pid_exists(process)
    try:
        return time.time() - path.stat().st_mtime < _ABANDONED
    except OSError:  # it has just gone
        return True
