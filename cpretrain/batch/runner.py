"""The same work on many files, here or on a cluster: failures are recorded and reported, and the rest goes on."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic

from cpretrain.batch.outcome import Outcome, attempt
from cpretrain.batch.state import BatchState
from cpretrain.batch.workload import Result, Workload
from cpretrain.errors import BadInput
from cpretrain.runtime.cancel import ended_by_first_signal
from cpretrain.runtime.process_cache import close_cached
from cpretrain.runtime.summary import Summary
from cpretrain.settings.batch import BatchSettings
from cpretrain.storage.atomic import remove_leftovers
from cpretrain.storage.folder_lock import holding

TABLE = "batch.csv"
"""Name of the table of states, in the result folder."""


@dataclass
class Batch(Generic[Result]):
    """Results of the files that succeeded, and the reasons of those that failed."""

    done: list[Result] = field(default_factory=list)
    failed: dict[Path, BadInput] = field(default_factory=dict)

    def summary(self) -> Summary:
        """Return one line and one record per movie, from the ``line`` and ``as_data`` of its result."""
        done: list[Any] = list(self.done)
        movies = [movie.as_data() for movie in done]
        return Summary([movie.line() for movie in done], {"movies": movies}, self.failed)


def for_each(
    files: Sequence[Path],
    work: Workload[Result] | Callable[[Path], Result],
    description: str,
    needs_one: bool = True,
    *,
    batch: BatchSettings | None = None,
    results: Path | None = None,
    take: Callable[[Path, Result], None] | None = None,
) -> Batch[Result]:
    """Do `work` on each file, one after the other or on a Dask cluster, with progress.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Files to work on.
    work : Workload or callable
        Work to do on each file; a plain function counts as work that takes little memory.
    description : str
        Text of the progress bar.
    needs_one : bool
        Raise an error if every file fails.
    batch : BatchSettings, optional
        Where the work is done; by default, and for little work, in this process.
    results : pathlib.Path, optional
        Result folder, which this run locks. For several files, it also gets the table of states, and a line is logged
        when each is done.
    take : callable, optional
        Receives each result as it arrives, in any order; results are then not kept.

    Returns
    -------
    Batch
        In the order of `files`, wherever and whenever each was done; without results if `take` received them.

    Raises
    ------
    BadInput
        When every file failed: the reason of the first, and the number of files. When the cluster is not available.
    """
    load = work if isinstance(work, Workload) else Workload(work)
    outcomes: dict[Path, Outcome[Result]] = {}
    with (
        ended_by_first_signal(),
        holding(results) if results else nullcontext(),
        _tidy_when_interrupted(results),
        BatchState(files, description, results / TABLE if results else None) as state,
        closing(_outcomes(files, load, batch, state)) as coming,
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
    """Remove what interrupted workers left half-written."""
    try:
        yield
    except KeyboardInterrupt:
        if results and results.is_dir():
            remove_leftovers(results)
        raise


def _outcomes(
    files: Sequence[Path],
    load: Workload[Result],
    settings: BatchSettings | None,
    state: BatchState,
) -> Generator[tuple[Path, Outcome[Result]], None, None]:
    if settings is None or _stays_here(files, settings, load):
        yield from _here(files, load.work, state)
        return
    from cpretrain.batch.cluster import on_cluster

    yield from on_cluster(files, load, settings, state)


def _stays_here(files: Sequence[Path], settings: BatchSettings, load: Workload[Any]) -> bool:
    """Return whether the work is done before a cluster would have started; an explicitly requested one is used."""
    if settings.scheduler or settings.cluster:
        return False
    if len(files) == 1 or settings.workers != "auto":
        return len(files) == 1 or settings.workers == 1
    return os.cpu_count() == 1 or load.is_little(files)


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
