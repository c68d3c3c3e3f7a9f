"""Round numbers along an axis."""

from collections.abc import Callable
from math import ceil, floor, log10

MINUS = "\N{MINUS SIGN}"
STEPS = (1, 2, 2.5, 5, 10)
"""Steps between ticks, times a power of ten."""
SPAN = 1e-6
"""Smallest length of an axis, relative to its values."""


def ticks(low: float, high: float, most: int, whole: bool = False) -> list[tuple[float, str]]:
    """Return positions and texts of ticks from `low` to `high`.

    Parameters
    ----------
    low, high : float
        Ends of the axis.
    most : int
        Maximum number of steps between them, at least 1.
    whole : bool
        Only whole numbers, for frames.
    """
    length = max(high - low, SPAN * max(abs(low), abs(high), 1.0))
    step = _step(length / most, whole)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    told = _text(step)
    return [(i * step, told(i * step)) for i in range(first, last + 1)]


def _step(least: float, whole: bool) -> float:
    power = 10.0 ** floor(log10(least))
    step = next(each * power for each in STEPS if each * power >= least * (1 - 1e-9))
    return float(max(1, ceil(step))) if whole else step


def _text(step: float) -> Callable[[float], str]:
    decimals = next((n for n in range(12) if abs(round(step, n) - step) < 1e-9 * step), 12)
    return lambda value: f"{value + 0.0:.{decimals}f}".replace("-", MINUS)
