"""Similarity of two images on their overlap, for the pixels that masks keep in both."""

import numpy as np
from numba import njit


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
