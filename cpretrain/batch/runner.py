"""The same work on many files, here or on a cluster: what fails is told and kept, and the rest goes on."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from cpretrain.batch.outcome import Outcome, attempt
from cpretrain.batch.state import BatchState
from cpretrain.errors import BadInput
from cpretrain.runtime.cancel import ended_by_first_signal
from cpretrain.runtime.process_cache import close_cached
from cpretrain.runtime.summary import Summary
from cpretrain.settings.batch import BatchSettings
from cpretrain.storage.atomic import remove_leftovers
from cpretrain.storage.folder_lock import holding

Result = TypeVar("Result")

TABLE = "batch.csv"
"""Name of the table of states, in the folder of the results."""
SMALL = 700_000_000
"""Bytes below which starting workers takes longer than they save: what one process corrects natively in 15 s. Two
workers on two cores are as fast there (``benchmarks/batch.py --movies 30``)."""
A_FILE = 10_000_000
"""Bytes that count for each file besides its size: natively corrected in the time of what every file takes, 0.2 s."""


@dataclass
class Batch(Generic[Result]):
    """Results of the files that went through, and the reasons of those that did not."""

    done: list[Result] = field(default_factory=list)
    failed: dict[Path, BadInput] = field(default_factory=dict)

    def summary(self) -> Summary:
        """Return a line and a record for each movie, from the ``line`` and ``as_data`` of its result."""
        done: list[Any] = list(self.done)
        movies = [movie.as_data() for movie in done]
        return Summary([movie.line() for movie in done], {"movies": movies}, self.failed)


def for_each(
    files: Sequence[Path],
    work: Callable[[Path], Result],
    description: str,
    needs_one: bool = True,
    *,
    batch: BatchSettings | None = None,
    memory: Callable[[Path], int] = lambda _: 0,
    results: Path | None = None,
    small: int = SMALL,
    a_file: int = A_FILE,
    take: Callable[[Path, Result], None] | None = None,
) -> Batch[Result]:
    """Do `work` on each file, one after the other or on a Dask cluster, with progress.

    Parameters
    ----------
    files : sequence of pathlib.Path
        What to work on.
    work : callable
        Takes a file; raises BadInput when that file cannot be used. For a cluster it has to be picklable.
    description : str
        For the progress bar.
    needs_one : bool
        Whether it is an error when every file fails.
    batch : BatchSettings, optional
        Where the work is done. By default, and for little work, in this process.
    memory : callable
        Gives the bytes of memory that the work on a file takes, from the file's header.
    results : pathlib.Path, optional
        Folder of the results: held by this run alone. Of several files it gets the table of states, and a line says of
        each that it is done.
    small, a_file : int
        Bytes of input that are worked on faster in this process than workers would start, where each file counts for
        that much besides its size.
    take : callable, optional
        Takes each result as it comes, in whichever order; they are not kept then.

    Returns
    -------
    Batch
        In the order of `files`, wherever and whenever each was done; without results where `take` got them.

    Raises
    ------
    BadInput
        When every file failed: the reason of the first, and how many there were. When the cluster cannot be had.
    """
    outcomes: dict[Path, Outcome[Result]] = {}
    with (
        ended_by_first_signal(),
        holding(results) if results else nullcontext(),
        _tidy_when_interrupted(results),
        BatchState(files, description, results / TABLE if results else None) as state,
        closing(_outcomes(files, work, batch, memory, state, small - a_file * len(files))) as coming,
    ):
        for file, outcome in coming:
            outcomes[file] = outcome
            state.ended(file, outcome)
            if take and not outcome.failure:
                take(file, outcome.result)  # type: ignore[arg-type]  # a unit that did not fail has a result
                outcomes[file] = replace(outcome, result=None)
    return _sorted_out(files, outcomes, description, needs_one)


@contextmanager
def _tidy_when_interrupted(results: Path | None) -> Iterator[None]:
    """Remove what workers, ended in the middle of a file, left half-written."""
    try:
        yield
    except KeyboardInterrupt:
        if results and results.is_dir():
            remove_leftovers(results)
        raise


def _outcomes(
    files: Sequence[Path],
    work: Callable[[Path], Result],
    settings: BatchSettings | None,
    memory: Callable[[Path], int],
    state: BatchState,
    small: int,
) -> Generator[tuple[Path, Outcome[Result]], None, None]:
    if settings is None or _is_little(files, settings, small):
        yield from _here(files, work, state)
        return
    from cpretrain.batch.cluster import on_cluster

    yield from on_cluster(files, work, settings, memory, state)


def _is_little(files: Sequence[Path], settings: BatchSettings, small: int) -> bool:
    """Whether the work is done before a cluster would have started; a cluster that is asked for is taken."""
    if settings.scheduler or settings.cluster:
        return False
    if len(files) == 1 or settings.workers != "auto":
        return len(files) == 1 or settings.workers == 1
    return os.cpu_count() == 1 or sum(map(_size, files)) < small


def _size(file: Path) -> int:
    """Bytes of a file; a position (``exp.nd2#3``) counts as its file, a folder or a pattern of files as large."""
    alone = file if file.is_file() else file.with_name(file.name.rpartition("#")[0] or file.name)
    return alone.stat().st_size if alone.is_file() else 10**12


def _here(
    files: Sequence[Path], work: Callable[[Path], Result], state: BatchState
) -> Iterator[tuple[Path, Outcome[Result]]]:
    try:
        for file in files:
            state.started(file)
            yield file, attempt(work, file)
    finally:
        close_cached()


def _sorted_out(
    files: Sequence[Path], outcomes: dict[Path, Outcome[Result]], description: str, needs_one: bool
) -> Batch[Result]:
    batch: Batch[Result] = Batch()
    for file in files:
        outcome = outcomes[file]
        if outcome.failure:
            batch.failed[file] = outcome.failure
        else:
            batch.done.append(outcome.result)  # type: ignore[arg-type]  # a unit that did not fail has a result
    if needs_one and not batch.done:
        first = next(iter(batch.failed.values()))
        if len(files) == 1:
            raise first
        raise BadInput(f"{description}: none of {len(files)} files could be used; the first: {first}")
    return batch
