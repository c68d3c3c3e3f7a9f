"""Samples of images and sums over them, so that checks of a whole movie cost a fraction of its measurement."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.valid_area import Area

MOST_PIXELS = 2**15
"""Number of pixels of an image to examine; shifts remain exact because rows are complete."""


def sampled_rows(area: Area, most: int = MOST_PIXELS) -> NDArray[np.int64]:
    """Return rows spread evenly over an area, with about `most` pixels in total.

    Parameters
    ----------
    area : tuple of slice
        Area in z, y, x.
    most : int
        Maximum number of pixels, except for the last row.

    Returns
    -------
    ndarray of int64, shape (N, 2)
        z and y of each row; not to be changed.
    """
    planes, rows, columns = area
    height, width = rows.stop - rows.start, columns.stop - columns.start
    there = (planes.stop - planes.start) * height
    if there <= 0 or width <= 0:
        return np.zeros((0, 2), np.int64)
    return _spread(planes.start, rows.start, height, there, min(there, max(1, -(-most // width))))


@lru_cache
def _spread(plane: int, row: int, height: int, there: int, wanted: int) -> NDArray[np.int64]:
    """Return `wanted` of the rows `there`, from the given plane and row on; cached, so it must not be changed."""
    index = (np.arange(wanted) * there + there // 2) // wanted
    return np.column_stack([plane + index // height, row + index % height]).astype(np.int64)


def centred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract the mean; equal values become exactly 0."""
    change = values - values.flat[0]
    change -= np.add.reduce(change, axis=None) / np.float32(change.size)
    return change


def dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return the sum of products of two samples, shape (N,).

    In one thread, because waiting for others takes longer than so few pixels; in float32, which is exact enough, unless
    the sum exceeds it.
    """
    product = float(np.einsum("i,i->", a, b))
    return product if np.isfinite(product) else float(np.einsum("i,i->", a, b, dtype=np.float64))
