"""The answer for one pair of images: the plugin's own, or what refining makes of it."""

from typing import NamedTuple

from cpretrain.registration.phase_correlation.certainty import is_uncertain
from cpretrain.registration.phase_correlation.match import PhaseMatch, match_frames
from cpretrain.registration.phase_correlation.refinement import fraction, refined, refined_is_uncertain
from cpretrain.registration.phase_correlation.spectrum import Transformed
from cpretrain.settings.drift import DriftSettings

Float3 = tuple[float, float, float]


class Answer(NamedTuple):
    """Drift between two images in z, y, x pixels, the whole pixels of it, and whether it is not to be relied on."""

    drift: Float3
    whole: tuple[int, int, int]
    uncertain: bool


def answer_for(later: Transformed, earlier: Transformed, settings: DriftSettings) -> Answer:
    """Return how far the content of `earlier` moved to become `later`."""
    found = match_frames(later, earlier)
    if not settings.refine:
        return Answer(found.drift, found.drift, is_uncertain(found, later, earlier))
    best = refined(found, later, earlier)
    return Answer(
        _with_fraction(best, later, earlier) if settings.sub_pixel else best.drift,
        best.drift,
        refined_is_uncertain(found, best),
    )


def _with_fraction(best: PhaseMatch, later: Transformed, earlier: Transformed) -> Float3:
    z, y, x = (best.drift + fraction(best, later, earlier)).tolist()
    return z, y, x
