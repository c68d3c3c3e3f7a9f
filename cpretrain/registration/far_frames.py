"""Direct measurement of frames far apart, to check a drift curve that was summed from short steps."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.frame_images import DriftImages, Image
from cpretrain.registration.phase_correlation.certainty import scores_as_well
from cpretrain.registration.phase_correlation.match import match_frames
from cpretrain.registration.phase_correlation.similarity import ScoredShift, score, summit
from cpretrain.registration.phase_correlation.spectrum import Transformed, transform
from cpretrain.registration.whole_image import fits_as_a_whole, whole3

FEWEST_IN_COMMON = 0.25
"""Minimum share of an image that two frames must have in common."""
DISAGREEMENT = 2.0
"""Difference in pixels from which a curve is wrong; smaller ones can arise from frames that look different."""
LARGE = 160
"""Edge length in pixels from which images are first compared at half their size, in a fifth of the time."""


Missed = Callable[[int, int], NDArray[np.float64] | None]
"""Gives the drift between two frames less what a curve says; zeros where that is as good, None if unclear."""


def far_disagreement(images: DriftImages, curve: DriftCurve, anchors: list[int]) -> float | None:
    """Return the pixels by which a curve contradicts frames far apart; None if it does not.

    Parameters
    ----------
    images : DriftImages
        Images of the movie to compare.
    curve : DriftCurve
        Measured drift.
    anchors : list of int
        Three frames, from 0, in order. First to second plus second to third must equal first to third, so that a
        wrong match is not taken for a drift.
    """
    image = cache(lambda t: images.image(t, images.box(curve.drift[t])))
    transformed = cache(lambda t: transform(*image(t)))
    if len(set(anchors)) == 3 and _fits_at_half_size(images, curve, image, anchors):
        return None
    return disagreement(partial(_missed, images, curve, transformed), anchors)


def disagreement(missed: Missed, anchors: list[int]) -> float | None:
    """Return the same for another way to measure two frames."""
    if len(set(anchors)) < 3:
        return None
    first, middle, last = anchors
    whole = missed(first, last)
    if whole is None or np.abs(whole).max() < DISAGREEMENT:
        return None
    one, other = missed(first, middle), missed(middle, last)
    if one is None or other is None or np.abs(one + other - whole).max() > DISAGREEMENT:
        return None
    return float(np.abs(whole).max())


def _fits_at_half_size(
    images: DriftImages, curve: DriftCurve, image: Callable[[int], Image], anchors: list[int]
) -> bool:
    """Return whether the first and the last frame, at half their size, match where the curve says; False if unclear."""
    i, j = anchors[0], anchors[-1]
    (earlier, kept), (later, _) = image(i), image(j)
    if kept is not None or min(earlier.shape[1:]) < LARGE:
        return False
    found = match_frames(transform(_halved(later)), transform(_halved(earlier)))
    drift = np.array(found.drift) * (1, 2, 2) + box_moved(images, curve, i, j)
    return bool(np.abs(drift - (curve.drift[j] - curve.drift[i])).max() < DISAGREEMENT)


def _halved(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return sums of 2 × 2 pixels; an odd last row or column is left out."""
    height, width = (length // 2 * 2 for length in image.shape[1:])
    rows = np.add(image[:, 0:height:2, :width], image[:, 1:height:2, :width], dtype=np.float32)
    return np.add(rows[:, :, ::2], rows[:, :, 1::2])


def _missed(
    images: DriftImages, curve: DriftCurve, transformed: Callable[[int], Transformed], i: int, j: int
) -> NDArray[np.float64] | None:
    """Return the drift from frame `i` to `j` minus the curve's; zeros if the curve fits as well, None if unclear."""
    earlier, later = transformed(i), transformed(j)
    moved = box_moved(images, curve, i, j)
    expected = np.round(curve.drift[j] - curve.drift[i] - moved).astype(np.int64)
    found = match_frames(later, earlier)
    best = summit(later, earlier, ScoredShift(np.array(found.drift), found.score, found.pixels))
    (expected_score,), (pixels,) = score(later, earlier, expected[np.newaxis])
    if scores_as_well(best.score, float(expected_score), best.pixels):
        return np.zeros(3)
    common = best.pixels / earlier.image.size
    if common < FEWEST_IN_COMMON or (pixels and not _as_a_whole(later, earlier, best.drift, expected)):
        return None
    return best.drift + moved - (curve.drift[j] - curve.drift[i])


def _as_a_whole(
    later: Transformed, earlier: Transformed, found: NDArray[np.int64], expected: NDArray[np.int64]
) -> bool:
    """Return whether `found` fits better than `expected` all over the image."""
    z, y, x = (slice(0, length) for length in later.image.shape)
    return fits_as_a_whole(later.image, earlier.image, whole3(found), whole3(expected), (z, y, x))


def box_moved(images: DriftImages, curve: DriftCurve, i: int, j: int) -> NDArray[np.float64]:
    """Return how far the box that is measured moved between two frames, in z, y, x."""
    before, after = images.box(curve.drift[i]), images.box(curve.drift[j])
    if before is None or after is None:
        return np.zeros(3)
    return np.array([0, after[1] - before[1], after[0] - before[0]], float)
