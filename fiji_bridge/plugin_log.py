"""Read what "Correct 3D drift" prints: the drift of each frame, the pairs cut to max_shift, and what went wrong."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import without_trace

FramePair = tuple[int, int]

_FRAME = r"(\d{1,9})"
_NUMBER = r"(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_DRIFT = re.compile(rf"frame {_FRAME} correcting drift {_NUMBER},{_NUMBER},{_NUMBER}\s*$")
_PAIR = re.compile(rf"between frames {_FRAME} and {_FRAME}\s*$")
_LARGEST = 1e9
"""Pixels; a drift beyond that is no number that the plugin wrote."""
_CLIPPED = "Too large drift along dimension"
_MARKS = ("Error", "Exception", "Cannot", "please")


def drift_in(log: str, frames: int) -> NDArray[np.float32] | None:
    """Drift of each frame in z, y, x (pixels, what the sample did), shape (frames, 3).

    None where the log does not name every frame with three numbers. In sub-pixel mode the plugin prints two decimals.
    """
    drift = np.full((frames, 3), np.nan)
    for line in log.splitlines():
        said = _DRIFT.search(line)
        if said and 1 <= int(said[1]) <= frames:
            drift[int(said[1]) - 1] = float(said[4]), float(said[3]), float(said[2])
    return _if_pixels(drift)


def drift_in_file(text: str) -> NDArray[np.float32] | None:
    """Drift of each frame in z, y, x from the file that "Only compute drift vectors" saves, unrounded.

    The file holds shifts, after a line ``dx dy dz``: the negative of the drift, in x, y, z. None where it does not.
    """
    lines = text.splitlines()
    try:
        first = next(number for number, line in enumerate(lines) if line.split() == ["dx", "dy", "dz"])
        rows = [line.split() for line in lines[first + 1 :] if line.strip()]
        shifts = np.array(rows, np.float64).reshape(len(rows), 3)
    except (StopIteration, ValueError):
        return None
    return _if_pixels(0 - shifts[:, ::-1])  # 0 - 0 is 0, and -0 is not


def _if_pixels(drift: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """Return a drift in single precision; None where one of its numbers is not finite, or no number of pixels."""
    return drift.astype(np.float32) if (np.abs(drift) < _LARGEST).all() else None


def clipped_in(log: str) -> tuple[FramePair, ...]:
    """Pairs of frames, from 0, whose measured shift was cut to max_shift on any axis, at any time scale."""
    pairs: dict[FramePair, None] = {}
    pair: FramePair | None = None
    for line in log.splitlines():
        between = _PAIR.search(line)
        if between:
            pair = (int(between[1]) - 1, int(between[2]) - 1)
        elif line.startswith(_CLIPPED) and pair is not None:
            pairs[pair] = None
    return tuple(pairs)


def frames_in(text: str) -> Iterator[int]:
    """Yield the frames, from 0, that lines of the log report on: being measured, then being corrected."""
    for line in text.splitlines():
        between, corrected = _PAIR.search(line), _DRIFT.search(line)
        if between:
            yield int(between[2]) - 1
        elif corrected:
            yield int(corrected[1]) - 1


def complaint_in(log: str) -> str:
    """Find the line that says what went wrong, the last one first; empty where none does."""
    lines = [line.strip() for line in without_trace(log).splitlines()]
    return next((line for line in reversed(lines) if any(mark in line for mark in _MARKS)), "")
