"""Average precision of instance segmentation, per image and IoU threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching


@dataclass(frozen=True)
class Scores:
    """Counts per image and threshold, arrays of shape (images, thresholds)."""

    average_precision: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]


def average_precision(
    true: Sequence[NDArray[Any]], predicted: Sequence[NDArray[Any]], thresholds: ArrayLike = (0.5, 0.75, 0.9)
) -> Scores:
    """Average precision, ``TP / (TP + FP + FN)``, of each image at each IoU threshold.

    Parameters
    ----------
    true, predicted : sequence of ndarray of int, (Y, X)
        Label images, 0 for background. Ids mean nothing but identity: they may have gaps.
    thresholds : array-like of float
        IoU from which two objects count as the same one.

    Returns
    -------
    Scores
        An image without an object that is predicted to have none scores 1.

    Raises
    ------
    ValueError
        When the numbers of images, or the shapes of a pair, differ.

    Notes
    -----
    The definition of Cellpose's ``metrics.average_precision`` and of the DSB 2018 challenge: objects are matched one
    to one so that as many as possible reach the threshold. It is not the area under a precision-recall curve.
    """
    if len(true) != len(predicted):
        raise ValueError(f"{len(true)} true and {len(predicted)} predicted images")
    levels = np.atleast_1d(np.asarray(thresholds, float))
    tp = np.zeros((len(true), levels.size), np.int64)
    n_true, n_predicted = np.zeros((2, len(true), 1), np.int64)
    for i, (truth, guess) in enumerate(zip(true, predicted, strict=True)):
        iou = intersection_over_union(truth, guess)
        n_true[i], n_predicted[i] = iou.shape
        tp[i] = [_matches(iou, level) for level in levels]
    fp, fn = n_predicted - tp, n_true - tp
    union = tp + fp + fn
    precision = np.where(union > 0, tp / np.maximum(union, 1), 1.0)
    return Scores(precision, tp, fp, fn)


def intersection_over_union(true: NDArray[Any], predicted: NDArray[Any]) -> sparse.csr_array:
    """IoU of every overlapping pair of objects.

    Parameters
    ----------
    true, predicted : ndarray of int, (Y, X)
        Label images, 0 for background.

    Returns
    -------
    scipy.sparse.csr_array, (true objects, predicted objects)
        Objects in the order of their ids.
    """
    if true.shape != predicted.shape:
        raise ValueError(f"shapes differ: {true.shape} true, {predicted.shape} predicted")
    ids_true, true_index = np.unique(true, return_inverse=True)
    ids_predicted, predicted_index = np.unique(predicted, return_inverse=True)
    pairs = sparse.coo_array(
        (np.ones(true.size, np.int64), (true_index.ravel(), predicted_index.ravel())),
        shape=(ids_true.size, ids_predicted.size),
    ).tocsr()
    areas_true, areas_predicted = pairs.sum(axis=1), pairs.sum(axis=0)
    rows, columns = np.flatnonzero(ids_true), np.flatnonzero(ids_predicted)
    overlap = pairs[rows][:, columns].tocoo()
    row, column = overlap.coords
    union = areas_true[rows][row] + areas_predicted[columns][column] - overlap.data
    return sparse.coo_array((overlap.data / union, (row, column)), shape=overlap.shape).tocsr()


def _matches(iou: sparse.csr_array, threshold: float) -> int:
    """Largest number of one-to-one matches that reach the threshold."""
    reached = iou.copy()
    reached.data = (reached.data >= threshold).astype(np.int8)
    reached.eliminate_zeros()
    if not reached.nnz:
        return 0
    return int((maximum_bipartite_matching(sparse.csr_matrix(reached), perm_type="column") >= 0).sum())
