"""Loops over pixels, compiled by numba; `vectorised` has the same functions."""

import numpy as np
from numba import njit

from cpretrain.registration.checks import SMALLEST_OVERLAP


@njit(cache=True, nogil=True)
def fill(image, extended, sources, weights, whole):  # type: ignore[no-untyped-def]
    """Put an image in the middle of a larger one, and its fading mirror image around it.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        The image.
    extended : ndarray of float32, shape (Z', Y', X')
        Zeros, which become the result.
    sources, weights : tuple of ndarray, shape (Z',), (Y',), (X',)
        Mirrored pixel and weight of each pixel of an extended axis.
    whole : bool
        Round the surroundings of the image to whole grey levels.
    """
    (source_z, source_y, source_x), (weight_z, weight_y, weight_x) = sources, weights
    width, end = image.shape[2], extended.shape[2]
    first = (end - width) // 2
    for z in range(extended.shape[0]):
        for y in range(extended.shape[1]):
            if weight_y[y] == 0 or weight_z[z] == 0:
                continue
            source, target = image[source_z[z], source_y[y]], extended[z, y]
            middle = first
            if weight_y[y] == 1 and weight_z[z] == 1:
                target[first : first + width] = source
                middle = first + width
            _fade(source, target, source_x, weight_x, weight_y[y], weight_z[z], 0, first, whole)
            _fade(source, target, source_x, weight_x, weight_y[y], weight_z[z], middle, end, whole)


@njit(cache=True, nogil=True)
def _fade(source, target, source_x, weight_x, weight_y, weight_z, start, stop, whole):  # type: ignore[no-untyped-def]
    half = np.float32(0.5)
    for x in range(start, stop):
        if weight_x[x] != 0:
            value = source[source_x[x]] * (weight_x[x] * weight_y * weight_z)
            target[x] = np.floor(value + half) if whole else value


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def keep_phases(spectrum, error):  # type: ignore[no-untyped-def]
    """Divide every value by its magnitude, in place; magnitudes below 1e-5 become 0.

    Returns the sum of squared errors of the phases over the full spectrum (one half of which is stored), for values
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
def cross(later, earlier, cross):  # type: ignore[no-untyped-def]
    """Multiply one spectrum by the conjugate of the other."""
    for i in range(cross.size):
        a, b = later[i], earlier[i]
        cross[i] = complex(a.real * b.real + a.imag * b.imag, a.imag * b.real - a.real * b.imag)


@njit(cache=True, nogil=True)
def lead(image, z, y, x):  # type: ignore[no-untyped-def]
    """Return the difference between a pixel and its highest neighbour; negative if a neighbour is higher.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        An image with periodic borders; a single plane is a 2D image.
    z, y, x : int
        The pixel.
    """
    depth, height, width = image.shape
    highest = np.float32(-np.inf)
    for dz in range(-1, 2) if depth > 1 else range(1):
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                if dz != 0 or dy != 0 or dx != 0:
                    highest = max(highest, image[(z + dz) % depth, (y + dy) % height, (x + dx) % width])
    return image[z, y, x] - highest


@njit(cache=True, nogil=True)
def highest_peaks(image, n):  # type: ignore[no-untyped-def]
    """Find the highest local maxima of a periodic image.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        The image; a single plane is a 2D image.
    n : int
        Number of maxima.

    Returns
    -------
    places : ndarray of int64, shape (n, 3)
        Positions in z, y, x, highest first; of equal ones, the first in the image comes first.
    heights : ndarray of float32, shape (n,)
        Their values; -inf if there are fewer than `n`.
    """
    places = np.zeros((n, 3), np.int64)
    heights = np.full(n, -np.inf, np.float32)
    for z in range(image.shape[0]):
        for y in range(image.shape[1]):
            for x in range(image.shape[2]):
                value = image[z, y, x]
                if not value > heights[n - 1] or lead(image, z, y, x) < 0:
                    continue
                rank = n - 1
                while rank > 0 and value > heights[rank - 1]:
                    heights[rank], places[rank] = heights[rank - 1], places[rank - 1]
                    rank -= 1
                heights[rank] = value
                places[rank, 0], places[rank, 1], places[rank, 2] = z, y, x
    return places, heights


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
        Typical grey values of the images.

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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def row_correlation(later, earlier, rows, left, right, shift):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images on some rows of the later one.

    Parameters
    ----------
    later, earlier : ndarray of float32, shape (Z, Y, X)
        Images; pixel `i` of `earlier` lies on pixel ``i + shift`` of `later`.
    rows : ndarray of int64, shape (N, 2)
        z and y of the rows of `later`; those without a counterpart are ignored.
    left, right : int
        First column, and the one after the last.
    shift : tuple of 3 int
        Shift in z, y, x, in pixels.

    Returns
    -------
    float
        Correlation from -1 to 1; NaN if there is nothing to compare, or one of the images is constant.
    """
    depth, height, width = earlier.shape
    start, stop = max(left, shift[2]), min(right, width + shift[2])
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = 0.0
    pixels = 0
    typical_later, typical_earlier = later[0, 0, 0], earlier[0, 0, 0]
    for i in range(len(rows)):
        z, y = rows[i, 0] - shift[0], rows[i, 1] - shift[1]
        if z < 0 or z >= depth or y < 0 or y >= height or stop <= start:
            continue
        row_a = later[rows[i, 0], rows[i, 1], start:stop]
        row_b = earlier[z, y, start - shift[2] : stop - shift[2]]
        for x in range(stop - start):
            a, b = row_a[x] - typical_later, row_b[x] - typical_earlier  # in float32: exact for 16 bits
            sum_a += a
            sum_b += b
            sum_aa += a * a
            sum_bb += b * b
            sum_ab += a * b
        pixels += stop - start
    if pixels == 0:
        return np.nan
    spread_a, spread_b = sum_aa - sum_a * sum_a / pixels, sum_bb - sum_b * sum_b / pixels
    if spread_a <= 1e-9 * sum_aa or spread_b <= 1e-9 * sum_bb:
        return np.nan
    return (sum_ab - sum_a * sum_b / pixels) / np.sqrt(spread_a * spread_b)
