"""Lock for a result folder: a second run reports who holds it, and waits."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.console import info
from cpretrain.runtime.spelling import option
from cpretrain.storage.atomic import remove_leftovers
from cpretrain.storage.json_file import read_json

LOCK = ".cpretrain.lock"
SECONDS_BETWEEN_TRIES = 0.5


@contextmanager
def holding(folder: Path, name: str = LOCK) -> Iterator[None]:
    """Hold a result folder, created if missing, and first remove what killed runs left half-written.

    Parameters
    ----------
    folder : pathlib.Path
        The folder. The system releases the lock when this process dies, for whatever reason. A folder that was created
        here is removed again if it is left empty.

    Raises
    ------
    BadInput
        When the folder is not writable.
    """
    from filelock import FileLock, Timeout

    was_there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / name)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            info(
                f"{folder}: in use by {_holder(folder / name)}; waiting until it is free (Ctrl-C stops waiting)"
            )
            lock.acquire(poll_interval=SECONDS_BETWEEN_TRIES)
    except OSError as error:
        raise BadInput(
            f"{folder}: cannot be written to",
            found=error.strerror or str(error),
            cure=f"ask for write permission there, free some space, or choose another folder with {option('out')}",
        ) from error
    try:
        with suppress(OSError):  # on a full disk: the holder stays unnamed
            (folder / name).write_text(json.dumps(_this_process()), encoding="utf-8")
        remove_leftovers(folder)
        yield
    finally:
        with suppress(OSError):  # Windows keeps an open file
            (folder / name).unlink()
        lock.release()
        if not was_there:
            with suppress(OSError):
                folder.rmdir()


def _this_process() -> dict[str, str]:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return {"host": socket.gethostname(), "process": str(os.getpid()), "since": started}


def _holder(lock: Path) -> str:
    try:
        holder = read_json(lock)
        return f"process {holder['process']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
