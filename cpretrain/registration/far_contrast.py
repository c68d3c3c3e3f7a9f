"""Frames far apart, measured on their contrast: what holds the plugin's measurement in its place does not hold this."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.far_frames import FEWEST_IN_COMMON, box_moved, disagreement
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.pair_shift import (
    Spectrum,
    both,
    shift_between,
    spectrum_of,
    standard_error,
)
from cpretrain.registration.groupwise.prepared_image import prepared, reduction
from cpretrain.registration.groupwise.tile_correlation import tile_correlation
from cpretrain.registration.whole_image import fits_as_a_whole, whole3

STANDARD_ERRORS = 5.0
"""By how many of them the images have to be more alike elsewhere than where the curve says."""


def contrast_disagreement(images: DriftImages, curve: DriftCurve, anchors: list[int]) -> float | None:
    """Return by how many pixels a curve misses what the contrast of frames far apart says; see `far_disagreement`."""
    return disagreement(partial(_missed, images, curve, cache(partial(_spectrum, images, curve))), anchors)


def _spectrum(images: DriftImages, curve: DriftCurve, t: int) -> tuple[Spectrum, int]:
    """Return the contrast of a frame, transformed, and by how many times it is reduced."""
    image, kept = images.image(t, images.box(curve.drift[t]))
    z, y, x = image.shape
    by = reduction((z, y, x))
    return spectrum_of(prepared(np.ascontiguousarray(image, np.float32), kept, by)), by


def _missed(
    images: DriftImages, curve: DriftCurve, spectrum: Callable[[int], tuple[Spectrum, int]], i: int, j: int
) -> NDArray[np.float64] | None:
    """Return the drift from frame `i` to `j` less what the curve says; zeros where that is as good, None if unclear."""
    (earlier, by), (later, _) = spectrum(i), spectrum(j)
    pixel, moved = np.array([1, by, by]), box_moved(images, curve, i, j)
    shape = later.image.values.shape
    said = whole3((curve.drift[j] - curve.drift[i] - moved) / pixel)
    found = shift_between(later, earlier)
    as_said = tile_correlation(*both(later.image, earlier.image), said, 1.0)
    if found.score - max(as_said, 0) < STANDARD_ERRORS * standard_error(shape, found.shift):
        return np.zeros(3)
    common = np.prod([1 - abs(shift) / n for shift, n in zip(found.shift, shape, strict=True)])
    if common < FEWEST_IN_COMMON or (as_said > -1 and not _as_a_whole(later, earlier, found.shift, said)):
        return None
    return found.shift * pixel + moved - (curve.drift[j] - curve.drift[i])


def _as_a_whole(
    later: Spectrum, earlier: Spectrum, found: NDArray[np.float64], said: tuple[int, int, int]
) -> bool:
    """Whether `found` fits better than `said` all over the image."""
    z, y, x = (slice(0, length) for length in later.image.values.shape)
    return fits_as_a_whole(later.image.values, earlier.image.values, whole3(found), said, (z, y, x))
