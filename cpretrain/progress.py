"""Progress and messages on stderr, so that stdout holds results alone."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False)
"""All that is said to the person goes through here; ``console.quiet = True`` silences it."""

SECONDS_BETWEEN_LINES = 10


def say(message: str) -> None:
    """Say one line, as it is (brackets in file names are not markup)."""
    console.print(message, markup=False, soft_wrap=True)


def warn(message: str) -> None:
    """Say one line that a person should not miss."""
    console.print(f"warning: {message}", markup=False, style="yellow", soft_wrap=True)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show how far a piece of work is: a bar on a terminal, a line every ten seconds elsewhere.

    Parameters
    ----------
    description : str
        What is going on, for example ``drift``.
    total : int
        Number of units.

    Yields
    ------
    callable
        To be called with a short note (or ``""``) each time a unit is done.
    """
    if console.is_terminal and not console.quiet:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(description, total=total, note="")

            def advance(note: str = "") -> None:
                bar.update(task, advance=1, note=note)

            yield advance
        return
    done, last = 0, time.monotonic()

    def step(note: str = "") -> None:
        nonlocal done, last
        done += 1
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            say(f"{description} {done}/{total} {note}".rstrip())
            sys.stderr.flush()

    yield step
