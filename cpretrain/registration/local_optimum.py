"""Search near a measured shift for the shift at which two images are most alike."""

from collections.abc import Callable
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.phase_correlation.certainty import scores_as_well
from cpretrain.registration.row_samples import sampled_rows
from cpretrain.registration.valid_area import Area
from cpretrain.registration.whole_image import Whole3, fits_as_a_whole, whole3

MOST_STEPS = 30
"""Maximum number of steps uphill; only unrelated images take so many."""
FEWER = 4
"""One row in this many is enough for most pairs."""
WHOLE_PIXEL = 0.75
"""Distance in pixels from which a shift counts as off; half a pixel may be due to rounding."""


def offset_to_optimum(
    later: NDArray[np.float32], earlier: NDArray[np.float32], drift: NDArray[np.float32], area: Area
) -> NDArray[np.float64] | None:
    """Return the offset from a measured drift to where two images are most alike, going uphill pixel by pixel.

    Parameters
    ----------
    later, earlier : ndarray of float32, shape (Z, Y, X)
        Two images.
    drift : ndarray of float32, shape (3,)
        Measured drift from the earlier to the later one in z, y, x pixels.
    area : tuple of slice
        Part of the later image that counts, in z, y, x.

    Returns
    -------
    ndarray of float64, shape (3,), or None
        Offset in z, y, x from `drift` to the optimum: in whole pixels where a quarter of the rows leaves no doubt,
        else interpolated by a parabola; zeros if only part of the image moved, None if the images have nothing to
        compare.
    """
    axes = tuple(axis for axis in range(3) if later.shape[axis] > 1)
    start = whole3(drift)
    rows, columns = sampled_rows(area), area[2]
    if _is_clear_summit(later, earlier, start, axes, rows[::FEWER], columns):
        return start - drift.astype(np.float64)
    known: dict[Whole3, float] = {}

    def alike(shift: Whole3) -> float:
        if shift not in known:
            known[shift] = loops().row_correlation(later, earlier, rows, columns.start, columns.stop, shift)
        return known[shift]

    summit = _uphill(alike, start, axes)
    if not np.isfinite(alike(summit)):
        return None
    if summit != start and not fits_as_a_whole(later, earlier, summit, start, area):
        return np.zeros(3)
    fraction = np.zeros(3)
    for axis in axes:
        below, above = (alike(_moved(summit, axis, side)) for side in (-1, 1))
        fraction[axis] = parabola_peak(below, alike(summit), above)
    return np.array(summit) + fraction - drift


def _is_clear_summit(
    later: NDArray[np.float32],
    earlier: NDArray[np.float32],
    place: Whole3,
    axes: tuple[int, ...],
    rows: NDArray[np.int64],
    columns: slice,
) -> bool:
    """Return whether two images are clearly more alike at `place` than a pixel away, on some rows."""
    row_correlation, pixels = loops().row_correlation, len(rows) * (columns.stop - columns.start)

    def alike(shift: Whole3) -> float:
        return min(row_correlation(later, earlier, rows, columns.start, columns.stop, shift), 0.999999)

    here = alike(place)
    around = (_moved(place, axis, side) for axis in axes for side in (-1, 1))
    return isfinite(here) and all(not scores_as_well(here, alike(shift), pixels) for shift in around)


def parabola_peak(below: float, peak: float, above: float) -> float:
    """Return the position of the maximum of a parabola through three neighbouring values, from -0.5 to 0.5."""
    curvature = below - 2 * peak + above
    if not curvature < 0:
        return 0.0
    return float(np.clip(0.5 * (below - above) / curvature, -0.5, 0.5))


def _uphill(alike: Callable[[Whole3], float], place: Whole3, axes: tuple[int, ...]) -> Whole3:
    for _ in range(MOST_STEPS):
        around = [_moved(place, axis, side) for axis in axes for side in (-1, 1)]
        best = max(around, key=lambda shift: np.nan_to_num(alike(shift), nan=-1))
        if not alike(best) > alike(place):
            break
        place = best
    return place


def _moved(place: Whole3, axis: int, side: int) -> Whole3:
    z, y, x = place
    return z + side * (axis == 0), y + side * (axis == 1), x + side * (axis == 2)
