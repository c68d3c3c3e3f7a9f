"""Match every frame with the mean of all other aligned frames, in which noise and independent movements average out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.groupwise.aligned_mean import AlignedMean
from cpretrain.registration.groupwise.consensus import CERTAIN
from cpretrain.registration.groupwise.pair_shift import (
    LEAST_OVERLAP,
    STEPS,
    both,
    shift_between,
    spectrum_of,
    standard_error,
)
from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.groupwise.tile_correlation import climb

UNLIKE = 0.4
"""Fraction of the usual similarity below which a frame is unreliable: out of focus, or showing something else."""


class Matched(NamedTuple):
    """Drift of all frames, and how far it can be relied on.

    Parameters
    ----------
    drift : ndarray of float64, shape (T, 3)
        In z, y, x, in pixels of the images.
    supported : ndarray of bool, shape (T,)
        Frames with a reliable drift.
    error : ndarray of float64, shape (T,)
        Standard error of the drift that noise causes, in pixels of the images; 0 if it was not estimated.
    """

    drift: NDArray[np.float64]
    supported: NDArray[np.bool_]
    error: NDArray[np.float64]


def match_with_mean(
    image: Callable[[int], Contrast], drift: NDArray[np.float64], supported: NDArray[np.bool_], search: bool
) -> Matched:
    """Move each frame to where it is most similar to the mean of the others.

    Parameters
    ----------
    image : callable
        Returns the contrast image of a frame.
    drift : ndarray of float64, shape (T, 3)
        Position of the sample in each frame, in z, y, x, in pixels of these images.
    supported : ndarray of bool, shape (T,)
        Frames whose drift is reliable; only these contribute to the mean.
    search : bool
        Search for the other frames all over the mean.
    """
    whole = np.round(drift).astype(np.int64)
    z, y, x = image(0).values.shape
    mean = AlignedMean((z, y, x), whole)
    for t in np.flatnonzero(supported).tolist():
        mean.add(image(t), t)
    found, scores, error = drift.copy(), np.zeros(len(drift)), np.zeros(len(drift))
    for t, relied in enumerate(supported.tolist()):
        if relied or search:
            own = image(t)
            others = mean.of_others(own, t, relied)
            if relied:
                moved, scores[t], error[t] = _climbed(own, others)
            else:
                moved, scores[t] = _searched(own, others)
            found[t] = whole[t] + moved
    least = UNLIKE * np.median(scores[supported]) if supported.any() else 0.0
    relied = scores > max(float(least), 0.0)
    return Matched(np.where(relied[:, np.newaxis], found, drift), relied, error)


def _climbed(image: Contrast, mean: Contrast) -> tuple[NDArray[np.float64], float, float]:
    """Return the offset of a frame from its position, its similarity there, and the error of the offset.

    The similarity is 0 if it may be due to chance. Noise tilts the summit: in smoothed images, by 0.7 standard errors
    of the similarity from pixel to pixel.
    """
    moved, score, curvature = climb(*both(image, mean), (0, 0, 0), LEAST_OVERLAP * image.values.size, STEPS)
    chance = standard_error(image.values.shape, moved)
    return moved, score if score >= CERTAIN * chance else 0.0, 0.7 * chance / max(curvature, 1e-9)


def _searched(image: Contrast, mean: Contrast) -> tuple[NDArray[np.float64], float]:
    """Return the same for a frame that may be anywhere."""
    found = shift_between(spectrum_of(image), spectrum_of(mean))
    return found.shift, found.score if found.lead >= CERTAIN else 0.0
