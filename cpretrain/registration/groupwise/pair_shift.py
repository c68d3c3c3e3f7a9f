"""The shift between two images by a phase correlation that is damped at frequencies with little but noise."""

from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.groupwise.tile_correlation import climb, score_shifts
from cpretrain.registration.loops.compiled import highest_peaks

PEAKS = 3
DAMPING = 0.3
"""Magnitude, in units of the spectrum's root mean square, at which a frequency counts half."""
LEAST_OVERLAP = 0.15
"""Minimum share of an image in common."""
STEPS = 8
"""Maximum number of steps uphill, in pixels."""
APART = 3
"""Distance in pixels from which two answers count as different."""
FADE = 10
"""Divisor of an image's length that gives the width over which each border fades out."""
SMOOTHED = 9
"""Number of correlated pixels in a smoothed image."""


class Spectrum(NamedTuple):
    """A contrast image and its damped phases."""

    image: Contrast
    phases: NDArray[np.complex64]


class PairShift(NamedTuple):
    """Movement of the content from an earlier to a later image.

    Parameters
    ----------
    shift : ndarray of float64, shape (3,)
        Shift in z, y, x, in pixels of the images.
    score : float
        Similarity of the images for this shift, from -1 to 1.
    lead : float
        Lead of this score over that of any other shift, in standard errors.
    """

    shift: NDArray[np.float64]
    score: float
    lead: float


def spectrum_of(image: Contrast) -> Spectrum:
    """Transform a contrast image with faded borders."""
    faded = image.values
    for axis, length in enumerate(faded.shape):
        if length > FADE:
            shape = [-1 if i == axis else 1 for i in range(3)]
            faded = faded * _fade(length).reshape(shape)
    phases = scipy.fft.rfftn(faded, s=_lengths(faded.shape), axes=(0, 1, 2))
    _damp(phases.reshape(-1), DAMPING)
    return Spectrum(image, phases)


def shift_between(later: Spectrum, earlier: Spectrum) -> PairShift:
    """Find the movement of the content from `earlier` to `later`.

    The highest peaks are tried with all meanings of a periodic shift; the one with the highest similarity, tile by
    tile, is moved uphill to its summit.

    Parameters
    ----------
    later, earlier : Spectrum
        Two images with the same shape.
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
    fine, score, _ = climb(*images, (z, y, x), least, STEPS)
    far = np.abs(shifts - fine).max(axis=1) >= APART
    second = max(0.0, float(scores[far].max())) if far.any() else 0.0
    return PairShift(fine, score, (score - second) / standard_error(shape, fine))


Compared = tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.float32] | None
]


def both(later: Contrast, earlier: Contrast) -> Compared:
    """Return two images and masks of the pixels that count, in the form for `tile_correlation`."""
    if later.kept is None and earlier.kept is None:
        return later.values, earlier.values, None, None
    of_later, of_earlier = (
        np.ones_like(one.values) if one.kept is None else one.kept for one in (later, earlier)
    )
    return later.values, earlier.values, of_later, of_earlier


def standard_error(shape: tuple[int, ...], shift: NDArray[np.float64]) -> float:
    """Return the standard error of the score of unrelated images with this shape and shift."""
    common = np.prod([max(n - abs(s), 1) for n, s in zip(shape, shift, strict=True)])
    return float((SMOOTHED / common) ** 0.5)


def _meant(place: list[int], lengths: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """List the shifts, shorter than the image, that a position in a periodic correlation can stand for."""
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
