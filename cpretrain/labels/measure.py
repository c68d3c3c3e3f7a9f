"""Measurements of single label images: objects cut by the edge, tiny objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.runtime.spelling import option

TINY = 9
"""Objects of fewer pixels than this are counted as tiny."""


def edge_objects(labels: np.ndarray, border: int = 0) -> int:
    """Count the objects of a label image that touch the edge of its data.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        0 is background.
    border : int
        Width in pixels of the edge of zeros around the data, as `cpretrain.crops` adds it.
    """
    labels = inside_border(labels, border)
    if labels.size == 0:
        return 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.count_nonzero(np.unique(edge)))


def inside_border(labels: np.ndarray, border: int) -> np.ndarray:
    """Return the part of an image inside its border; all of it if nothing would be left.

    Parameters
    ----------
    labels : ndarray, shape (..., Y, X)
        The image.
    border : int
        Width of the border in pixels.
    """
    inner = labels[..., border:-border, border:-border] if border else labels
    return inner if inner.size else labels


def too_small_note(areas: NDArray[Any], min_size: int) -> list[str]:
    """Return a sentence on true objects that are too small for any model to find; none without such objects.

    Parameters
    ----------
    areas : ndarray of int, shape (objects,)
        Area of each true object, in pixels.
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
