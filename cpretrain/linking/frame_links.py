"""Link the objects of two consecutive frames: the assignment with the lowest total cost.

References
----------
Jaqaman et al. (2008): Robust single-particle tracking in live-cell time-lapse sequences. Nature Methods 5, 695-702. The
cost of beginning and ending a track is that of laptrack: 1.05 times the highest cost of a link between both frames.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cpretrain.linking.objects import FrameObjects

Cost = Literal["both", "distance", "overlap"]
Links = NDArray[np.intp]
"""Pairs of objects, shape (links, 2): indices in the earlier and the later frame."""

_ALTERNATIVE = 1.05
_TINY = 1e-6
"""Added to all costs, as a sparse matrix takes 0 for no entry."""


def link_frames(
    earlier: FrameObjects, later: FrameObjects, spacing: NDArray[np.float64], max_distance: float, cost: Cost
) -> Links:
    """Link the objects of two consecutive frames; each has at most one link.

    Parameters
    ----------
    earlier, later : FrameObjects
        The objects; `later` holds the overlaps with `earlier`.
    spacing : ndarray of float64, shape (3,)
        Distance of pixels in z, y, x, in units of `max_distance`.
    max_distance : float
        Pairs whose centres are as far apart or farther are not linked, unless they overlap and `cost` regards that.
    cost : {'both', 'distance', 'overlap'}
        Square of the distance; 1 - IoU; or the sum of both, with the distance as a share of `max_distance`.

    Returns
    -------
    ndarray of int, shape (links, 2)
        Indices of the linked objects.
    """
    first, second, costs = _candidates(earlier, later, spacing, max_distance, cost)
    if not len(costs):
        return np.zeros((0, 2), np.intp)
    return _assigned(first, second, costs, (len(earlier.label), len(later.label)))


def _candidates(
    earlier: FrameObjects, later: FrameObjects, spacing: NDArray[np.float64], max_distance: float, cost: Cost
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the pairs that may be linked, and their costs."""
    if cost == "overlap":
        return later.before, later.here, 1 - later.iou
    here, there = earlier.centre * spacing, later.centre * spacing
    first, second = _near(here, there, max_distance)
    iou = np.zeros(len(first))
    if cost == "both":
        numbers, place = np.unique(
            np.concatenate([later.before * len(there) + later.here, first * len(there) + second]),
            return_inverse=True,
        )
        first, second = np.divmod(numbers, len(there)) if len(numbers) else (first, second)
        iou = np.zeros(len(numbers))
        iou[place[: len(later.iou)]] = later.iou
    squared = ((here[first] - there[second]) ** 2).sum(axis=1)
    if cost == "distance":
        within = squared < max_distance**2
        return first[within], second[within], squared[within]
    return first, second, squared / max_distance**2 + 1 - iou


def _near(
    here: NDArray[np.float64], there: NDArray[np.float64], distance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all pairs of points within a distance."""
    from scipy.spatial import KDTree

    if not (len(here) and len(there)):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    found = KDTree(here).query_ball_tree(KDTree(there), distance)
    first = np.repeat(np.arange(len(here)), [len(each) for each in found])
    second = np.array([index for each in found for index in sorted(each)], np.intp)
    return first, second


def _assigned(
    first: NDArray[np.intp], second: NDArray[np.intp], costs: NDArray[np.float64], size: tuple[int, int]
) -> Links:
    """Choose the links with the lowest total cost, against the costs of tracks that begin or end."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    (m, n), alternative = size, max(float(costs.max()) * _ALTERNATIVE, _TINY)
    lowest = min(float(costs.min()), alternative)
    ends, begins = np.arange(m), np.arange(n)
    rows = np.concatenate([first, m + begins, ends, m + second])
    columns = np.concatenate([second, begins, n + ends, n + first])
    values = np.concatenate([costs, np.full(m + n, alternative), np.full(len(costs), lowest)])
    matrix = coo_array((values + _TINY, (rows, columns)), shape=(m + n, n + m)).tocsr()
    row, column = min_weight_full_bipartite_matching(matrix)
    chosen = (row < m) & (column < n)
    return np.stack([row[chosen], column[chosen]], axis=1).astype(np.intp)
