"""Work on many files at once with Dask: on this machine, on a running scheduler, or through a queue."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cpretrain.batch.dispatch import hand_out, workers_of
from cpretrain.batch.local_workers import local_cluster, shares
from cpretrain.batch.outcome import Outcome
from cpretrain.batch.queue_profile import queue_cluster, read_profile
from cpretrain.batch.state import BatchState
from cpretrain.batch.worker import KEEPER, CloseCached, work_on
from cpretrain.batch.workload import Workload
from cpretrain.errors import BadInput
from cpretrain.runtime.console import info
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.shipped import shipped
from cpretrain.runtime.spelling import current_spelling, option
from cpretrain.settings.batch import BatchSettings

if TYPE_CHECKING:
    from distributed import Client, Future

Result = TypeVar("Result")
Done = TypeVar("Done")
STARTED = "cpretrain started"
"""Topic on which a worker reports the file it is starting."""
SECONDS_TO_CONNECT = 10


@dataclass(frozen=True)
class Unit:
    """A file, and the memory in bytes that the work on it takes."""

    file: Path
    memory: int


def on_cluster(
    files: Sequence[Path],
    load: Workload[Result],
    settings: BatchSettings,
    state: BatchState,
) -> Iterator[tuple[Path, Outcome[Result]]]:
    """Process each file on one worker of a cluster, and yield its outcome as soon as it is done.

    Dask replaces a worker that dies, and its file goes to another one; a file fails if it kills a worker that has
    nothing else to do. Workers end with this process, however it ends.

    Raises
    ------
    BadInput
        When the cluster is not available.
    """
    from distributed import Client

    work, (units, outcomes) = load.work, _units(files, load.memory)
    yield from outcomes
    if settings.cluster:
        profile = read_profile(settings.cluster)
        with (
            queue_cluster(settings.cluster, profile) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield from _run(client, units, work, state, profile.bytes_for_a_file, profile.jobs)
        return
    if settings.scheduler:
        with (
            silent("distributed.client"),
            _client_of(settings.scheduler) as client,
            _left_as_it_was(client),
        ):
            done = _run(client, units, work, state, _largest_memory(client))
            yield from _until_lost(client, settings.scheduler, done)
        return
    for group, workers, share in shares(units, settings.workers):
        with local_cluster(workers, share) as cluster, Client(cluster, set_as_default=False) as client:
            yield from _run(client, group, work, state, share, workers)


def _units(
    files: Sequence[Path], memory: Callable[[Path], int]
) -> tuple[list[Unit], list[tuple[Path, Outcome]]]:
    """Read from each file's header how much memory it takes; a file that cannot be read fails here."""
    units: list[Unit] = []
    failed: list[tuple[Path, Outcome]] = []
    for file in files:
        try:
            units.append(Unit(file, memory(file)))
        except BadInput as error:
            failed.append((file, Outcome(None, error)))
    return units, failed


def _client_of(scheduler: str) -> "Client":
    from distributed import Client

    try:
        client = Client(scheduler, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInput(
            f"{option('scheduler', scheduler)}: no Dask scheduler answers there",
            found=str(error) or type(error).__name__,
            cure="start one with: dask scheduler",
        ) from None
    try:
        if not workers_of(client):
            info(
                f"{option('scheduler', scheduler)}: has no workers yet; waiting for the first one (Ctrl-C stops "
                "waiting)"
            )
            client.wait_for_workers(1)
        _check_workers(client)
    except BaseException:
        client.close()
        raise
    return client


def _until_lost(client: "Client", scheduler: str, done: Iterator[Done]) -> Iterator[Done]:
    """Turn the various exceptions that Dask raises when the scheduler dies into one BadInput."""
    from asyncio import CancelledError

    try:
        yield from done
    except (Exception, CancelledError):
        if client.status == "running":
            raise
        raise BadInput(
            f"{option('scheduler', scheduler)}: the Dask scheduler is gone",
            cure="restart it and its workers, and run this again: completed files are kept",
        ) from None


def _check_workers(client: "Client") -> None:
    """Check that each worker has one thread: its memory and its Fiji are sized for one file at a time."""
    for address, facts in workers_of(client).items():
        if facts["nthreads"] != 1:
            raise BadInput(
                f"worker {address}: would process several files at once",
                found=f"{facts['nthreads']} threads",
                expected="1",
                cure="start workers with: dask worker ADDRESS --nthreads 1 (and --nworkers for several)",
            )


def _run(
    client: "Client",
    units: Sequence[Unit],
    work: Callable[[Path], Result],
    state: BatchState,
    room: int | None,
    expected: int = 1,
) -> Iterator[tuple[Path, Outcome[Result]]]:
    """Process the units that fit the largest worker's memory (None: unknown), small ones first."""
    client.register_plugin(CloseCached(), name=KEEPER)
    by_name = {str(unit.file): unit.file for unit in units}
    client.subscribe_topic(STARTED, lambda event: _started(state, by_name, event[1]))

    spelling = current_spelling()

    def send(unit: Unit) -> "Future[Outcome[Result]]":
        needed = {"memory": unit.memory} if room is not None and unit.memory else None
        return client.submit(work_on, work, unit.file, STARTED, spelling, pure=False, resources=needed)

    units = sorted(units, key=lambda unit: unit.memory)
    too_large = [unit for unit in units if room is not None and unit.memory > room]
    try:
        for unit in too_large:
            yield unit.file, Outcome(None, _too_large(unit, room or 0))
        for unit, future in hand_out(client, units[: len(units) - len(too_large)], send, expected):
            yield unit.file, _outcome(future, unit.file)
    finally:
        client.unsubscribe_topic(STARTED)


@contextmanager
def _left_as_it_was(client: "Client") -> Iterator[None]:
    """Remove this batch's plugin from workers that stay; one that has just joined does not have it."""
    try:
        yield
    finally:
        with suppress(
            OSError, KeyError, ValueError
        ):  # nor is anything left to remove if the scheduler is gone
            client.unregister_worker_plugin(KEEPER)


def _started(state: BatchState, by_name: dict[str, Path], message: dict[str, str]) -> None:
    if message["file"] in by_name:
        state.started(by_name[message["file"]], message["name"])


def _too_large(unit: Unit, room: int) -> BadInput:
    return BadInput(
        f"{unit.file}: no worker has enough memory for it",
        found=f"{room / 1e9:.1f} GB per file",
        expected=f"{unit.memory / 1e9:.1f} GB",
        cure=f"use workers with more memory ({shipped('docs/cluster.md')})",
    )


def _largest_memory(client: "Client") -> int | None:
    """Return the bytes available for a file on the largest worker; None if the workers do not declare it."""
    resources = [facts["resources"] for facts in workers_of(client).values()]
    if not all("memory" in declared for declared in resources):
        return None
    return int(max(declared["memory"] for declared in resources))


def _outcome(future: Any, file: Path) -> Outcome:
    from distributed import KilledWorker

    try:
        outcome: Outcome = future.result()
    except KilledWorker as error:
        return Outcome(
            None,
            BadInput(
                f"{file}: the processes that worked on it died",
                found=str(error).partition("\n")[0],
                cure=f"most likely there was too little memory: use fewer workers ({option('workers')}), "
                "or a larger machine",
            ),
        )
    return outcome
