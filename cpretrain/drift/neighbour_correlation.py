"""How alike neighbouring frames are: one number before and after, that says whether the correction helped."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.valid_area import Area, common, is_empty

ROWS = 64
"""So many rows are in float64 at a time."""


class NeighbourCorrelation:
    """Mean Pearson correlation of neighbouring frames, gathered while frames stream by; one is kept."""

    def __init__(self) -> None:
        self._frame: NDArray[Any] | None = None
        self._area: Area | None = None
        self._sum, self._count = 0.0, 0

    def add(self, frame: NDArray[Any], area: Area | None = None) -> None:
        """Take in the next frame.

        Parameters
        ----------
        frame : array, shape (Z, Y, X)
            One channel of it.
        area : tuple of slice, optional
            The part that holds data, in z, y, x (default: all); pairs are compared where both hold data.
        """
        area = area or (slice(0, frame.shape[0]), slice(0, frame.shape[1]), slice(0, frame.shape[2]))
        if self._frame is not None and self._area is not None:
            both = common(self._area, area)
            score = None if is_empty(both) else pearson(self._frame[both], frame[both])
            if score is not None:
                self._sum += score
                self._count += 1
        self._frame, self._area = frame.copy(), area

    @property
    def mean(self) -> float | None:
        """The mean so far, between -1 and 1; None where no pair had anything to compare."""
        return self._sum / self._count if self._count else None


def pearson(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """Pearson correlation of two images, axes (Z, Y, X), some rows at a time in float64; None where one is even."""
    mean_first, mean_second = first.mean(dtype=np.float64), second.mean(dtype=np.float64)
    products = squares_first = squares_second = 0.0
    for z, y in product(range(first.shape[0]), range(0, first.shape[1], ROWS)):
        a = first[z, y : y + ROWS].ravel() - mean_first
        b = second[z, y : y + ROWS].ravel() - mean_second
        products += _dot(a, b)
        squares_first += _dot(a, a)
        squares_second += _dot(b, b)
    if squares_first <= 0 or squares_second <= 0:
        return None
    return float(products / (squares_first**0.5 * squares_second**0.5))


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Scalar product without BLAS, whose threads wait for each other longer than they compute."""
    return float(np.einsum("i,i", a, b))
