"""Distinguish movements of the whole image from those of only a part of it."""

from itertools import product
from math import atanh

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.row_samples import sampled_rows
from cpretrain.registration.valid_area import Area

TILES, MAJORITY = 4, 0.7
"""Number of tiles along y and x, and the share of tiles with a clear difference that must agree."""
TELLING = 0.03
"""Minimum difference between the correlations of a tile, as Fisher's z, that counts as clear."""

STANDARD_ERRORS = 5.0
"""Minimum difference of the same in standard errors, where noise must not count."""

Whole3 = tuple[int, int, int]


def fits_as_a_whole(
    later: NDArray[np.float32], earlier: NDArray[np.float32], found: Whole3, expected: Whole3, area: Area
) -> bool:
    """Return whether one shift fits better than another in most parts of an image, not only where something moves.

    Parameters
    ----------
    later, earlier : ndarray of float32, shape (Z, Y, X)
        Two images.
    found, expected : tuple of int
        The two shifts, in z, y, x, in pixels.
    area : tuple of slice
        Part of the later image that counts, in z, y, x.
    """
    better, worse = _tiles(later, earlier, (found, expected), area, 0.0)
    return better > 0 and better >= MAJORITY * (better + worse)


def only_a_part_moved(
    later: NDArray[np.float32], earlier: NDArray[np.float32], found: Whole3, area: Area
) -> bool:
    """Return whether a shift contradicts a good part of an image, which fits better where it was.

    As when something passes through the picture. Noise alone contradicts nothing.

    Parameters
    ----------
    later, earlier, found, area
        As for `fits_as_a_whole`.
    """
    better, worse = _tiles(later, earlier, (found, (0, 0, 0)), area, STANDARD_ERRORS)
    return worse > 0 and better < MAJORITY * (better + worse)


def _tiles(
    later: NDArray[np.float32],
    earlier: NDArray[np.float32],
    shifts: tuple[Whole3, Whole3],
    area: Area,
    standard_errors: float,
) -> tuple[int, int]:
    """Return how many tiles clearly fit better with the first shift, and how many with the second."""
    first = second = 0
    for row, column in product(range(TILES), repeat=2):
        tile = area[0], _part(area[1], row), _part(area[2], column)
        rows = sampled_rows(tile)
        ends = tile[2].start, tile[2].stop
        one, other = (
            _fisher(loops().row_correlation(later, earlier, rows, *ends, shift)) for shift in shifts
        )
        clear = max(TELLING, standard_errors / max(len(rows) * (ends[1] - ends[0]), 1) ** 0.5)
        first += one > other + clear
        second += other > one + clear
    return first, second


def whole3(shift: NDArray) -> Whole3:
    """Round a shift, ndarray of float, shape (3,), to a tuple of whole pixels."""
    z, y, x = (int(value) for value in np.round(shift))
    return z, y, x


def _fisher(correlation: float) -> float:
    return atanh(float(np.clip(correlation, -0.999999, 0.999999)))


def _part(whole: slice, index: int) -> slice:
    length = whole.stop - whole.start
    return slice(whole.start + index * length // TILES, whole.start + (index + 1) * length // TILES)
