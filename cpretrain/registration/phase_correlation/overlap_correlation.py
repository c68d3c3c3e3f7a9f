"""Similarity of two images on their overlap, with one shifted against the other."""

import numpy as np
from numba import njit

from cpretrain.registration.checks import SMALLEST_OVERLAP


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _sums(a, b, shift, lengths, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Return the sums of a, b, a², b² and ab over the overlap, minus typical values (which keeps them small)."""
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = 0.0
    for z in range(lengths[0]):
        for y in range(lengths[1]):
            row_a = a[z + max(shift[0], 0), y + max(shift[1], 0), max(shift[2], 0) :]
            row_b = b[z + max(-shift[0], 0), y + max(-shift[1], 0), max(-shift[2], 0) :]
            for x in range(lengths[2]):
                value_a = np.float64(row_a[x]) - typical_a
                value_b = np.float64(row_b[x]) - typical_b
                sum_a += value_a
                sum_b += value_b
                sum_aa += value_a * value_a
                sum_bb += value_b * value_b
                sum_ab += value_a * value_b
    return sum_a, sum_b, sum_aa, sum_bb, sum_ab


@njit(cache=True, nogil=True)
def _is_constant(image, shift, lengths):  # type: ignore[no-untyped-def]
    z, y, x = max(shift[0], 0), max(shift[1], 0), max(shift[2], 0)
    first = image[z, y, x]
    for plane in image[z : z + lengths[0]]:
        for row in plane[y : y + lengths[1]]:
            for pixel in row[x : x + lengths[2]]:
                if pixel != first:
                    return False
    return True


@njit(cache=True, nogil=True)
def overlap_correlation(a, b, shift, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images with the same shape on their overlap.

    Parameters
    ----------
    a, b : ndarray, shape (Z, Y, X)
        The images; pixel `i` of `b` lies on pixel ``i + shift`` of `a`.
    shift : sequence of 3 int
        Shift in z, y, x, in pixels.
    typical_a, typical_b : float
        Typical grey values of the images, which keep the sums small and do not change the result.

    Returns
    -------
    score : float
        Correlation from -1 to 1; 0 if the overlap is shorter than 3 pixels along an axis (z does not count for images
        with one plane). For constant overlaps: 1 if equal, 0 otherwise.
    pixels : int
        Size of the overlap; 0 if it is too small.
    """
    lengths = (a.shape[0] - abs(shift[0]), a.shape[1] - abs(shift[1]), a.shape[2] - abs(shift[2]))
    for axis in range(3):
        if lengths[axis] < (1 if axis == 0 and a.shape[0] == 1 else SMALLEST_OVERLAP):
            return 0.0, 0
    pixels = lengths[0] * lengths[1] * lengths[2]
    sum_a, sum_b, sum_aa, sum_bb, sum_ab = _sums(a, b, shift, lengths, typical_a, typical_b)
    spread_a = sum_aa - sum_a * sum_a / pixels
    spread_b = sum_bb - sum_b * sum_b / pixels
    back = (-shift[0], -shift[1], -shift[2])
    constant_a = spread_a <= 1e-9 * sum_aa and _is_constant(a, shift, lengths)
    constant_b = spread_b <= 1e-9 * sum_bb and _is_constant(b, back, lengths)
    if constant_a or constant_b:
        equal = a[max(shift[0], 0), max(shift[1], 0), max(shift[2], 0)]
        other = b[max(back[0], 0), max(back[1], 0), max(back[2], 0)]
        return (1.0 if constant_a and constant_b and equal == other else 0.0), pixels
    covariance = sum_ab - sum_a * sum_b / pixels
    return covariance / np.sqrt(spread_a * spread_b), pixels


@njit(cache=True, nogil=True)
def score_candidates(a, b, candidates, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Score several shifts of one image against another; see `overlap_correlation`.

    Parameters
    ----------
    a, b : ndarray of float32, shape (Z, Y, X)
        The images.
    candidates : ndarray of int64, shape (N, 3)
        Shifts in z, y, x pixels.
    typical_a, typical_b : float
        Grey values typical of the images.

    Returns
    -------
    scores : ndarray of float32, shape (N,)
        Pearson correlations.
    pixels : ndarray of int64, shape (N,)
        Sizes of the overlaps.
    """
    scores = np.zeros(len(candidates), np.float32)
    pixels = np.zeros(len(candidates), np.int64)
    for i in range(len(candidates)):
        shift = (candidates[i, 0], candidates[i, 1], candidates[i, 2])
        scores[i], pixels[i] = overlap_correlation(a, b, shift, typical_a, typical_b)
    return scores, pixels


@njit(cache=True, nogil=True)
def masked_correlation(a, b, kept_a, kept_b, shift, typical_a, typical_b, fewest):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images with the same shape on the pixels of their overlap that both keep.

    Parameters
    ----------
    a, b : ndarray of float32, shape (Z, Y, X)
        The images; pixel `i` of `b` lies on pixel ``i + shift`` of `a`.
    kept_a, kept_b : ndarray of bool, shape (Z, Y, X)
        Their pixels that count.
    shift : sequence of 3 int
        Shift in z, y, x, in pixels.
    typical_a, typical_b : float
        Typical grey values of the images, which keep the sums small and do not change the result.
    fewest : int
        Minimum number of pixels for a result.

    Returns
    -------
    score : float
        Correlation from -1 to 1; 0 if there are too few pixels, or one image is constant on them.
    pixels : int
        Number of pixels; 0 if it is too small.
    """
    lengths = (a.shape[0] - abs(shift[0]), a.shape[1] - abs(shift[1]), a.shape[2] - abs(shift[2]))
    pixels = 0
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = 0.0
    for z in range(lengths[0]):
        for y in range(lengths[1]):
            on_a = (z + max(shift[0], 0), y + max(shift[1], 0))
            on_b = (z + max(-shift[0], 0), y + max(-shift[1], 0))
            row_a, keep_a = a[on_a][max(shift[2], 0) :], kept_a[on_a][max(shift[2], 0) :]
            row_b, keep_b = b[on_b][max(-shift[2], 0) :], kept_b[on_b][max(-shift[2], 0) :]
            for x in range(lengths[2]):
                if keep_a[x] and keep_b[x]:
                    value_a = np.float64(row_a[x]) - typical_a
                    value_b = np.float64(row_b[x]) - typical_b
                    pixels += 1
                    sum_a += value_a
                    sum_b += value_b
                    sum_aa += value_a * value_a
                    sum_bb += value_b * value_b
                    sum_ab += value_a * value_b
    if pixels < fewest:
        return 0.0, 0
    spread_a = sum_aa - sum_a * sum_a / pixels
    spread_b = sum_bb - sum_b * sum_b / pixels
    if spread_a <= 1e-9 * sum_aa or spread_b <= 1e-9 * sum_bb:
        return 0.0, pixels
    return (sum_ab - sum_a * sum_b / pixels) / np.sqrt(spread_a * spread_b), pixels
