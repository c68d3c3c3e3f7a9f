"""Parse the output of "Correct 3D drift": the drift of each frame, the pairs clipped to max_shift, and errors."""

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
"""Limit in pixels; a larger drift was not written by the plugin."""
_CLIPPED = "Too large drift along dimension"
_MARKS = ("Error", "Exception", "Cannot", "please")


def drift_in(log: str, frames: int) -> NDArray[np.float32] | None:
    """Read the drift of each frame from the log.

    Returns
    -------
    ndarray of float32, shape (T, 3), or None
        Movement of the sample in z, y, x, in pixels (two decimals in sub-pixel mode). None unless the log has three
        numbers for every frame.
    """
    drift = np.full((frames, 3), np.nan)
    for line in log.splitlines():
        found = _DRIFT.search(line)
        if found and 1 <= int(found[1]) <= frames:
            drift[int(found[1]) - 1] = float(found[4]), float(found[3]), float(found[2])
    return _if_pixels(drift)


def drift_in_file(text: str) -> NDArray[np.float32] | None:
    """Read the drift of each frame from the file that "Only compute drift vectors" saves.

    The file holds shifts, the negative of the drift, in x, y, z, after a line ``dx dy dz``.

    Returns
    -------
    ndarray of float32, shape (T, 3), or None
        Movement of the sample in z, y, x, in pixels, unrounded. None if the file does not have this form.
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
    """Return a drift in single precision; None if any number is not finite, or implausibly large."""
    return drift.astype(np.float32) if (np.abs(drift) < _LARGEST).all() else None


def clipped_in(log: str) -> tuple[FramePair, ...]:
    """Return the pairs of frames, from 0, whose measured shift was clipped on any axis, at any time scale."""
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
    """Yield the frames, from 0, that the log reports as being measured, or being corrected."""
    for line in text.splitlines():
        between, corrected = _PAIR.search(line), _DRIFT.search(line)
        if between:
            yield int(between[2]) - 1
        elif corrected:
            yield int(corrected[1]) - 1


def complaint_in(log: str) -> str:
    """Return the last line that reports an error; empty if there is none."""
    lines = [line.strip() for line in without_trace(log).splitlines()]
    return next((line for line in reversed(lines) if any(mark in line for mark in _MARKS)), "")
