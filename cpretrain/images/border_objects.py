"""Objects that the border of an image cuts off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.valid_box import Box


def without_border_objects(labels: NDArray[Any]) -> NDArray[Any]:
    """Leave out the objects that touch the first or last row or column, and number the others 1 to N.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X) or (Z, Y, X)
        0 for background. The first and the last plane are no border: with few planes, every object touches them.

    Returns
    -------
    ndarray of int
        The same array where no object touches the border, else another one.
    """
    sides = (labels[..., 0, :], labels[..., -1, :], labels[..., 0], labels[..., -1])
    cut_off = np.unique(np.concatenate([side.ravel() for side in sides]))
    cut_off = cut_off[cut_off > 0]
    if not cut_off.size:
        return labels
    kept = np.where(np.isin(labels, cut_off), 0, labels)
    return np.unique(kept, return_inverse=True)[1].reshape(labels.shape).astype(labels.dtype)


def without_border_objects_in(labels: NDArray[Any], box: Box | None) -> NDArray[Any]:
    """Return labels of shape (Y, X) without the objects at the edges of the box where data ends and padding begins."""
    counted = np.zeros_like(labels)
    if box is not None:
        counted[box] = without_border_objects(labels[box])
    return counted
