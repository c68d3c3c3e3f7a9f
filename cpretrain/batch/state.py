"""How far a batch is: a line and an event for each file, a bar for all of them, and a table on disk."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from cpretrain.batch.outcome import Outcome
from cpretrain.errors import BadInput
from cpretrain.runtime.console import event, info, progress, warning
from cpretrain.runtime.spelling import option
from cpretrain.runtime.terminal import printable
from cpretrain.storage.csv_table import open_table

COLUMNS = ("file", "state", "seconds", "reason", "worker", "warnings")
SECONDS_BETWEEN_TABLES = 5.0

State = Literal["waiting", "running", "done", "failed"]


@dataclass
class _Row:
    state: State = "waiting"
    seconds: float | None = None
    reason: str = ""
    worker: str = ""
    warnings: str = ""


class BatchState:
    """The state of each file of a batch; use it in a ``with`` statement.

    Parameters
    ----------
    files : sequence of pathlib.Path
        All of them.
    description : str
        For the progress bar.
    table : pathlib.Path or None
        Where to write the states, as soon as a file is done: now and then, and at the end, however it comes. Not for a
        single file.
    """

    def __init__(self, files: Sequence[Path], description: str, table: Path | None) -> None:
        self._rows = {file: _Row() for file in files}
        self._table = table if len(files) > 1 else None
        self._written = float("-inf")
        self._description = description
        self._ended = 0
        self._told: set[tuple[str, str]] = set()
        self._turn = threading.Lock()  # workers report from a thread of their own
        self._on_exit = ExitStack()

    def __enter__(self) -> Self:
        self._step = self._on_exit.enter_context(progress(self._description, len(self._rows)))
        return self

    def __exit__(self, *_: object) -> None:
        self._on_exit.close()
        with self._turn:
            interrupted = [file for file, row in self._rows.items() if row.state == "running"]
            self._rows |= {file: _Row() for file in interrupted}
            self._write(at_once=True)

    def started(self, file: Path, worker: str = "") -> None:
        """Take note that work on a file has begun."""
        with self._turn:
            if self._rows[file].state == "waiting":  # news of workers may come late
                self._rows[file] = _Row("running", worker=worker)
                self._tell(file)
                self._write()

    def ended(self, file: Path, outcome: Outcome[Any]) -> None:
        """Take note of what became of a file, and pass on what was said about it; what every worker says, once.

        Why a file failed is not said here: who asked for the batch gets the reasons, all of them at its end.
        """
        for kind, message in outcome.said:
            if (kind, message) not in self._told:
                (warning if kind == "warning" else info)(message)
            self._told.add((kind, message))
        warnings = "; ".join(getattr(outcome.result, "warnings", ()))
        row = _Row("done", outcome.seconds, worker=outcome.worker, warnings=warnings)
        if outcome.failure:
            row.state, row.reason = "failed", str(outcome.failure)
        with self._turn:
            self._rows[file] = row
            self._ended += 1
            self._tell(file)
            self._write()
        if self._table:
            place = f"{self._ended}/{len(self._rows)}"
            if outcome.failure:
                warning(f"{place} failed: {file.name}")
            else:
                info(f"{place} done: {file.name} ({outcome.seconds:.1f} s)")
        self._step(file.name)

    def _tell(self, file: Path) -> None:
        row = self._rows[file]
        event("file", step=self._description, file=str(file), **vars(row))

    def _write(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if self._table is None or not any(row.state == "done" for row in self._rows.values()):
            return
        if not at_once and now - self._written < SECONDS_BETWEEN_TABLES:
            return
        self._written = now
        try:
            with open_table(self._table, COLUMNS) as table:
                for file, row in self._rows.items():
                    seconds = "" if row.seconds is None else f"{row.seconds:.2f}"
                    cells = (file.name, row.state, seconds, row.reason, row.worker, row.warnings)
                    table.writerow(map(printable, cells))
        except OSError as error:
            raise BadInput(
                f"{self._table}: cannot be written",
                found=error.strerror or str(error),
                cure=f"make room or ask for the rights to write there, or choose another folder with {option('out')}",
            ) from error
