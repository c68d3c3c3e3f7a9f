"""Outcome of the work on one file, in whichever process it was done."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option

Result = TypeVar("Result")

_CURES = {
    errno.ENOSPC: "free some space, or choose another disk with {out}; the next run continues from here",
    errno.EFBIG: "raise the limit on file sizes, or choose another disk with {out}",
    errno.EROFS: "choose another folder with {out}",
    errno.EACCES: "ask for permission to read the input and to write to the results folder",
    errno.ENOENT: "leave the files where they are while they are being processed, and run this again",
}


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """Outcome of the work on one file.

    Parameters
    ----------
    result : object
        Result of the work; None if it failed.
    failure : BadInput or None
        Reason of the failure.
    seconds : float
        Duration.
    worker : str
        Worker that did it; empty for this process.
    messages : tuple of (str, str)
        Messages from another process: ``info`` or ``warning``, and the text.
    """

    result: Result | None
    failure: BadInput | None = None
    seconds: float = 0.0
    worker: str = ""
    messages: tuple[tuple[str, str], ...] = ()


def attempt(work: Callable[[Path], Result], file: Path, worker: str = "") -> Outcome[Result]:
    """Do the work on a file; a problem with the file, the disk or the memory becomes its failure.

    Parameters
    ----------
    work : callable
        Takes the file; raises BadInput if it cannot be used.
    file : pathlib.Path
        The file.
    worker : str
        Name of this worker, for the outcome.
    """
    started = time.perf_counter()
    result, failure = None, None
    try:
        result = work(file)
    except BadInput as error:
        failure = error
    except (OSError, MemoryError) as error:
        failure = _in_words(file, error)
    return Outcome(result, failure, time.perf_counter() - started, worker)


def _in_words(file: Path, error: OSError | MemoryError) -> BadInput:
    if isinstance(error, MemoryError):
        return BadInput(
            f"{file}: not enough memory",
            found=str(error),
            cure=f"use fewer workers ({option('workers')})",
        )
    reason = error.strerror or str(error) or type(error).__name__
    return BadInput(
        f"{error.filename or file}: {reason}",
        found=f"while working on {file.name}" if error.filename else None,
        cure=_CURES.get(
            error.errno or 0, "check that the disk and the network work, and run this again"
        ).format(out=option("out")),
    )
