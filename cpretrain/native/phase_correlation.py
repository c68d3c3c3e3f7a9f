"""Find how far the sample moved between two images: phase correlation, checked on the pixels themselves."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from cpretrain.native.correlation_peaks import highest_peaks, lead
from cpretrain.native.fade_out import fade_out
from cpretrain.native.masked_overlap import masked_correlation
from cpretrain.native.overlap import score_candidates

PEAKS = 5
FEWEST_KEPT = 0.02
"""Share of the pixels that a mask keeps below which an overlap says nothing."""
FFT_ERROR = 2e-7
"""Error of a spectrum computed in float32, relative to its root mean square (1.0e-7 to 1.5e-7 is seen)."""
WORKERS = 2
Whole3 = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Transformed:
    """An image and its phases, kept for all pairs that it is in.

    Parameters
    ----------
    image : array of float32, shape (Z, Y, X)
        The image, not extended.
    whole : bool
        Whether its grey levels are whole numbers.
    phases : array of complex64
        Spectrum of the extended image, every value of magnitude 1 (or 0), as `scipy.fft.rfftn` orders it.
    extended : tuple of int
        Lengths of the extended image in z, y, x.
    typical : float
        A typical grey value.
    phase_errors : float
        Sum over the spectrum of the squared errors of its phases, in radians, that float32 leaves.
    kept : array of bool, shape (Z, Y, X), optional
        Pixels that count when two images are compared (default: all).
    """

    image: NDArray[np.float32]
    whole: bool
    phases: NDArray[np.complex64]
    extended: Whole3
    typical: float
    phase_errors: float
    kept: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Match:
    """The best answer for a pair of images.

    Parameters
    ----------
    drift : tuple of int
        How far the content of the earlier image moved to become that of the later one, in z, y, x pixels.
    score, second_score : float
        Pearson correlation of the two where they overlap, for this drift and for the second-best candidate.
    pixels : int
        Size of that overlap.
    height : float
        Height of the peak of the phase correlation that the drift comes from, in units of its root mean square.
    size : int
        Number of pixels of the phase correlation.
    clear : bool
        Whether the peaks stand apart by more than rounding to float32 can change.
    """

    drift: Whole3
    score: float
    second_score: float
    pixels: int
    height: float
    size: int
    clear: bool


def transform(image: NDArray[Any], kept: NDArray[np.bool_] | None = None) -> Transformed:
    """Extend an image and take the phases of its spectrum.

    Parameters
    ----------
    image : array, shape (Z, Y, X), uint8, uint16 or float32
        One plane is taken as a 2D image.
    kept : array of bool, shape (Z, Y, X) or (1, Y, X), optional
        Pixels that count when it is compared with another image (default: all).
    """
    whole = image.dtype.kind != "f"
    pixels = np.ascontiguousarray(image, np.float32)
    extended = fade_out(pixels, whole)
    z, y, x = extended.shape
    spectrum = scipy.fft.rfftn(extended, axes=_axes(image), workers=WORKERS)
    errors = _keep_phases(spectrum.reshape(-1), FFT_ERROR)
    typical = float(pixels[:, ::8, ::8].mean(dtype=np.float64))
    if kept is not None:
        kept = np.ascontiguousarray(np.broadcast_to(kept, image.shape))
    return Transformed(pixels, whole, spectrum, (z, y, x), typical, errors, kept)


def match(later: Transformed, earlier: Transformed) -> Match:
    """Find how far the content of `earlier` moved to become `later`.

    Parameters
    ----------
    later, earlier : Transformed
        Two images of one shape.

    Returns
    -------
    Match
        The best of 20 (2D) or 40 (3D) candidates: the five highest peaks of the phase correlation, each wrapped
        around in every axis or not, scored by the Pearson correlation of the images where they overlap.

    References
    ----------
    Kuglin & Hines (1975), The phase correlation image alignment method.
    Preibisch, Saalfeld & Tomancak (2009), Globally optimal stitching of tiled 3D microscopic image
    acquisitions, doi:10.1093/bioinformatics/btp184.
    """
    cross = np.empty_like(later.phases)
    _cross(later.phases.reshape(-1), earlier.phases.reshape(-1), cross.reshape(-1))
    return _best(later, earlier, _back(cross, later))


def score(
    later: Transformed, earlier: Transformed, candidates: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Compare two images where they overlap, for several drifts.

    Parameters
    ----------
    later, earlier : Transformed
        Two images of one shape; both or none with pixels that do not count.
    candidates : array of int64, shape (N, 3)
        Drifts from the earlier to the later one, in z, y, x pixels.

    Returns
    -------
    scores : array of float32, shape (N,)
        Pearson correlations.
    pixels : array of int64, shape (N,)
        Numbers of the pixels that were compared.
    """
    a, b, typical = later.image, earlier.image, (later.typical, earlier.typical)
    if later.kept is None or earlier.kept is None:
        return score_candidates(a, b, candidates, *typical)
    fewest = max(9, int(FEWEST_KEPT * min(later.kept.sum(), earlier.kept.sum())))
    each = [
        masked_correlation(a, b, later.kept, earlier.kept, (z, y, x), *typical, fewest)
        for z, y, x in candidates.tolist()
    ]
    scores, pixels = zip(*each, strict=True)
    return np.array(scores, np.float32), np.array(pixels, np.int64)


