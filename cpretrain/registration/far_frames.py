"""Frames far apart, measured directly: whether a drift curve that was added up from short steps holds."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.phase_correlation.certainty import scores_as_well
from cpretrain.registration.phase_correlation.match import match_frames
from cpretrain.registration.phase_correlation.similarity import ScoredShift, score, summit
from cpretrain.registration.phase_correlation.spectrum import Transformed
from cpretrain.registration.whole_image import fits_as_a_whole, whole3

FEWEST_IN_COMMON = 0.25
"""Share of an image that two frames must have in common."""
DISAGREEMENT = 2.0
"""Pixels from which a curve is wrong; up to that, far frames that look different can be off."""


Missed = Callable[[int, int], NDArray[np.float64] | None]
"""Gives the drift between two frames less what a curve says; zeros where that is as good, None if unclear."""


def far_disagreement(images: DriftImages, curve: DriftCurve, anchors: list[int]) -> float | None:
    """Return by how many pixels a curve misses what frames far apart say; None where they say nothing else.

    Parameters
    ----------
    images : DriftImages
        Images of the movie that are compared.
    curve : DriftCurve
        Drift as it was measured.
    anchors : list of int
        Three frames, from 0, in their order. First to second and second to third have to add up to first to third, so
        that a mistake is not taken for a drift.
    """
    transformed = cache(lambda t: images.transformed(t, images.box(curve.drift[t])))
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


def _missed(
    images: DriftImages, curve: DriftCurve, transformed: Callable[[int], Transformed], i: int, j: int
) -> NDArray[np.float64] | None:
    """Return the drift from frame `i` to `j` less what the curve says; zeros where that is as good, None if unclear."""
    earlier, later = transformed(i), transformed(j)
    moved = box_moved(images, curve, i, j)
    said = np.round(curve.drift[j] - curve.drift[i] - moved).astype(np.int64)
    found = match_frames(later, earlier)
    best = summit(later, earlier, ScoredShift(np.array(found.drift), found.score, found.pixels))
    (as_said,), (pixels,) = score(later, earlier, said[np.newaxis])
    if scores_as_well(best.score, float(as_said), best.pixels):
        return np.zeros(3)
    common = best.pixels / earlier.image.size
    if common < FEWEST_IN_COMMON or (pixels and not _as_a_whole(later, earlier, best.drift, said)):
        return None
    return best.drift + moved - (curve.drift[j] - curve.drift[i])


def _as_a_whole(
    later: Transformed, earlier: Transformed, found: NDArray[np.int64], said: NDArray[np.int64]
) -> bool:
    """Whether `found` fits better than `said` all over the image."""
    z, y, x = (slice(0, length) for length in later.image.shape)
    return fits_as_a_whole(later.image, earlier.image, whole3(found), whole3(said), (z, y, x))


def box_moved(images: DriftImages, curve: DriftCurve, i: int, j: int) -> NDArray[np.float64]:
    """Return how far the box that is measured moved between two frames, in z, y, x."""
    before, after = images.box(curve.drift[i]), images.box(curve.drift[j])
    if before is None or after is None:
        return np.zeros(3)
    return np.array([0, after[1] - before[1], after[0] - before[0]], float)
