"""Measurements of single label images: objects cut by the edge, tiny objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

TINY = 9
"""Objects of fewer pixels than this are counted as tiny."""


def edge_objects(labels: np.ndarray) -> int:
    """Count the objects of a label image (axes y, x) that touch its edge."""
    if labels.size == 0:
        return 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.count_nonzero(np.unique(edge)))


def too_small_note(areas: NDArray[Any], min_size: int) -> list[str]:
    """Warn of true objects that no model can find, in one sentence; none where there are none.

    Parameters
    ----------
    areas : ndarray of int, shape (objects,)
        Pixels of each true object.
    min_size : int
        Smallest object that is predicted, in pixels.
    """
    small = int((areas < min_size).sum())
    if not small:
        return []
    return [
        f"{small} of {len(areas)} objects in the ground truth are smaller than --min-size ({min_size} pixels) and "
        f"cannot be found by any model: evaluate and predict with --min-size {int(areas.min())}"
    ]
