"""Overlaps between the objects of two label images, in pixels: counted once, for all scores."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class Overlaps:
    """All pairs of a true and a predicted object that share at least one pixel.

    Parameters
    ----------
    true_ids, predicted_ids : ndarray of int, shape (objects,)
        Labels of the objects, in ascending order.
    true_areas, predicted_areas : ndarray of int, shape (objects,)
        Areas of these objects, in pixels.
    true, predicted : ndarray of int, shape (pairs,)
        The two objects of each pair, as indices into the arrays above; sorted by true, then by predicted object.
    pixels : ndarray of int, shape (pairs,)
        Number of pixels that they share.
    """

    true_ids: NDArray[Any]
    predicted_ids: NDArray[Any]
    true_areas: NDArray[np.int64]
    predicted_areas: NDArray[np.int64]
    true: NDArray[np.intp]
    predicted: NDArray[np.intp]
    pixels: NDArray[np.int64]

    @cached_property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair."""
        union = self.true_areas[self.true] + self.predicted_areas[self.predicted] - self.pixels
        return self.pixels / union

    def best_prediction(self) -> NDArray[np.intp]:
        """Return for each true object the index of its pair with the highest IoU (the first of equals), or -1."""
        best = np.full(len(self.true_areas), -1)
        order = np.lexsort((np.arange(self.iou.size)[::-1], self.iou))
        best[self.true[order]] = order
        return best


def find_overlaps(true: NDArray[Any], predicted: NDArray[Any]) -> Overlaps:
    """Count the pixels that objects of two label images share.

    Neighbouring pixels with the same pair of labels are counted as one run, and only runs are sorted, so that neither
    the number of objects nor the size of their ids matters for speed.

    Parameters
    ----------
    true, predicted : ndarray of int, shape (Y, X) or (Z, Y, X)
        Label images, 0 for background.

    Raises
    ------
    ValueError
        When the shapes differ, or an array is not a label image.
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    for name, labels in (("true", true), ("predicted", predicted)):
        if labels.ndim < 2 or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"a {name} image is {labels.dtype} of shape {labels.shape} instead of whole numbers of shape (Y, X); "
                "images are given as lists"
            )
    if true.shape != predicted.shape:
        raise ValueError(f"shapes differ: {true.shape} true, {predicted.shape} predicted")
    here, there = true.ravel(), predicted.ravel()
    ends = np.ones(here.size, bool)
    ends[:-1] = (here[1:] != here[:-1]) | (there[1:] != there[:-1])
    last = np.flatnonzero(ends)
    lengths = np.diff(last, prepend=-1)
    true_ids, true_areas, true_place = _objects(here[last], lengths)
    predicted_ids, predicted_areas, predicted_place = _objects(there[last], lengths)
    both = (true_place >= 0) & (predicted_place >= 0)
    runs = (lengths[both], (true_place[both], predicted_place[both]))
    pairs = sparse.coo_array(runs, (true_ids.size, predicted_ids.size)).tocsr().tocoo()
    row, column = pairs.coords
    return Overlaps(true_ids, predicted_ids, true_areas, predicted_areas, row, column, pairs.data)


def same_objects(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Return whether two label images hold the same objects (at least one) to the pixel, however they are numbered.

    Parameters
    ----------
    first, second : ndarray of int, shape (Y, X) or (Z, Y, X)
        Label images, 0 for background.
    """
    if first.shape != second.shape or not np.array_equal(first != 0, second != 0):
        return False
    overlaps = find_overlaps(first, second)
    return bool(overlaps.iou.size and (overlaps.iou == 1).all())


def _objects(
    labels: NDArray[Any], lengths: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.intp]]:
    """Return ids and areas of the objects in runs of pixels, and each run's index among them (-1 for background)."""
    if labels.size and labels.min() >= 0 and labels.max() <= 4 * labels.size + 65535:
        there = np.zeros(int(labels.max()) + 1, bool)
        there[labels] = True
        there[0] = False
        ids = np.flatnonzero(there)
        place = np.where(there, np.cumsum(there) - 1, -1)[labels]
    else:  # ids too large for a table
        ids = np.unique(labels[labels != 0])
        place = np.where(labels != 0, np.searchsorted(ids, labels), -1)
    areas = np.bincount(place + 1, lengths, ids.size + 1)[1:].astype(np.int64)
    return ids, areas, place
