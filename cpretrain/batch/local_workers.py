"""Workers on this machine: as many as its cores and memory allow."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from cpretrain.errors import BadInput, short
from cpretrain.runtime.cancel import signals_held
from cpretrain.runtime.spelling import option
from cpretrain.runtime.threads import FIJIS, VARIABLES

if TYPE_CHECKING:
    from distributed import LocalCluster

BASE = 700_000_000
"""Bytes that a worker takes besides its file: Python, PyTorch and a model."""
NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Scheduler options that switch off Dask's web page, and with it a port that may be taken."""
SPARE = 0.9
"""Share of the free memory that workers may take together."""


class Sized(Protocol):
    """Work that takes memory."""

    @property
    def memory(self) -> int:
        """Memory that it takes, in bytes."""


Unit = TypeVar("Unit", bound=Sized)


def shares(
    units: Sequence[Unit], workers: int | Literal["auto"], free: int | None = None, cores: int | None = None
) -> list[tuple[list[Unit], int, int]]:
    """Group units by the memory they take: first those that fit on all workers at once, then the larger ones.

    Parameters
    ----------
    units : sequence
        Units of work.
    workers : int or "auto"
        Maximum number of workers; auto: one per core.
    free, cores : int, optional
        Bytes of memory, and cores, to share (default: what this machine has free).

    Returns
    -------
    list of tuple
        For each group: its units, the number of workers, and the bytes of memory per worker. The number of workers is
        limited so that each can hold the largest unit of its group; it is at least one, even if a single unit takes
        more memory than there is.
    """
    if free is None:
        import psutil

        free = psutil.virtual_memory().available
    room = int(free * SPARE)
    most = (cores or os.cpu_count() or 1) if workers == "auto" else workers
    left = sorted(units, key=lambda unit: unit.memory)
    groups = []
    while left:
        fits = max(1, min(most, len(left), room // (BASE + left[0].memory)))
        share = max(room // fits - BASE, left[0].memory)
        group = [unit for unit in left if unit.memory <= share]
        groups.append((group, fits, share))
        left = left[len(group) :]
    return groups


@contextmanager
def local_cluster(workers: int, share: int) -> Iterator["LocalCluster"]:
    """Start single-threaded workers that share this machine's cores; they end with the block or the process.

    Parameters
    ----------
    workers : int
        Number of workers.
    share : int
        Bytes of memory that the work on a file may take on each worker.

    Raises
    ------
    BadInput
        When they do not start.
    """
    import logging

    import dask
    from distributed import LocalCluster

    threads = str(max(1, (os.cpu_count() or 1) // workers))
    environment = {name: os.environ.get(name, threads) for name in VARIABLES} | {FIJIS: str(workers)}
    settings = {
        "distributed.nanny.pre-spawn-environ": environment,
        "distributed.worker.profile.enabled": False,  # it samples call stacks for Dask's web page, and keeps them
        "distributed.scheduler.allowed-failures": 0,  # hand_out itself repeats the tasks of a worker that died
    }
    with _environment_kept(), dask.config.set(settings):
        try:
            with signals_held():  # workers leave Ctrl-C to this process, which ends them
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,  # the memory per file is known; Dask would end work that could have finished
                    resources={"memory": share},
                    scheduler_kwargs=NO_DASHBOARD,
                    silence_logs=logging.CRITICAL,
                )
        except (OSError, RuntimeError) as error:
            raise BadInput(
                f"{workers} workers: cannot be started on this machine",
                found=short(error),
                cure=f"run this again; {option('workers', 1)} processes one file after the other without workers",
            ) from error
        with cluster:
            yield cluster


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Restore the environment afterwards: Dask sets the variables meant for its workers in this process, for good."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
