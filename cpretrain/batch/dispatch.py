"""Hand files to the workers of a Dask cluster one at a time, so that no file is blamed for what another one did."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cpretrain.runtime.console import info

if TYPE_CHECKING:
    from distributed import Client, Future

Unit = TypeVar("Unit")
Send = Callable[[Unit], "Future[Any]"]


def hand_out(
    client: "Client", units: Sequence[Unit], send: Send[Unit], expected: int
) -> Iterator[tuple[Unit, "Future[Any]"]]:
    """Send units to workers, and yield each with its future when it is done.

    Dask blames the death of a worker on every task that it holds, and gives up a task after too many such deaths. So a
    worker gets one unit at a time, and units that Dask gave up are sent once more at the end, one after the other with
    nothing else running: if a worker dies then, that unit is the cause.

    Parameters
    ----------
    client : distributed.Client
        The cluster.
    units : sequence
        Units of work.
    send : callable
        Submits a unit.
    expected : int
        Number of workers that are expected to join; if more are there already, their number counts.
    """
    suspects = []
    for unit, future in _sent(client, units, send, lambda: max(1, expected, len(workers_of(client)))):
        if _was_killed(future):
            suspects.append(unit)
        else:
            yield unit, future
    if suspects:
        info(f"{len(suspects)} files were with workers that died: they are processed again, one at a time")
    yield from _sent(client, suspects, send, lambda: 1)


def workers_of(client: "Client") -> dict[str, Any]:
    """Return the scheduler's information on each worker present now, by address."""
    return dict(client.scheduler_info(n_workers=-1)["workers"])


def _sent(
    client: "Client", units: Sequence[Unit], send: Send[Unit], at_once: Callable[[], int]
) -> Iterator[tuple[Unit, "Future[Any]"]]:
    from distributed import as_completed

    waiting = deque(units)
    on_their_way: dict[Future[Any], Unit] = {}
    done = as_completed(loop=client.loop)

    def send_more() -> None:
        while waiting and len(on_their_way) < at_once():
            unit = waiting.popleft()
            future = send(unit)
            on_their_way[future] = unit
            done.add(future)

    try:
        send_more()
        for future in done:
            unit = on_their_way.pop(future)
            send_more()
            yield unit, future
            future.release()
    finally:
        client.cancel(list(on_their_way))


def _was_killed(future: "Future[Any]") -> bool:
    from distributed import KilledWorker

    return future.status == "error" and isinstance(future.exception(), KilledWorker)
