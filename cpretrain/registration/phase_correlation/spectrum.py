"""An image prepared for phase correlation: extended, with the phases of its spectrum."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.phase_correlation.mirror_padding import fade_out
from cpretrain.registration.phase_correlation.workspace import fft_workers

FFT_ERROR = 2e-7
"""Error of a spectrum computed in float32, relative to its root mean square (1.0e-7 to 1.5e-7 is observed)."""
Whole3 = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Transformed:
    """An image and its phases, kept for all its pairs.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        The image, not extended.
    whole : bool
        True if its grey levels are whole numbers.
    phases : ndarray of complex64, shape of `scipy.fft.rfftn`
        Spectrum of the extended image, with all values of magnitude 1 (or 0).
    extended : tuple of int
        Lengths of the extended image in z, y, x.
    typical : float
        A typical grey value.
    phase_errors : float
        Sum over the spectrum of the squared errors of its phases, in radians, due to float32.
    kept : ndarray of bool, shape (Z, Y, X), optional
        Pixels that count in comparisons (default: all).
    """

    image: NDArray[np.float32]
    whole: bool
    phases: NDArray[np.complex64]
    extended: Whole3
    typical: float
    phase_errors: float
    kept: NDArray[np.bool_] | None = None


def transform(image: NDArray[Any], kept: NDArray[np.bool_] | None = None) -> Transformed:
    """Extend an image and compute the phases of its spectrum.

    Parameters
    ----------
    image : ndarray of uint8, uint16 or float32, shape (Z, Y, X)
        The image; a single plane is a 2D image.
    kept : ndarray of bool, shape (Z, Y, X) or (1, Y, X), optional
        Pixels that count in comparisons (default: all).
    """
    whole = image.dtype.kind != "f"
    pixels = np.ascontiguousarray(image, np.float32)
    extended = fade_out(pixels, whole)
    z, y, x = extended.shape
    spectrum = scipy.fft.rfftn(extended, axes=axes_of(image), workers=fft_workers())
    errors = loops().keep_phases(spectrum.reshape(-1), FFT_ERROR)
    typical = float(pixels[:, ::8, ::8].mean(dtype=np.float64))
    if kept is not None:
        kept = np.ascontiguousarray(np.broadcast_to(kept, image.shape))
    return Transformed(pixels, whole, spectrum, (z, y, x), typical, errors, kept)


def axes_of(image: NDArray[Any]) -> tuple[int, ...]:
    """Return the axes along which an image, shape (Z, Y, X), is transformed: y and x for a single plane."""
    return (1, 2) if image.shape[0] == 1 else (0, 1, 2)
