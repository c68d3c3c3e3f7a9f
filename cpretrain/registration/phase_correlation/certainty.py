"""Recognize pairs of images that do not determine a drift."""

from math import atanh, log, sqrt

import numpy as np

from cpretrain.registration.phase_correlation.match import PhaseMatch, match_in_float64
from cpretrain.registration.phase_correlation.similarity import around, score
from cpretrain.registration.phase_correlation.spectrum import Transformed

NOISE = 1.4
STANDARD_ERRORS = 5.0


def is_uncertain(found: PhaseMatch, later: Transformed, earlier: Transformed) -> bool:
    """Return whether the answer for a pair of images is unreliable.

    Parameters
    ----------
    found : PhaseMatch
        The answer.
    later, earlier : Transformed
        The images.

    Returns
    -------
    bool
        True if the peak is no higher than in noise, if the second-best candidate scores as well, if the images are
        more alike at a shift uphill of the answer, or if the answer differs with Fourier transforms in float64. The
        last is computed only if the peaks are so close that rounding could swap them.
    """
    return (
        peak_is_noise(found.height, found.size)
        or scores_as_well(found.score, found.second_score, found.pixels)
        or better_nearby(found, later, earlier)
        or (not found.clear and match_in_float64(later, earlier).drift != found.drift)
    )


def peak_is_noise(height: float, size: int) -> bool:
    """Return whether a phase correlation of unrelated images can have a peak this high.

    Parameters
    ----------
    height : float
        Height of the peak in units of the root mean square of the phase correlation.
    size : int
        Number of pixels of the phase correlation.

    Notes
    -----
    The highest of n normally distributed numbers is about sqrt(2 ln n) standard deviations high. Real images
    have heavier tails: 1.4 times that still counts as noise.
    """
    return height < NOISE * sqrt(2 * log(size))


def scores_as_well(score: float, second: float, pixels: int) -> bool:
    """Return whether two correlations differ by less than five standard errors.

    Parameters
    ----------
    score, second : float
        Pearson correlations, the higher one first.
    pixels : int
        Number of pixels of the first correlation.

    Notes
    -----
    Fisher's z, the inverse hyperbolic tangent of a correlation, has a standard error of 1 / sqrt(pixels - 3) for
    independent pixels. Neighbours in an image are not independent, hence five standard errors and not two.
    """
    if second >= score or pixels <= 3:
        return True
    if score >= 1 or second <= -1:
        return False
    return (atanh(score) - atanh(second)) * sqrt(pixels - 3) < STANDARD_ERRORS


def better_nearby(found: PhaseMatch, later: Transformed, earlier: Transformed) -> bool:
    """Return whether going uphill from the answer, pixel by pixel, leads at least two pixels away from it.

    That happens if the peak belongs to something that stays in place, such as the borders of a smooth image. A
    distance of one pixel is allowed for drifts by fractions of a pixel.
    """
    here, reached = np.array(found.drift), found.score
    while np.abs(here - found.drift).max() < 2:
        places = around(here, later)
        scores, pixels = score(later, earlier, places)
        best = int(scores.argmax())
        if scores_as_well(float(scores[best]), reached, int(pixels[best])):
            return False
        here, reached = places[best], float(scores[best])
    return True
