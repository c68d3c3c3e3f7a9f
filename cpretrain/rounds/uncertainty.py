"""Uncertainty of a model: where it contradicts itself on mirrored images, or can hardly decide."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.valid_box import Box
from cpretrain.models.trained import UsedModel
from cpretrain.prediction.frame import logistic, reader_of

FLIPS = ((), (-2,), (-1,))
"""Axes to mirror in each view."""
LEAST_AREA = 0.05
"""Lower limit for the share of a crop covered by objects, so that pure background is not the most uncertain crop."""


def probabilities(plane: NDArray[Any], box: Box, model: UsedModel) -> NDArray[np.float32]:
    """Return the cell probability in each view, mirrored back.

    Parameters
    ----------
    plane : ndarray, shape (C, Y, X)
        Grey values.
    box : tuple of slice
        Rows and columns that hold data.
    model : UsedModel
        The model.

    Returns
    -------
    ndarray of float32, shape (views, rows of the box, columns of the box)
        Probabilities from 0 to 1.
    """
    ready = reader_of(model)(plane)[(slice(None), *box)]
    views = []
    for axes in FLIPS:
        mirrored = np.ascontiguousarray(np.flip(ready, axes))
        flows = model.segmenter.run(mirrored, model.settings.diameter)
        views.append(np.flip(logistic(flows.cell_probability), axes))
    return np.stack(views)


def uncertainty(views: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the uncertainty of each pixel, from 0 (all views certain and in agreement) to 1 or slightly more.

    Parameters
    ----------
    views : ndarray of float, shape (views, Y, X)
        Cell probability in each view.

    Notes
    -----
    It is ``4 p (1 - p)`` for the mean p, which is 1 where p is 0.5, plus twice the standard deviation between views.
    The views form a committee [1]_ by test-time augmentation [2]_.

    References
    ----------
    .. [1] Seung, Opper & Sompolinsky (1992) Query by committee. COLT '92, 287-294.
    .. [2] Wang et al. (2019) Aleatoric uncertainty estimation with test-time augmentation for medical image
       segmentation with convolutional neural networks. Neurocomputing 338, 34-45.
    """
    mean = views.mean(axis=0, dtype=np.float64)
    return np.asarray(4 * mean * (1 - mean) + 2 * views.std(axis=0, dtype=np.float64))


def most_uncertain(
    views: NDArray[np.float32], size: int, free: Callable[[int, int], bool] = lambda y, x: True
) -> tuple[float, int, int] | None:
    """Find the crop with the highest uncertainty relative to its content, on a grid of half a crop.

    The score is the sum of uncertainty divided by the area of probable objects: it is high where objects are uncertain,
    and where few are found although much of the crop resembles them.

    Parameters
    ----------
    views : ndarray of float, shape (views, Y, X)
        Cell probability in each view, at least as large as a crop.
    size : int
        Edge length of a crop in pixels.
    free : callable
        Function that returns whether a crop may have its corner at y, x.

    Returns
    -------
    tuple of float, int, int, or None
        Score, and corner y, x of the crop; None if no position is free.
    """
    unsure, area = uncertainty(views), (views.mean(axis=0) > 0.5).astype(np.float64)
    ys, xs = (_grid(length, size) for length in unsure.shape)
    places = [(y, x) for y in ys for x in xs if free(y, x)]
    if not places:
        return None
    scores = []
    for y, x in places:
        crop = (slice(y, y + size), slice(x, x + size))
        scores.append(unsure[crop].sum() / max(area[crop].sum(), LEAST_AREA * size**2))
    best = int(np.argmax(scores))
    return float(scores[best]), *places[best]


def _grid(length: int, size: int) -> list[int]:
    steps = 1 + int(np.ceil(2 * (length - size) / size))
    return np.linspace(0, length - size, steps).astype(int).tolist()
