"""Measure the movement of the sample between two images by phase correlation, verified on the pixels themselves."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.phase_correlation.mirror_padding import fade_out
from cpretrain.registration.phase_correlation.similarity import ScoredShift, score, summit
from cpretrain.registration.phase_correlation.spectrum import Transformed, Whole3, axes_of
from cpretrain.registration.phase_correlation.workspace import array_for, fft_workers

PEAKS, RIVALS = 5, 5
"""Number of peaks to try, and of lower ones to check if rounding could exchange them."""


@dataclass(frozen=True)
class PhaseMatch:
    """Best match for a pair of images.

    Parameters
    ----------
    drift : tuple of int
        Movement of the content from the earlier to the later image, in z, y, x, in pixels.
    score, second_score : float
        Pearson correlation of the two on their overlap, for this drift and for the second-best candidate.
    pixels : int
        Size of that overlap in pixels.
    height : float
        Height of the drift's peak in the phase correlation, in units of the root mean square of the latter.
    size : int
        Number of pixels of the phase correlation.
    clear : bool
        True if the peaks differ by more than rounding to float32 can change.
    """

    drift: Whole3
    score: float
    second_score: float
    pixels: int
    height: float
    size: int
    clear: bool


def match_frames(later: Transformed, earlier: Transformed) -> PhaseMatch:
    """Find the movement of the content from `earlier` to `later`.

    Parameters
    ----------
    later, earlier : Transformed
        Two images with the same shape.

    Returns
    -------
    PhaseMatch
        The best of 20 (2D) or 40 (3D) candidates: the five highest peaks of the phase correlation, each wrapped
        around or not in every axis, scored by the Pearson correlation of the images on their overlap.

    References
    ----------
    Kuglin & Hines (1975), The phase correlation image alignment method.
    Preibisch, Saalfeld & Tomancak (2009), Globally optimal stitching of tiled 3D microscopic image
    acquisitions, doi:10.1093/bioinformatics/btp184.
    """
    cross = array_for("cross", np.empty, later.phases.shape, np.complex64)
    loops().cross(later.phases.reshape(-1), earlier.phases.reshape(-1), cross.reshape(-1))
    return _best(later, earlier, _back(cross, later))


def match_in_float64(later: Transformed, earlier: Transformed) -> PhaseMatch:
    """Find the same with Fourier transforms in float64, several times slower."""
    cross = _phases_in_float64(later)
    cross *= _phases_in_float64(earlier).conj()
    return _best(later, earlier, _back(cross, later).astype(np.float32))


def _best(later: Transformed, earlier: Transformed, correlation: NDArray[np.float32]) -> PhaseMatch:
    places, heights = loops().highest_peaks(correlation, PEAKS + 1)
    kept = int(np.isfinite(heights[:PEAKS]).sum())
    groups = [_candidates(place, later.extended) for place in places[:kept][::-1].tolist()]
    candidates = np.array([candidate for group in groups for candidate in group])
    scores, pixels = score(later, earlier, candidates)
    *_, second, best = np.lexsort((pixels, scores)).tolist()  # of equal candidates, the last one wins
    rank = kept - 1 - best // len(groups[0])
    error = (later.phase_errors + earlier.phase_errors) ** 0.5
    bound = 8 * error
    clear = loops().lead(correlation, *places[rank]) > bound
    if clear and heights[kept - 1] - heights[-1] <= bound:
        clear = later.kept is None and _rivals_score_less(
            later, earlier, correlation, bound, rank, scores[best]
        )
    found = ScoredShift(candidates[best], float(scores[best]), int(pixels[best]))
    if later.kept is not None:
        found = summit(later, earlier, found)
    z, y, x = found.drift.tolist()
    return PhaseMatch(
        drift=(z, y, x),
        score=found.score,
        second_score=float(scores[second]),
        pixels=found.pixels,
        height=float(heights[rank]) / correlation.size**0.5,
        size=correlation.size,
        clear=bool(clear),
    )


def _rivals_score_less(
    later: Transformed,
    earlier: Transformed,
    correlation: NDArray[np.float32],
    bound: float,
    rank: int,
    best: float,
) -> bool:
    """Return whether the result is the same if peaks less than `bound` apart change places.

    It is if the winner stays among the highest, and the rivals of the lowest of these score less than the winner.
    """
    places, heights = loops().highest_peaks(correlation, PEAKS + RIVALS)
    close = heights[PEAKS:] >= heights[PEAKS - 1] - bound
    if heights[rank] - heights[PEAKS] <= bound or close.all():
        return False
    candidates = [
        each for place in places[PEAKS:][close].tolist() for each in _candidates(place, later.extended)
    ]
    scores, _ = score(later, earlier, np.array(candidates))
    return bool(scores.max() < best)


def _candidates(place: list[int], extended: Whole3) -> list[Whole3]:
    """Return the drifts that a peak can stand for: its position, also wrapped around in each axis."""
    choices = []
    for position, size in zip(place, extended, strict=True):
        near = position - size if position > size // 2 else position
        far = near - size if near >= 0 else near + size
        choices.append((near,) if size == 1 else (near, far))
    return [(z, y, x) for x, y, z in product(*choices[::-1])]


def _back(cross: NDArray[Any], like: Transformed) -> NDArray[Any]:
    """Transform back without dividing by the number of pixels; `cross` is overwritten.

    Axis by axis and in place takes two thirds of the time of `scipy.fft.irfftn`, with the same result.
    """
    *others, last = axes_of(like.image)
    for axis in others:
        cross = scipy.fft.ifft(cross, axis=axis, norm="forward", overwrite_x=True, workers=fft_workers())
    return scipy.fft.irfft(cross, like.extended[last], axis=last, norm="forward", workers=fft_workers())


def _phases_in_float64(image: Transformed) -> NDArray[np.complex128]:
    extended = fade_out(image.image, image.whole).astype(np.float64)
    spectrum = scipy.fft.rfftn(extended, axes=axes_of(image.image), workers=fft_workers())
    magnitude = np.abs(spectrum)
    faint = magnitude < 1e-5
    magnitude[faint] = 1
    spectrum[faint] = 0
    spectrum /= magnitude
    return spectrum
