"""Errors of a segmentation: objects missed, merged, split and invented, by size and at the border."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.valid_box import Box
from cpretrain.metrics.overlaps import Overlaps
from cpretrain.metrics.scores import match_objects

IOU = 0.5
"""Lowest IoU at which an object counts as found."""

MOST = 0.5
"""Share of an object's area that counts as most of it."""

OUTCOMES = ("matched", "missed", "merged", "split", "extra")
SIZES = ("small", "medium", "large")
PLACES = ("at the border", "interior")


@dataclass(frozen=True)
class ObjectOutcomes:
    """The true, or the predicted, objects of one image, and the outcome of each.

    Parameters
    ----------
    labels : ndarray of int, shape (objects,)
        Their labels.
    areas : ndarray of int, shape (objects,)
        Their areas in pixels.
    centres : ndarray of float, shape (objects, 2)
        Mean y and x of their pixels.
    border : ndarray of bool, shape (objects,)
        True for objects at the border of the area that holds data.
    outcomes : ndarray of str, shape (objects,)
        True objects: matched, missed, merged or split. Predicted ones: matched or extra.
    iou : ndarray of float, shape (objects,)
        Largest IoU with any object on the other side.
    """

    labels: NDArray[Any]
    areas: NDArray[np.int64]
    centres: NDArray[np.float64]
    border: NDArray[np.bool_]
    outcomes: NDArray[np.str_]
    iou: NDArray[np.float64]


def judge(
    true: NDArray[Any], predicted: NDArray[Any], overlaps: Overlaps, valid: Box | None
) -> tuple[ObjectOutcomes, ObjectOutcomes]:
    """Determine the outcome of every true and every predicted object.

    A true object is *matched* if its match reaches an IoU of 0.5; else *merged* if a prediction covers most of it and
    most of another one too; else *split* if several predictions lie mostly inside it and together cover most of it;
    else *missed*. A prediction without a match is *extra*.

    Parameters
    ----------
    true, predicted : ndarray of int, shape (Y, X)
        Label images.
    overlaps : Overlaps
        Overlaps between the two label images.
    valid : tuple of slice or None
        Rows and columns that hold data, from ``valid_box``; None if there are none.

    Returns
    -------
    ObjectOutcomes, ObjectOutcomes
        The true and the predicted objects.
    """
    matched = match_objects(overlaps, IOU)
    of_true = np.full(len(overlaps.true_areas), "missed", "<U7")
    of_true[_split(overlaps)] = "split"
    of_true[_merged(overlaps)] = "merged"
    of_true[overlaps.true[matched]] = "matched"
    of_predicted = np.full(len(overlaps.predicted_areas), "extra", "<U7")
    of_predicted[overlaps.predicted[matched]] = "matched"
    return (
        _judged(true, overlaps.true_ids, overlaps.true_areas, of_true, overlaps.true, overlaps.iou, valid),
        _judged(
            predicted,
            overlaps.predicted_ids,
            overlaps.predicted_areas,
            of_predicted,
            overlaps.predicted,
            overlaps.iou,
            valid,
        ),
    )


def size_limits(areas: Sequence[int] | NDArray[Any]) -> tuple[float, float]:
    """Return the areas that divide objects into thirds: small below the first, large above the second.

    Parameters
    ----------
    areas : sequence of int or ndarray of int, shape (objects,)
        Areas in pixels.
    """
    if not len(areas):
        return 0.0, 0.0
    first, second = np.quantile(areas, (1 / 3, 2 / 3))
    return float(first), float(second)


def size_of(area: float, limits: tuple[float, float]) -> str:
    """Return the third that an area falls into."""
    return SIZES[int(area >= limits[0]) + int(area > limits[1])]


def _merged(overlaps: Overlaps) -> NDArray[np.intp]:
    covered = overlaps.pixels >= MOST * overlaps.true_areas[overlaps.true]
    several = np.bincount(overlaps.predicted[covered], minlength=len(overlaps.predicted_areas)) > 1
    return overlaps.true[covered & several[overlaps.predicted]]


def _split(overlaps: Overlaps) -> NDArray[np.intp]:
    inside = overlaps.pixels >= MOST * overlaps.predicted_areas[overlaps.predicted]
    objects = len(overlaps.true_areas)
    parts = np.bincount(overlaps.true[inside], minlength=objects)
    covered = np.bincount(overlaps.true[inside], overlaps.pixels[inside], objects)
    return np.flatnonzero((parts > 1) & (covered >= MOST * overlaps.true_areas))


def _judged(
    labels: NDArray[Any],
    ids: NDArray[Any],
    areas: NDArray[np.int64],
    outcomes: NDArray[np.str_],
    indices: NDArray[np.intp],
    iou: NDArray[np.float64],
    valid: Box | None,
) -> ObjectOutcomes:
    from scipy.ndimage import center_of_mass

    best = np.zeros(len(ids))
    np.maximum.at(best, indices, iou)
    centres = np.reshape(center_of_mass(labels != 0, labels, ids), (-1, 2)) if len(ids) else np.zeros((0, 2))
    return ObjectOutcomes(ids, areas, centres, np.isin(ids, _at_border(labels, valid)), outcomes, best)


def _at_border(labels: NDArray[Any], valid: Box | None) -> NDArray[Any]:
    """Return the labels of objects with a pixel in the outermost row or column of the data, or beyond."""
    outside = labels.copy()
    if valid is not None:
        outside[tuple(slice(side.start + 1, side.stop - 1) for side in valid)] = 0
    return np.unique(outside)
