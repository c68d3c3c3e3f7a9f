"""The work on a file, and what it takes: time and memory, by which it is done here or handed to workers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

Result = TypeVar("Result")

WORKERS_START = 14.0
"""Seconds of work that one process does sooner than workers would have started and shared it: two workers on two cores
are as fast there (``benchmarks/batch.py --movies 30``)."""
A_BYTE, A_FILE = 2e-8, 0.2
"""Seconds that native drift correction takes, in one process, for a byte and for a file besides its bytes."""


@dataclass(frozen=True)
class Workload(Generic[Result]):
    """What is done with each file.

    Parameters
    ----------
    work : callable
        Takes a file; raises BadInput when that file cannot be used. For a cluster it has to be picklable.
    memory : callable
        Gives the bytes of memory that the work on a file takes, from the file's header.
    seconds_per_byte, seconds_per_file : float
        How long it takes, roughly: for each byte, and for each file besides.
    """

    work: Callable[[Path], Result]
    memory: Callable[[Path], int] = lambda _: 0
    seconds_per_byte: float = A_BYTE
    seconds_per_file: float = A_FILE

    def is_little(self, files: Iterable[Path]) -> bool:
        """Whether all of it is done before workers would have started."""
        seconds = [self.seconds_per_file + self.seconds_per_byte * _size(file) for file in files]
        return sum(seconds) < WORKERS_START


def _size(file: Path) -> int:
    """Bytes of a file; a position (``exp.nd2#3``) counts as its file, a folder or a pattern of files as large."""
    alone = file if file.is_file() else file.with_name(file.name.rpartition("#")[0] or file.name)
    return alone.stat().st_size if alone.is_file() else 10**12
