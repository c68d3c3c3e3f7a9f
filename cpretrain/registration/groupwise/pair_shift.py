"""The shift between two images, found by a phase correlation that is damped where there is little but noise."""

from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.groupwise.tile_correlation import climb, score_shifts
from cpretrain.registration.phase_correlation.peaks import highest_peaks

PEAKS = 3
DAMPING = 0.3
"""Magnitude, in units of its root mean square over the spectrum, at which a frequency counts half."""
LEAST_OVERLAP = 0.15
"""Share of an image that has to be in common."""
STEPS = 8
"""Most pixels uphill."""
APART = 3
"""Pixels from which another answer is another one."""
FADE = 10
"""Part of an image, one in so many, over which each of its borders fades out."""
SMOOTHED = 9
"""Pixels that depend on each other in a smoothed image."""


class Spectrum(NamedTuple):
    """The contrast of an image, and its damped phases."""

    image: Contrast
    phases: NDArray[np.complex64]


class PairShift(NamedTuple):
    """What the content of an earlier image did to become that of a later one.

    Parameters
    ----------
    shift : ndarray of float64, shape (3,)
        In z, y, x pixels of the images.
    score : float
        How alike they are then, from -1 to 1.
    lead : float
        By how many standard errors that is more than for any other shift.
    """

    shift: NDArray[np.float64]
    score: float
    lead: float


def spectrum_of(image: Contrast) -> Spectrum:
    """Transform an image of contrast whose borders fade out."""
    faded = image.values
    for axis, length in enumerate(faded.shape):
        if length > FADE:
            shape = [-1 if i == axis else 1 for i in range(3)]
            faded = faded * _fade(length).reshape(shape)
    phases = scipy.fft.rfftn(faded, s=_lengths(faded.shape), axes=(0, 1, 2))
    _damp(phases.reshape(-1), DAMPING)
    return Spectrum(image, phases)


def shift_between(later: Spectrum, earlier: Spectrum) -> PairShift:
    """Find how far the content of `earlier` moved to become `later`.

    The highest peaks are tried in every way that a periodic shift can be meant; of these the most alike, tile by tile,
    is carried uphill to its summit.
    """
    shape = later.image.values.shape
    lengths = _lengths(shape)
    cross = np.empty_like(later.phases)
    _cross(later.phases.reshape(-1), earlier.phases.reshape(-1), cross.reshape(-1))
    correlation = scipy.fft.irfftn(cross, s=lengths, axes=(0, 1, 2), overwrite_x=True)
    places, heights = highest_peaks(correlation, PEAKS)
    shifts = np.array(
        [shift for place in places[np.isfinite(heights)].tolist() for shift in _meant(place, lengths, shape)]
    )
    if not len(shifts):
        return PairShift(np.zeros(3), -1.0, 0.0)
    images, least = both(later.image, earlier.image), LEAST_OVERLAP * later.image.values.size
    scores = score_shifts(*images, shifts, least)
    best = int(scores.argmax())
    z, y, x = shifts[best].tolist()
    fine, score = climb(*images, (z, y, x), least, STEPS)
    far = np.abs(shifts - fine).max(axis=1) >= APART
    second = max(0.0, float(scores[far].max())) if far.any() else 0.0
    return PairShift(fine, score, (score - second) / standard_error(shape, fine))


Compared = tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.float32] | None
]


def both(later: Contrast, earlier: Contrast) -> Compared:
    """Return two images and which of their pixels count, as `tile_correlation` takes them."""
    if later.kept is None and earlier.kept is None:
        return later.values, earlier.values, None, None
    of_later, of_earlier = (
        np.ones_like(one.values) if one.kept is None else one.kept for one in (later, earlier)
    )
    return later.values, earlier.values, of_later, of_earlier


def standard_error(shape: tuple[int, ...], shift: NDArray[np.float64]) -> float:
    """Return the standard error of the score of unrelated images of a shape, for a shift."""
    common = np.prod([max(n - abs(s), 1) for n, s in zip(shape, shift, strict=True)])
    return float((SMOOTHED / common) ** 0.5)


def _meant(place: list[int], lengths: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """List the shifts, shorter than the image, that a place in a periodic correlation can stand for."""
    choices = [
        [shift for shift in (at, at - size) if abs(shift) < n]
        for at, size, n in zip(place, lengths, shape, strict=True)
    ]
    return list(product(*choices))


def _lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(scipy.fft.next_fast_len(n, real=i == 2) if n > 1 else 1 for i, n in enumerate(shape))


def _fade(length: int) -> NDArray[np.float32]:
    weights = np.ones(length, np.float32)
    reach = length // FADE
    rise = np.sin((np.arange(reach) + 0.5) / reach * np.pi / 2) ** 2
    weights[:reach], weights[-reach:] = rise, rise[::-1]
    return weights


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _damp(spectrum, damping):  # type: ignore[no-untyped-def]
    total = 0.0
    for value in spectrum:
        total += value.real * value.real + value.imag * value.imag
    if total == 0:
        return
    least = np.float32(damping * np.sqrt(total / spectrum.size))
    for i in range(spectrum.size):
        value = spectrum[i]
        spectrum[i] = value / (np.sqrt(value.real * value.real + value.imag * value.imag) + least)


@njit(cache=True, nogil=True)
def _cross(later, earlier, cross):  # type: ignore[no-untyped-def]
    for i in range(cross.size):
        cross[i] = later[i] * np.conj(earlier[i])
