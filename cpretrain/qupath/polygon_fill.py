"""Fill polygons, all of an image at once: a pixel is inside when its centre is, by the even-odd rule."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_PIXELS_AT_ONCE = 2**24


def fill(
    rings: Sequence[NDArray[np.float64]], owners: Sequence[int], size: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Fill rings into an image; objects with a higher number cover those with a lower one.

    Each row of pixels is cut at its centre line by the edges of an object; between the first and second,
    third and fourth, … crossing lies the object.

    Parameters
    ----------
    rings : sequence of ndarray
        Closed rings of shape (n, 2), columns x and y, vertices at the corners of pixels; outer rings and holes.
    owners : sequence of int
        The object, from 1, that each ring belongs to.
    size : tuple of int
        Height and width of the image in pixels.

    Returns
    -------
    filled : ndarray
        Axes y, x; number of the object on top, 0 where there is none.
    drawn : ndarray
        Pixels inside each object before others covered it; index 0 is unused.
    """
    height, width = size
    filled = np.zeros(height * width, np.int32)
    count = max(owners, default=0)
    if not rings or not filled.size:
        return filled.reshape(size), np.zeros(count + 1, np.int64)
    objects, rows, columns = _crossings(rings, np.asarray(owners, np.int64), size)
    order = np.argsort((objects * height + rows) * (width + 1) + columns, kind="stable")
    objects, rows, columns = (values[order] for values in (objects, rows, columns))
    lengths = columns[1::2] - columns[::2]
    starts = rows[::2] * width + columns[::2]
    objects = objects[::2]
    for part in _parts(lengths):
        pixels = _ranges(starts[part], lengths[part])
        filled[pixels] = np.repeat(
            objects[part], lengths[part]
        )  # of several for one pixel the last one stays
    drawn = np.bincount(objects, weights=lengths, minlength=count + 1).astype(np.int64)
    return filled.reshape(size), drawn


def _crossings(
    rings: Sequence[NDArray[np.float64]], owners: NDArray[np.int64], size: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Object, row, and first column right of the crossing, for all edges that cross centre lines of rows."""
    height, width = size
    points = np.concatenate(rings)
    lengths = np.array([len(ring) for ring in rings])
    within = np.ones(len(points), bool)
    within[np.cumsum(lengths) - 1] = False  # from the end of a ring no edge leads to the next one
    begin = np.flatnonzero(within)
    (x0, y0), (x1, y1) = points[begin].T, points[begin + 1].T
    first, last = (np.clip(np.ceil(edge(y0, y1) - 0.5), 0, height) for edge in (np.minimum, np.maximum))
    counts = (last - first).astype(np.int64)
    edges = np.repeat(np.arange(len(begin)), counts)
    rows = _ranges(first.astype(np.int64), counts)
    slope = (x1 - x0)[edges] / (y1 - y0)[edges]
    x = x0[edges] + (rows + 0.5 - y0[edges]) * slope
    columns = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    return np.repeat(owners, lengths)[begin][edges], rows, columns


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate ``arange(start, start + length)``."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _parts(lengths: NDArray[np.int64]) -> list[slice]:
    """Slices of about equal sums, so that memory does not grow with large overlapping objects."""
    sums = np.cumsum(lengths)
    total = int(sums[-1]) if len(sums) else 0
    cuts = np.searchsorted(sums, np.arange(_PIXELS_AT_ONCE, total, _PIXELS_AT_ONCE)) + 1
    edges = [0, *cuts.tolist(), len(lengths)]
    return [slice(begin, end) for begin, end in pairwise(edges) if end > begin]
