"""Measurements of single label images: objects cut by the edge, tiny objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.runtime.spelling import option

TINY = 9
"""Objects of fewer pixels than this are counted as tiny."""


def edge_objects(labels: np.ndarray, border: int = 0) -> int:
    """Count the objects of a label image (axes y, x) that touch the edge of its data.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; 0 is background.
    border : int
        Width in pixels of the edge of zeros around the data, as `cpretrain.crops` adds it.
    """
    labels = inside_border(labels, border)
    if labels.size == 0:
        return 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.count_nonzero(np.unique(edge)))


def inside_border(labels: np.ndarray, border: int) -> np.ndarray:
    """The part of an image (last axes y, x) inside its border; all of it where nothing else is left."""
    inner = labels[..., border:-border, border:-border] if border else labels
    return inner if inner.size else labels


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
        f"{small} of {len(areas)} objects in the ground truth are smaller than {option('min_size')} "
        f"({min_size} pixels) and cannot be found by any model: evaluate and predict with "
        f"{option('min_size', int(areas.min()))}"
    ]
