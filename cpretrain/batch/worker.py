"""Code that runs on a Dask worker: works on one file at a time, sends its messages along, and closes its cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from distributed import WorkerPlugin, get_worker

from cpretrain.batch.outcome import Outcome, attempt
from cpretrain.runtime.console import set_output
from cpretrain.runtime.process_cache import close_cached
from cpretrain.runtime.spelling import Spelling, spelled

Result = TypeVar("Result")
KEEPER = "cpretrain"


class CloseCached(WorkerPlugin):
    """Closes what a worker keeps, such as its Fiji, with the batch or with the worker."""

    def teardown(self, worker: Any) -> None:
        """Close what the worker cached."""
        close_cached()


def work_on(work: Callable[[Path], Result], file: Path, started: str, spelling: Spelling) -> Outcome[Result]:
    """Work on a file; messages come back with the outcome, in the spelling of the caller."""
    worker = get_worker()
    worker.log_event(started, {"file": str(file), "name": str(worker.name)})
    events: list[dict[str, Any]] = []
    set_output(events=events.append)
    try:
        with spelled(spelling):
            outcome = attempt(work, file, str(worker.name))
    finally:
        set_output()
    messages = tuple(
        (event["event"], event["message"]) for event in events if event["event"] in ("info", "warning")
    )
    return replace(outcome, messages=messages)
