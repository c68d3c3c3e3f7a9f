"""Similarity of two images, tile by tile, so that an independent movement in one tile does not affect the others."""

import numpy as np
from numba import njit

TILES = 4
"""Number of tiles along y and x."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _row_sums(a, b):  # type: ignore[no-untyped-def]
    """Return the sums of a, b, a², b² and ab along a row."""
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = np.float32(0)
    for x in range(a.size):
        sum_a += a[x]
        sum_b += b[x]
        sum_aa += a[x] * a[x]
        sum_bb += b[x] * b[x]
        sum_ab += a[x] * b[x]
    return sum_a, sum_b, sum_aa, sum_bb, sum_ab


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _kept_row_sums(a, b, kept_a, kept_b):  # type: ignore[no-untyped-def]
    """Return the same sums over pixels that count in both, and their number; other pixels are 0."""
    pixels = sum_a = sum_b = sum_aa = sum_bb = sum_ab = np.float32(0)
    for x in range(a.size):
        pixels += kept_a[x] * kept_b[x]
        sum_a += a[x] * kept_b[x]
        sum_b += b[x] * kept_a[x]
        sum_aa += a[x] * a[x] * kept_b[x]
        sum_bb += b[x] * b[x] * kept_a[x]
        sum_ab += a[x] * b[x]
    return pixels, sum_a, sum_b, sum_aa, sum_bb, sum_ab


@njit(cache=True, nogil=True)
def _tile(a, b, kept_a, kept_b, box, shift):  # type: ignore[no-untyped-def]
    """Return the correlation of two images in a box of the first, and the number of pixels."""
    (z0, z1), (y0, y1), (x0, x1) = box
    pixels = sum_a = sum_b = sum_aa = sum_bb = sum_ab = np.float64(0)
    for z in range(z0, z1):
        for y in range(y0, y1):
            row_a = a[z, y, x0:x1]
            row_b = b[z - shift[0], y - shift[1], x0 - shift[2] : x1 - shift[2]]
            if kept_a is None or kept_b is None:
                sums = _row_sums(row_a, row_b)
                pixels += x1 - x0
                s_a, s_b, s_aa, s_bb, s_ab = sums
            else:
                keep_a = kept_a[z, y, x0:x1]
                keep_b = kept_b[z - shift[0], y - shift[1], x0 - shift[2] : x1 - shift[2]]
                n, s_a, s_b, s_aa, s_bb, s_ab = _kept_row_sums(row_a, row_b, keep_a, keep_b)
                pixels += n
            sum_a += s_a
            sum_b += s_b
            sum_aa += s_aa
            sum_bb += s_bb
            sum_ab += s_ab
    if pixels < 9:
        return 0.0, 0.0
    spread_a, spread_b = sum_aa - sum_a * sum_a / pixels, sum_bb - sum_b * sum_b / pixels
    if spread_a <= 1e-6 * sum_aa or spread_b <= 1e-6 * sum_bb:
        return 0.0, pixels
    return (sum_ab - sum_a * sum_b / pixels) / np.sqrt(spread_a * spread_b), pixels


@njit(cache=True, nogil=True)
def tile_correlation(later, earlier, kept_later, kept_earlier, shift, least):  # type: ignore[no-untyped-def]
    """Return the correlation of two images, one of them shifted, averaged over tiles.

    Parameters
    ----------
    later, earlier : ndarray of float32, shape (Z, Y, X)
        Contrast images; pixel `i` of `earlier` lies on pixel ``i + shift`` of `later`.
    kept_later, kept_earlier : ndarray of float32, shape (Z, Y, X), or None
        1 for pixels that count, 0 for others (whose values are 0); both or neither.
    shift : tuple of 3 int
        Shift in z, y, x, in pixels.
    least : float
        Minimum number of pixels in common.

    Returns
    -------
    float
        Pearson correlation from -1 to 1; all common pixels have the same weight, whatever the contrast of their tile.
        -1 if there are too few.
    """
    depth, height, width = later.shape
    z0, z1 = max(0, shift[0]), min(depth, depth + shift[0])
    y0, y1 = max(0, shift[1]), min(height, height + shift[1])
    x0, x1 = max(0, shift[2]), min(width, width + shift[2])
    if z1 <= z0 or y1 <= y0 or x1 <= x0 or (z1 - z0) * (y1 - y0) * (x1 - x0) < least:
        return -1.0
    score = pixels = 0.0
    for i in range(TILES):
        top, bottom = max(y0, i * height // TILES), min(y1, (i + 1) * height // TILES)
        for j in range(TILES):
            left, right = max(x0, j * width // TILES), min(x1, (j + 1) * width // TILES)
            if bottom > top and right > left:
                box = ((z0, z1), (top, bottom), (left, right))
                alike, number = _tile(later, earlier, kept_later, kept_earlier, box, shift)
                score += alike * number
                pixels += number
    return score / pixels if pixels >= least else -1.0


@njit(cache=True, nogil=True)
def score_shifts(later, earlier, kept_later, kept_earlier, shifts, least):  # type: ignore[no-untyped-def]
    """Score several shifts, ndarray of int, shape (N, 3); see `tile_correlation`."""
    scores = np.empty(len(shifts))
    for i in range(len(shifts)):
        shift = (shifts[i, 0], shifts[i, 1], shifts[i, 2])
        scores[i] = tile_correlation(later, earlier, kept_later, kept_earlier, shift, least)
    return scores


@njit(cache=True, nogil=True)
def climb(later, earlier, kept_later, kept_earlier, start, least, most):  # type: ignore[no-untyped-def]
    """Go uphill from a shift, pixel by pixel, and fit parabolas through the summit and its neighbours.

    Parameters
    ----------
    later, earlier, kept_later, kept_earlier, least
        See `tile_correlation`.
    start : tuple of 3 int
        Shift in z, y, x, in pixels.
    most : int
        Maximum number of steps.

    Returns
    -------
    place : ndarray of float64, shape (3,)
        The summit, interpolated between whole pixels.
    score : float
        Score of the whole pixel next to it.
    curvature : float
        By how much the score falls on both sides together, along the axis where it falls least.
    """
    place = np.array([start[0], start[1], start[2]], np.int64)
    score = tile_correlation(later, earlier, kept_later, kept_earlier, start, least)
    axes = 0 if later.shape[0] > 1 else 1
    around = np.full((3, 2), -1.0)
    for _ in range(most + 1):
        best, step = score, (-1, 0)
        for axis in range(axes, 3):
            for side in range(2):
                other = place.copy()
                other[axis] += 2 * side - 1
                at = (other[0], other[1], other[2])
                around[axis, side] = tile_correlation(later, earlier, kept_later, kept_earlier, at, least)
                if around[axis, side] > best:
                    best, step = around[axis, side], (axis, 2 * side - 1)
        if step[0] < 0:
            break
        place[step[0]] += step[1]
        score = best
    fine, sharpest = place.astype(np.float64), np.inf
    for axis in range(axes, 3):
        below, above = around[axis]
        curvature = below - 2 * score + above
        sharpest = min(sharpest, -curvature)
        if below > -1 and above > -1 and curvature < 0:
            fine[axis] += min(0.5, max(-0.5, 0.5 * (below - above) / curvature))
    return fine, score, sharpest
