"""The measured drift of one pair of images: the plugin's own, or the refined one."""

from typing import NamedTuple

from cpretrain.registration.phase_correlation.certainty import is_uncertain
from cpretrain.registration.phase_correlation.match import PhaseMatch, match_frames
from cpretrain.registration.phase_correlation.refinement import fraction, refined, refined_is_uncertain
from cpretrain.registration.phase_correlation.spectrum import Transformed
from cpretrain.settings.drift import DriftSettings

Float3 = tuple[float, float, float]


class Answer(NamedTuple):
    """Drift between two images in z, y, x, in pixels, the same in whole pixels, and whether it is unreliable."""

    drift: Float3
    whole: tuple[int, int, int]
    uncertain: bool


def answer_for(later: Transformed, earlier: Transformed, settings: DriftSettings) -> Answer:
    """Return the movement of the content from `earlier` to `later`.

    Parameters
    ----------
    later, earlier : Transformed
        Two images with the same shape.
    settings : DriftSettings
        `refine` and `sub_pixel` determine how the plugin's answer is refined.
    """
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
