"""The part of the canvas that a frame covers, so that padding is neither scored nor kept."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.canvas import Canvas
from cpretrain.registration.turned_canvas import TurnedCanvas

Area = tuple[slice, slice, slice]
"""A box in z, y, x; empty where a slice ends before it starts."""


def covered_area(canvas: Canvas, t: int) -> Area:
    """Return the part of the canvas that frame `t` (from 0) covers completely.

    If frames are shifted by fractions of a pixel, the edge that is mixed with the padding is excluded.

    Returns
    -------
    tuple of slice
        Area in z, y, x, in pixels of the canvas.
    """
    if isinstance(canvas, TurnedCanvas):
        return canvas.covered(t)
    shift = canvas.shifts[t].astype(np.float64)
    lengths = np.array([canvas.frame_shape[axis] for axis in (0, 2, 3)])
    limits = np.array([canvas.shape[axis] for axis in (0, 2, 3)])
    starts = np.ceil(shift)
    return _area(starts, np.minimum(np.floor(shift + lengths - 1) + 1, limits))


def intersection(first: Area, second: Area) -> Area:
    """Return the intersection of two areas."""
    return _area(
        np.array([max(a.start, b.start) for a, b in zip(first, second, strict=True)]),
        np.array([min(a.stop, b.stop) for a, b in zip(first, second, strict=True)]),
    )


def covered_by_all(canvas: Canvas) -> Area:
    """Return the part of the canvas that every frame covers."""
    return reduce(intersection, (covered_area(canvas, t) for t in range(len(canvas.shifts))))


def is_empty(area: Area) -> bool:
    """Return whether an area holds no pixel."""
    return any(part.stop <= part.start for part in area)


def _area(starts: NDArray, stops: NDArray) -> Area:
    z, y, x = (slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True))
    return z, y, x
