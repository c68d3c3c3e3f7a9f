"""The work on a file, with the time and memory it takes, which decide whether it is done here or by workers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

Result = TypeVar("Result")

WORKERS_START = 14.0
"""Seconds of work at which one process and two workers on two cores take the same time, including the start of the
workers (``benchmarks/batch.py --movies 30``)."""
A_BYTE, A_FILE = 2e-8, 0.2
"""Seconds that native drift correction takes in one process, per byte and in addition per file."""


@dataclass(frozen=True)
class Workload(Generic[Result]):
    """The work on each file.

    Parameters
    ----------
    work : callable
        Takes a file; raises BadInput if that file cannot be used. For a cluster it must be picklable.
    memory : callable
        Returns the bytes of memory that the work on a file takes, from the file's header.
    seconds_per_byte, seconds_per_file : float
        Approximate duration per byte, and in addition per file.
    """

    work: Callable[[Path], Result]
    memory: Callable[[Path], int] = lambda _: 0
    seconds_per_byte: float = A_BYTE
    seconds_per_file: float = A_FILE

    def is_little(self, files: Iterable[Path]) -> bool:
        """Return whether all of it is done before workers would have started."""
        seconds = [self.seconds_per_file + self.seconds_per_byte * _size(file) for file in files]
        return sum(seconds) < WORKERS_START


def _size(file: Path) -> int:
    """Return the bytes of a file; a position (``exp.nd2#3``) counts as its file, a folder or a pattern as large."""
    alone = file if file.is_file() else file.with_name(file.name.rpartition("#")[0] or file.name)
    return alone.stat().st_size if alone.is_file() else 10**12
