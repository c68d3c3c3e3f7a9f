"""Progress of a batch: a line and an event per file, a bar for all of them, and a table on disk."""

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
        All files of the batch.
    description : str
        Text of the progress bar.
    table : pathlib.Path or None
        Table of the states, rewritten every few seconds while files are being done, and at the end, whatever the
        reason. Not written for a single file.
    """

    def __init__(self, files: Sequence[Path], description: str, table: Path | None) -> None:
        self._rows = {file: _Row() for file in files}
        self._table = table if len(files) > 1 else None
        self._written = float("-inf")
        self._description = description
        self._ended = 0
        self._reported: set[tuple[str, str]] = set()
        self._turn = threading.Lock()  # workers report from their own thread
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
        """Record that work on a file has begun."""
        with self._turn:
            if self._rows[file].state == "waiting":  # messages of workers may arrive late
                self._rows[file] = _Row("running", worker=worker)
                self._report(file)
                self._write()

    def ended(self, file: Path, outcome: Outcome[Any]) -> None:
        """Record the outcome of a file, and pass on its messages; one that every worker sends is shown once.

        The reason of a failure is not logged here: the caller gets all reasons at the end of the batch.
        """
        for kind, message in outcome.messages:
            if (kind, message) not in self._reported:
                (warning if kind == "warning" else info)(message)
            self._reported.add((kind, message))
        warnings = "; ".join(getattr(outcome.result, "warnings", ()))
        row = _Row("done", outcome.seconds, worker=outcome.worker, warnings=warnings)
        if outcome.failure:
            row.state, row.reason = "failed", str(outcome.failure)
        with self._turn:
            self._rows[file] = row
            self._ended += 1
            self._report(file)
            self._write()
        if self._table:
            place = f"{self._ended}/{len(self._rows)}"
            if outcome.failure:
                warning(f"{place} failed: {file.name}")
            else:
                info(f"{place} done: {file.name} ({outcome.seconds:.1f} s)")
        self._step(file.name)

    def _report(self, file: Path) -> None:
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
                cure=f"free some space, ask for write permission there, or choose another folder with {option('out')}",
            ) from error
