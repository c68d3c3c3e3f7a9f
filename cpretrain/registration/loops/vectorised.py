"""Loops over pixels with NumPy; `compiled` has the same functions, with their descriptions, and the same results."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.checks import SMALLEST_OVERLAP
from cpretrain.registration.phase_correlation.workspace import array_for

BLOCK = 2**15
"""Number of pixels processed at once, so that intermediate results stay in the cache."""
SUMMED = 2**13
"""Number of pixels summed at once, too few for a library that would take several cores for them."""
BESIDE = np.array([-1, 0, 1])
"""Steps to a pixel's neighbours along an axis."""
SMALL = 2**19
"""Number of pixels up to which an image is converted to float64 once for all shifts, in memory that does not matter."""
LINE = 512
"""Number of pixels of which the highest one stands for all in a first search."""
LEAST_LEFT = 1e-6
"""Share of the squares of an image that the spread of an overlap must have, to be computed as a difference."""

Slices = tuple[slice, slice, slice]


def fill(image, extended, sources, weights, whole):  # type: ignore[no-untyped-def]
    """Put an image in the middle of a larger one, and its fading mirror image around it."""
    firsts = [(end - n) // 2 for end, n in zip(extended.shape, image.shape, strict=True)]
    inside = [slice(first, first + n) for first, n in zip(firsts, image.shape, strict=True)]
    extended[tuple(inside)] = image
    covered = list(inside)
    for axis in (2, 1, 0):
        there = np.flatnonzero(weights[axis])
        for side in (slice(there[0], inside[axis].start), slice(inside[axis].stop, there[-1] + 1)):
            if side.stop > side.start:
                _fade(image, extended, sources, weights, whole, (*covered[:axis], side, *covered[axis + 1 :]))
        covered[axis] = slice(there[0], there[-1] + 1)


def _fade(image, extended, sources, weights, whole, part):  # type: ignore[no-untyped-def]
    weight_z, weight_y, weight_x = (each[where] for each, where in zip(weights, part, strict=True))
    mirrored = image[np.ix_(*(each[where] for each, where in zip(sources, part, strict=True)))]
    mirrored *= weight_x * weight_y[:, np.newaxis] * weight_z[:, np.newaxis, np.newaxis]
    if whole:
        mirrored += np.float32(0.5)
        np.floor(mirrored, out=mirrored)
    extended[part] = mirrored


def keep_phases(spectrum: NDArray[np.complex64], error: float) -> float:
    """Divide every value by its magnitude, in place; return the sum of squared errors of the phases."""
    noise = error * error * sum(float(_power(part).sum()) for part in _blocks(spectrum)) / spectrum.size
    errors = 0.0
    for part in _blocks(spectrum):
        power = _power(part)
        scale = np.zeros_like(power)
        np.divide(1, np.sqrt(power), out=scale, where=power >= 1e-10)
        errors += float(np.minimum(1, noise * scale * scale).sum())
        part *= scale
    return 2 * errors


def _power(values: NDArray[np.complex64]) -> NDArray[np.float64]:
    real, imaginary = values.real.astype(np.float64), values.imag.astype(np.float64)
    real *= real
    imaginary *= imaginary
    real += imaginary
    return real


def _blocks(values: NDArray) -> Iterator[NDArray]:
    return (values[start : start + BLOCK] for start in range(0, len(values), BLOCK))


def cross(later: NDArray[np.complex64], earlier: NDArray[np.complex64], cross: NDArray[np.complex64]) -> None:
    """Multiply one spectrum by the conjugate of the other."""
    for a, b, product in zip(_blocks(later), _blocks(earlier), _blocks(cross), strict=True):
        product.real = a.real * b.real + a.imag * b.imag
        product.imag = a.imag * b.real - a.real * b.imag


def lead(image: NDArray[np.float32], z: int, y: int, x: int) -> np.float32:
    """Return the difference between a pixel and its highest neighbour; negative if a neighbour is higher."""
    depth, height, width = image.shape
    layers = (z + BESIDE[:, np.newaxis, np.newaxis]) % depth if depth > 1 else 0
    around = image[layers, (y + BESIDE[:, np.newaxis]) % height, (x + BESIDE) % width]
    around[(1,) * around.ndim] = -np.inf
    return np.float32(image[z, y, x] - around.max())


def highest_peaks(image: NDArray[np.float32], n: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the highest local maxima of a periodic image."""
    places, heights = np.zeros((n, 3), np.int64), np.full(n, -np.inf, np.float32)
    found = list(islice(_peaks(image, 16 * n), n))
    if found:
        places[: len(found)] = found
        heights[: len(found)] = image[tuple(np.transpose(found))]
    return places, heights


def _peaks(image: NDArray[np.float32], count: int) -> Iterator[tuple[int, ...]]:
    """Yield local maxima, highest first (of equal ones, the first in the image), searching more and more pixels."""
    flat, above = image.reshape(-1), np.inf
    while above > -np.inf:
        lowest = _at_least(flat, count)
        places = np.flatnonzero((flat >= lowest) & (flat < above))
        for place in places[np.argsort(-flat[places], kind="stable")]:
            z, y, x = (int(i) for i in np.unravel_index(place, image.shape))
            if lead(image, z, y, x) >= 0:
                yield z, y, x
        above, count = lowest, 16 * count


def _at_least(values: NDArray[np.float32], count: int) -> float:
    """Return a value that at least `count` of many values reach, if possible not many more."""
    lines = len(values) // LINE
    if count < lines:  # the maxima of short lines are quickly found
        values = values[: lines * LINE].reshape(lines, LINE).max(axis=1)
    return np.partition(values, -count)[-count] if count < len(values) else -np.inf


class _Whole(NamedTuple):
    """An image, its sums, and for small images the differences from the typical grey value, in float64."""

    pixels: NDArray[np.float32]
    typical: float
    total: float
    squares: float
    differences: NDArray[np.float64] | None


def overlap_correlation(a, b, shift, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images with the same shape on their overlap, and its size."""
    return _correlation(_whole(a, typical_a, "one"), _whole(b, typical_b, "other"), shift)


def _whole(pixels: NDArray[np.float32], typical: float, use: str) -> _Whole:
    if pixels.size > SMALL:
        total, squares = _sums_in(pixels, typical)
        return _Whole(pixels, typical, total, squares, None)
    differences = array_for(use, np.empty, pixels.shape, np.float64)
    np.subtract(pixels, np.float64(typical), out=differences)
    total, squares = _sums_of(differences)
    return _Whole(pixels, typical, total, squares, differences)


def _sums_of(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Return the sums of differences and of their squares."""
    if not differences.size:
        return 0.0, 0.0
    return float(differences.sum()), float(np.einsum("zyx,zyx->", differences, differences))


def _correlation(one: _Whole, other: _Whole, shift: list[int]) -> tuple[float, int]:
    a, b = one.pixels, other.pixels
    lengths = [n - abs(step) for n, step in zip(a.shape, shift, strict=True)]
    fewest = [1 if len(a) == 1 else SMALLEST_OVERLAP, SMALLEST_OVERLAP, SMALLEST_OVERLAP]
    if any(length < few for length, few in zip(lengths, fewest, strict=True)):
        return 0.0, 0
    part_a, part_b = _overlap(shift, a.shape), _overlap([-step for step in shift], b.shape)
    sum_a, sum_aa, spread_a = _sums(one, part_a)
    sum_b, sum_bb, spread_b = _sums(other, part_b)
    a, b = a[part_a], b[part_b]
    first_a, first_b = a[0, 0, 0], b[0, 0, 0]
    constant_a = spread_a <= 1e-9 * sum_aa and bool((a == first_a).all())
    constant_b = spread_b <= 1e-9 * sum_bb and bool((b == first_b).all())
    if constant_a or constant_b:
        return (1.0 if constant_a and constant_b and first_a == first_b else 0.0), a.size
    if one.differences is None or other.differences is None:
        product = _product(a, b, one.typical, other.typical)
    else:
        product = float(np.einsum("zyx,zyx->", one.differences[part_a], other.differences[part_b]))
    return float((product - sum_a * sum_b / a.size) / np.sqrt(spread_a * spread_b)), a.size


def _overlap(shift: list[int], shape: tuple[int, ...]) -> Slices:
    z, y, x = (slice(max(step, 0), n + min(step, 0)) for step, n in zip(shift, shape, strict=True))
    return z, y, x


def _sums(whole: _Whole, part: Slices) -> tuple[float, float, float]:
    """Return the sums of grey values and of their squares over the overlap, and its spread.

    A large overlap is the whole image without its edges, unless too little remains to be told from rounding.
    """
    image, typical, total, squares, differences = whole
    inside = image[part]
    if 2 * inside.size >= image.size:
        z, y, x = part
        for lost in (
            (slice(z.start),), (slice(z.stop, None),),
            (z, slice(y.start)), (z, slice(y.stop, None)),
            (z, y, slice(x.start)), (z, y, slice(x.stop, None)),
        ):  # fmt: skip
            lost_total, lost_squares = (
                _sums_in(image[lost], typical) if differences is None else _sums_of(differences[lost])
            )
            total -= lost_total
            squares -= lost_squares
        spread = squares - total * total / inside.size
        if spread > LEAST_LEFT * whole.squares:
            return total, squares, spread
    total, squares = _sums_in(inside, typical)
    return total, squares, squares - total * total / inside.size


def _sums_in(image, typical):  # type: ignore[no-untyped-def]
    """Return the sums of grey values and of their squares, minus a typical value."""
    total = squares = 0.0
    for values in _rows(image, typical):
        total += float(values.sum())
        squares += float(values @ values)
    return total, squares


def _product(a, b, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Return the sum of the products of two images, minus typical values."""
    pairs = zip(_rows(a, typical_a), _rows(b, typical_b), strict=True)
    return sum(float(values @ others) for values, others in pairs)


def _rows(image: NDArray, typical: float) -> Iterator[NDArray[np.float64]]:
    """Yield the grey values of a few rows at a time, minus a typical value."""
    if image.size:
        rows = max(1, SUMMED // image.shape[2])
        for plane in image:
            for start in range(0, len(plane), rows):
                values = plane[start : start + rows].astype(np.float64).ravel()
                values -= typical
                yield values


def score_candidates(a, b, candidates, typical_a, typical_b):  # type: ignore[no-untyped-def]
    """Score several shifts of one image against another; see `overlap_correlation`."""
    one, other = _whole(a, typical_a, "one"), _whole(b, typical_b, "other")
    each = [_correlation(one, other, shift) for shift in candidates.tolist()]
    scores, pixels = zip(*each, strict=True)
    return np.array(scores, np.float32), np.array(pixels, np.int64)


def row_correlation(later, earlier, rows, left, right, shift):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images on some rows of the later one."""
    depth, height, width = earlier.shape
    start, stop = max(left, shift[2]), min(right, width + shift[2])
    z, y = rows[:, 0] - shift[0], rows[:, 1] - shift[1]
    there = (z >= 0) & (z < depth) & (y >= 0) & (y < height)
    if stop <= start or not there.any():
        return np.nan
    a = later[rows[there, 0], rows[there, 1], start:stop] - later[0, 0, 0]
    b = earlier[z[there], y[there], start - shift[2] : stop - shift[2]] - earlier[0, 0, 0]
    sum_a, sum_b, sum_aa, sum_bb, sum_ab = (
        float(values.sum(dtype=np.float64)) for values in (a, b, a * a, b * b, a * b)
    )
    spread_a, spread_b = sum_aa - sum_a * sum_a / a.size, sum_bb - sum_b * sum_b / a.size
    if spread_a <= 1e-9 * sum_aa or spread_b <= 1e-9 * sum_bb:
        return np.nan
    return (sum_ab - sum_a * sum_b / a.size) / np.sqrt(spread_a * spread_b)