def match_in_float64(later: Transformed, earlier: Transformed) -> Match:
    """Find the same with Fourier transforms in float64: several times slower."""
    cross = _phases_in_float64(later)
    cross *= _phases_in_float64(earlier).conj()
    return _best(later, earlier, _back(cross, later).astype(np.float32))


def _best(later: Transformed, earlier: Transformed, correlation: NDArray[np.float32]) -> Match:
    places, heights = highest_peaks(correlation, PEAKS + 1)
    kept = int(np.isfinite(heights[:PEAKS]).sum())
    groups = [_candidates(place, later.extended) for place in places[:kept][::-1].tolist()]
    candidates = np.array([candidate for group in groups for candidate in group])
    scores, pixels = score(later, earlier, candidates)
    *_, second, best = np.lexsort((pixels, scores)).tolist()  # of equal candidates the last one wins
    rank = kept - 1 - best // len(groups[0])
    error = (later.phase_errors + earlier.phase_errors) ** 0.5 / correlation.size
    margin = min(heights[kept - 1] - heights[-1], lead(correlation, *places[rank]))
    place, likeness, overlap = candidates[best], scores[best], pixels[best]
    if later.kept is not None:
        place, likeness, overlap = _summit(later, earlier, place, likeness, overlap)
    z, y, x = place.tolist()
    return Match(
        drift=(z, y, x),
        score=float(likeness),
        second_score=float(scores[second]),
        pixels=int(overlap),
        height=float(heights[rank]) * correlation.size**0.5,
        size=correlation.size,
        clear=bool(margin > 8 * error),
    )


def around(place: NDArray[np.int64], image: Transformed) -> NDArray[np.int64]:
    """List the drifts, shape (N, 3), that differ from `place` by a pixel along one axis."""
    axes = _axes(image.image)
    return place + np.array([side * np.eye(3, dtype=np.int64)[axis] for axis in axes for side in (1, -1)])


def _summit(
    later: Transformed, earlier: Transformed, place: NDArray[np.int64], likeness: Any, overlap: Any
) -> tuple[NDArray[np.int64], Any, Any]:
    """Go uphill from a drift, pixel by pixel, to where the images are most alike.

    What is filled in carries the peak of a smooth image a little towards 0.
    """
    while True:
        places = around(place, later)
        scores, pixels = score(later, earlier, places)
        best = scores.argmax()
        if scores[best] <= likeness:
            return place, likeness, overlap
        place, likeness, overlap = places[best], scores[best], pixels[best]


def _candidates(place: list[int], extended: Whole3) -> list[Whole3]:
    """Drifts that a peak can stand for: its place, and the same wrapped around in each axis."""
    choices = []
    for position, size in zip(place, extended, strict=True):
        near = position - size if position > size // 2 else position
        far = near - size if near >= 0 else near + size
        choices.append((near,) if size == 1 else (near, far))
    return [(z, y, x) for x, y, z in product(*choices[::-1])]


def _axes(image: NDArray[Any]) -> tuple[int, ...]:
    return (1, 2) if image.shape[0] == 1 else (0, 1, 2)


def _back(cross: NDArray[Any], like: Transformed) -> NDArray[Any]:
    axes = _axes(like.image)
    lengths = [like.extended[axis] for axis in axes]
    return scipy.fft.irfftn(cross, s=lengths, axes=axes, workers=WORKERS, overwrite_x=True)


def _phases_in_float64(image: Transformed) -> NDArray[np.complex128]:
    extended = fade_out(image.image, image.whole).astype(np.float64)
    spectrum = scipy.fft.rfftn(extended, axes=_axes(image.image), workers=WORKERS)
    magnitude = np.abs(spectrum)
    faint = magnitude < 1e-5
    magnitude[faint] = 1
    spectrum[faint] = 0
    spectrum /= magnitude
    return spectrum


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _keep_phases(spectrum, error):  # type: ignore[no-untyped-def]
    """Divide every value by its magnitude, in place; magnitudes below 1e-5 become 0.

    Gives the sum of squared errors of the phases over the full spectrum (of which one half is here), for values
    with errors of `error` times their root mean square.
    """
    total = np.float64(0)
    for i in range(spectrum.size):
        total += np.float64(spectrum[i].real) ** 2 + np.float64(spectrum[i].imag) ** 2
    noise = error * error * total / spectrum.size
    errors = np.float64(0)
    for i in range(spectrum.size):
        real, imaginary = np.float64(spectrum[i].real), np.float64(spectrum[i].imag)
        power = real * real + imaginary * imaginary
        scale = 1 / np.sqrt(power) if power >= 1e-10 else np.float64(0)
        errors += min(1.0, noise * scale * scale)
        spectrum[i] = complex(real * scale, imaginary * scale)
    return 2 * errors


@njit(cache=True, nogil=True)
def _cross(later, earlier, cross):  # type: ignore[no-untyped-def]
    """Multiply one spectrum by the conjugate of the other."""
    for i in range(cross.size):
        a, b = later[i], earlier[i]
        cross[i] = complex(a.real * b.real + a.imag * b.imag, a.imag * b.real - a.real * b.imag)
