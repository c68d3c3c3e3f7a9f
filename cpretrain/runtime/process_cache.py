"""Objects that a process starts once and keeps for all its files, such as Fiji, and closes after the last one."""

from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_things: dict[Hashable, Any] = {}
_ends = ExitStack()


def cached_in_process(key: Hashable, start: Callable[[ExitStack], Thing]) -> Thing:
    """Return the object for a key, started on the first request in this process.

    Parameters
    ----------
    key : hashable
        Identity of the object, for example the settings that it was started with.
    start : callable
        Starts the object; receives the exit stack that closes it.
    """
    if key not in _things:
        _things[key] = start(_ends)
    found: Thing = _things[key]
    return found


def close_cached() -> None:
    """Close everything that was started."""
    _things.clear()
    _ends.close()
