"""Agreement of predicted with true objects: average precision and related scores, per image and IoU threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from cpretrain.metrics.overlaps import Overlaps, find_overlaps

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Counts for each image, and the scores that follow from them.

    ``precision, tp, fp, fn = scores`` unpacks average precision and counts in the order of Cellpose's function.

    Parameters
    ----------
    tp, fp, fn : ndarray of int, shape (images, thresholds)
        Numbers of one-to-one matches, of predicted objects without a match, and of true objects without a match.
    matched_iou : ndarray of float, shape (images, thresholds)
        Sum of the IoU of the matches.
    jaccard_intersection, jaccard_union : ndarray of int, shape (images,)
        Numerator and denominator of the aggregated Jaccard index, in pixels.
    thresholds : tuple of float
        Lowest IoU at which two objects count as the same one.
    """

    tp: Counts
    fp: Counts
    fn: Counts
    matched_iou: Floats
    jaccard_intersection: Counts
    jaccard_union: Counts
    thresholds: tuple[float, ...] = ()

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.average_precision, self.tp, self.fp, self.fn))

    @property
    def parts(self) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
        """Numerator and denominator of each score, arrays that broadcast to (images, thresholds)."""
        return {
            "average_precision": (self.tp, self.tp + self.fp + self.fn),
            "precision": (self.tp, self.tp + self.fp),
            "recall": (self.tp, self.tp + self.fn),
            "f1": (2 * self.tp, 2 * self.tp + self.fp + self.fn),
            "matched_iou": (self.matched_iou, self.tp),
            "aggregated_jaccard": (self.jaccard_intersection[:, None], self.jaccard_union[:, None]),
        }

    @property
    def average_precision(self) -> Floats:
        """``TP / (TP + FP + FN)``, shape (images, thresholds); 1 where an image has no object on either side."""
        return self.of("average_precision")

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row per image and IoU threshold, with counts and scores."""
        import pandas as pd

        images, levels = self.tp.shape
        rows: dict[str, Any] = {
            "image": np.repeat(np.arange(images), levels),
            "iou_threshold": np.tile(self.thresholds or np.full(levels, np.nan), images),
        }
        rows |= {name: getattr(self, name).ravel() for name in ("tp", "fp", "fn")}
        for name in ("average_precision", "precision", "recall", "f1", "matched_iou"):
            rows[name] = self.of(name).ravel()
        return pd.DataFrame(rows)

    def of(self, name: str) -> Floats:
        """Return a score, by its name in `parts`, for each image.

        Returns
        -------
        ndarray of float, shape (images, thresholds) or (images, 1) for the aggregated Jaccard index
            1 for an image without objects on either side. The matched IoU is NaN without a match. Any other score
            with a denominator of 0 is 0.
        """
        above, below = self.parts[name]
        empty = (self.tp + self.fp + self.fn == 0)[:, : below.shape[1]]
        nothing = np.nan if name == "matched_iou" else np.where(empty, 1.0, 0.0)
        return np.where(below > 0, above / np.maximum(below, 1), nothing)


def average_precision(
    true: Sequence[NDArray[Any]], predicted: Sequence[NDArray[Any]], thresholds: ArrayLike = (0.5, 0.75, 0.9)
) -> Scores:
    """Average precision, ``TP / (TP + FP + FN)``, of each image at each IoU threshold.

    Parameters
    ----------
    true, predicted : sequence of ndarray of int, shape (Y, X) or (Z, Y, X)
        Label images, 0 for background. Ids need not be consecutive.
    thresholds : array-like of float
        Lowest IoU at which two objects count as the same one.

    Returns
    -------
    Scores
        Arrays of shape (images, thresholds); ``ap, tp, fp, fn = average_precision(…)`` unpacks it like the result of
        Cellpose's function. An image without objects in which none are predicted scores 1.

    Raises
    ------
    ValueError
        When the numbers of images, or the shapes within a pair, differ, or an array does not hold whole numbers.

    Notes
    -----
    This is the definition of Cellpose's ``metrics.average_precision`` and of the DSB 2018 challenge: objects are
    matched one to one so that as many pairs as possible reach the threshold, and among such matchings the one with the
    largest sum of IoU is taken.
    It is not the area under a precision-recall curve. The aggregated Jaccard index is that of Kumar et al., IEEE
    Transactions on Medical Imaging 36 (2017) 1550.
    """
    if len(true) != len(predicted):
        raise ValueError(f"{len(true)} true and {len(predicted)} predicted images")
    return join(
        [score(find_overlaps(t, p), thresholds) for t, p in zip(true, predicted, strict=True)], thresholds
    )


def score(overlaps: Overlaps, thresholds: ArrayLike) -> Scores:
    """Score one image.

    Parameters
    ----------
    overlaps : Overlaps
        Overlaps of the image's objects.
    thresholds : array-like of float
        IoU thresholds.

    Returns
    -------
    Scores
        Arrays with one row.
    """
    levels = _levels(thresholds)
    found = [match_objects(overlaps, level) for level in levels]
    tp = np.array([[len(pairs) for pairs in found]], np.int64)
    matched_iou = np.array([[overlaps.iou[pairs].sum() for pairs in found]], float)
    intersection, union = _aggregated_jaccard(overlaps)
    return Scores(
        tp,
        len(overlaps.predicted_areas) - tp,
        len(overlaps.true_areas) - tp,
        matched_iou,
        np.array([intersection]),
        np.array([union]),
    )


def join(scores: Sequence[Scores], thresholds: ArrayLike) -> Scores:
    """Concatenate the scores of several images.

    Parameters
    ----------
    scores : sequence of Scores
        Scores of the images, in order; may be empty.
    thresholds : array-like of float
        IoU thresholds that all were scored at.
    """
    if not scores:
        nothing, none = np.zeros((0, _levels(thresholds).size), np.int64), np.zeros(0, np.int64)
        return Scores(nothing, nothing, nothing, nothing.astype(float), none, none)
    counted = [name for name in Scores.__dataclass_fields__ if name != "thresholds"]
    joined = {name: np.concatenate([getattr(one, name) for one in scores]) for name in counted}
    return Scores(**joined, thresholds=tuple(map(float, _levels(thresholds))))


def match_objects(overlaps: Overlaps, threshold: float) -> NDArray[np.intp]:
    """Match true and predicted objects one to one.

    Above an IoU of 0.5, no two objects can reach the threshold with the same third one, so all pairs that reach it are
    matches; only disputed objects need solving an assignment problem.

    Parameters
    ----------
    overlaps : Overlaps
        Overlaps of one image's objects.
    threshold : float
        Lowest IoU at which two objects may match.

    Returns
    -------
    ndarray of int, shape (matches,)
        Indices of the pairs in `overlaps` that are matches.
    """
    reached = np.flatnonzero(overlaps.iou >= threshold)
    rivals = np.bincount(overlaps.true[reached], minlength=1)[overlaps.true[reached]] > 1
    rivals |= np.bincount(overlaps.predicted[reached], minlength=1)[overlaps.predicted[reached]] > 1
    if not rivals.any():
        return reached
    disputed = reached[rivals]
    rows, row = np.unique(overlaps.true[disputed], return_inverse=True)
    columns, column = np.unique(overlaps.predicted[disputed], return_inverse=True)
    worth = np.zeros((rows.size, columns.size))
    worth[row, column] = 1 + overlaps.iou[disputed] / (2 * min(worth.shape))
    chosen = np.zeros(worth.shape, bool)
    chosen[linear_sum_assignment(worth, maximize=True)] = True
    return np.concatenate([reached[~rivals], disputed[chosen[row, column]]])


def _levels(thresholds: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(thresholds, float))


def _aggregated_jaccard(overlaps: Overlaps) -> tuple[int, int]:
    """Return the pixels that true objects share with their predictions of highest IoU, and all pixels involved."""
    best = overlaps.best_prediction()
    found = best >= 0
    used = overlaps.predicted[best[found]]
    union = overlaps.true_areas.sum() + (overlaps.predicted_areas[used] - overlaps.pixels[best[found]]).sum()
    unused = np.ones(len(overlaps.predicted_areas), bool)
    unused[used] = False
    return int(overlaps.pixels[best[found]].sum()), int(union + overlaps.predicted_areas[unused].sum())
