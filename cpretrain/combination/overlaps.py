"""Resolve overlaps between objects of several classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.settings.combination import CombineSettings

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Combined:
    """The objects of one frame after conflicts are resolved.

    Parameters
    ----------
    labels : ndarray of uint32, shape (Z, Y, X)
        New numbers, 1…N, by class and then by old number; 0 for background.
    classes, before : ndarray of int, shape (N,)
        Class of each object, from 0, and its number in the label image of that class.
    areas : ndarray of int, shape (N,)
        Remaining area of each object, in pixels.
    kept : ndarray of float, shape (N,)
        Share of its pixels that each object kept.
    cut, dropped : ndarray of int, shape (classes,)
        Numbers of objects per class that lost pixels but stayed, and that are left out.
    """

    labels: NDArray[np.uint32]
    classes: NDArray[np.int64]
    before: NDArray[np.int64]
    areas: NDArray[np.int64]
    kept: NDArray[np.float64]
    cut: NDArray[np.int64]
    dropped: NDArray[np.int64]


def settle(
    layers: Sequence[Labels], settings: CombineSettings, probabilities: Sequence[dict[int, float]] = ()
) -> Combined:
    """Resolve the conflicts of one frame.

    Where objects overlap, all pixels that two of them share go to the stronger one. An object that keeps less than
    the required share is left out, and the pixels that it had won go to the others.

    Parameters
    ----------
    layers : sequence of ndarray of int, shape (Z, Y, X)
        One label image per class.
    settings : CombineSettings
        Rule for the strength of an object (of equals, the class named first wins), and the share to keep.
    probabilities : sequence of dict of int to float
        Probabilities of the objects of each class, if the rule needs them.

    Raises
    ------
    KeyError
        When the probability of an object is unknown.
    """
    ids, before, classes = _numbered(layers)
    areas = np.bincount(np.concatenate([layer.ravel() for layer in ids]), minlength=len(before))
    strength = _strength(settings, areas, classes, before, probabilities)
    won = np.bincount(_strongest(ids, strength).ravel(), minlength=len(before))
    stays = (won > 0) & (won >= settings.keep * areas)
    stays[0] = False
    winners = _strongest([np.where(stays[layer], layer, 0) for layer in ids], strength)
    left = np.flatnonzero(stays)
    numbers = np.zeros(len(before), np.uint32)
    numbers[left] = np.arange(1, len(left) + 1)
    now = np.bincount(winners.ravel(), minlength=len(before))
    kept, number = now[left] / areas[left], len(layers)
    gone = np.setdiff1d(np.arange(1, len(before)), left)
    return Combined(
        labels=numbers[winners],
        classes=classes[left],
        before=before[left],
        areas=now[left],
        kept=kept,
        cut=np.bincount(classes[left][kept < 1], minlength=number),
        dropped=np.bincount(classes[gone], minlength=number),
    )


def _numbered(
    layers: Sequence[Labels],
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], NDArray[np.int64]]:
    """Number the objects of all classes consecutively from 1, and return their old numbers and classes."""
    ids, before, classes = [], [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    count = 0
    for number, layer in enumerate(layers):
        there, place = np.unique(layer, return_inverse=True)
        objects = there > 0
        new = np.where(objects, count + np.cumsum(objects), 0)
        ids.append(new[place.reshape(layer.shape)])
        count += int(objects.sum())
        before.append(there[objects].astype(np.int64))
        classes.append(np.full(int(objects.sum()), number))
    return ids, np.concatenate(before), np.concatenate(classes)


def _strength(
    settings: CombineSettings,
    areas: NDArray[np.int64],
    classes: NDArray[np.int64],
    before: NDArray[np.int64],
    probabilities: Sequence[dict[int, float]],
) -> NDArray[np.float64]:
    """Return the strength of each object; background, at index 0, is weakest."""
    if settings.rule == "probability":
        known = [probabilities[c][b] for c, b in zip(classes[1:].tolist(), before[1:].tolist(), strict=True)]
        values = np.array([0.0, *known])
    else:
        values = {"smaller": -areas, "larger": areas, "order": -classes}[settings.rule].astype(np.float64)
    values[0] = -np.inf
    return values


def _strongest(ids: Sequence[NDArray[np.int64]], strength: NDArray[np.float64]) -> NDArray[np.int64]:
    winners = ids[0].copy()
    for layer in ids[1:]:
        stronger = strength[layer] > strength[winners]
        winners[stronger] = layer[stronger]
    return winners
