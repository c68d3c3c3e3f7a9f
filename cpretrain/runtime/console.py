"""Progress and messages on stderr, so that stdout holds nothing but results."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cpretrain.runtime.terminal import printable

console = Console(stderr=True, highlight=False)
"""All messages to the user go through this console."""

SECONDS_BETWEEN_LINES = 10

Step = Callable[..., None]
"""Call it with a short note, or nothing, each time a unit of work is done."""

Listener = Callable[[dict[str, Any]], None]
"""Function that is called with each event, as the dict that `set_output` describes."""

_listener: Listener | None = None
_bars: Progress | None = None
_last_line = float("-inf")


def set_output(*, quiet: bool = False, events: bool | Listener = False) -> None:
    """Choose what goes to stderr.

    Parameters
    ----------
    quiet : bool
        Show errors only.
    events : bool or callable
        For a program that shows progress itself: one JSON object per line, ``{"event": "progress", "step": …,
        "done": …, "total": …, "note": …}``, ``{"event": "info", "message": …}``, ``{"event": "warning", …}``, or
        ``{"event": "file", "step": …, "file": …, "state": …}`` whenever the state of a file in a batch changes. A
        callable receives each of these as a dict instead, and nothing goes to stderr.
    """
    global _listener
    console.quiet, _listener = quiet, events if callable(events) else _write if events else None


def info(message: str) -> None:
    """Write one line verbatim (brackets in file names are not markup)."""
    if not event("info", message=message):
        console.print(printable(message), markup=False, soft_wrap=True)


def warning(message: str) -> None:
    """Write one line that the user should not miss."""
    if not event("warning", message=message):
        console.print(printable(f"warning: {message}"), markup=False, style="yellow", soft_wrap=True)


@contextmanager
def progress(description: str, total: int) -> Iterator[Step]:
    """Show progress: a bar on a terminal, a line every ten seconds elsewhere.

    Calls may be nested: the frames of a movie inside the movies of a folder.

    Parameters
    ----------
    description : str
        Name of the work, for example ``drift``.
    total : int
        Number of units.

    Yields
    ------
    callable
        Call it with a short note, or nothing, each time a unit is done.
    """
    if _listener or console.quiet or not console.is_terminal:
        yield _lines(description, total)
        return
    with _shared_bars() as bars:
        task = bars.add_task(printable(description), total=total, note="")
        try:
            yield lambda note="": bars.update(task, advance=1, note=printable(note))
        finally:
            bars.remove_task(task)


def _lines(description: str, total: int) -> Step:
    done, started, first = 0, time.monotonic(), 0.0

    def step(note: str = "") -> None:
        global _last_line
        nonlocal done, first
        done += 1
        if done == 1:
            first = time.monotonic()
        if event("progress", step=description, done=done, total=total, note=note):
            return
        now = time.monotonic()
        if now - max(started, _last_line) >= SECONDS_BETWEEN_LINES:
            _last_line = now
            info(f"{description} {done}/{total} {note}".rstrip() + _left(now - first, done - 1, total - done))

    return step


def _left(seconds: float, done: int, waiting: int) -> str:
    """Remaining time at the pace since the first unit, which is not counted since it includes the start-up."""
    left = round(seconds / done * waiting) if done else 0
    return f", {left // 3600}:{left % 3600 // 60:02}:{left % 60:02} left" if left > 0 else ""


@contextmanager
def _shared_bars() -> Iterator[Progress]:
    """Yield the display on the screen, or create it: a terminal has room for only one."""
    global _bars
    if _bars is not None:
        yield _bars
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as _bars:
        try:
            yield _bars
        finally:
            _bars = None


def event(kind: str, **facts: Any) -> bool:
    """Send an event to the listener, and return whether there is one."""
    if _listener:
        _listener({"event": kind} | facts)
    return _listener is not None


def _write(event: dict[str, Any]) -> None:
    print(printable(json.dumps(event, ensure_ascii=False)), file=sys.stderr, flush=True)
