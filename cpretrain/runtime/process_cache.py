"""What a process starts once and keeps for all its files, such as Fiji, and ends when the last one is done."""

from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_things: dict[Hashable, Any] = {}
_ends = ExitStack()


def cached_in_process(key: Hashable, start: Callable[[ExitStack], Thing]) -> Thing:
    """Give the thing of that key, started when it is asked for the first time in this process.

    Parameters
    ----------
    key : hashable
        What tells it from others, for example the settings that it was started with.
    start : callable
        Starts it; is given the stack that ends it.
    """
    if key not in _things:
        _things[key] = start(_ends)
    found: Thing = _things[key]
    return found


def close_cached() -> None:
    """End all that was started."""
    _things.clear()
    _ends.close()
