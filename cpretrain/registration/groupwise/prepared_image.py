"""An image prepared for group-wise measurement: reduced, without uneven illumination and single bright pixels."""

from math import ceil
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_PIXELS, MOST_VOXELS = 40_000, 2**17
"""Numbers of pixels in a plane, and in a volume, above which it is reduced along y and x by an integer factor."""
SURROUNDINGS, SHARE = 6, 12
"""Maximum reach in pixels of the surroundings whose mean is subtracted, and its divisor of the image's length."""
BRIGHTEST = 3.0
"""Contrast, in standard deviations, above which values are compressed, so that hot pixels and flashes do not decide."""


class Contrast(NamedTuple):
    """Contrast image, shape (Z, Y, X), and its pixels that count (1 or 0, float32); None means all."""

    values: NDArray[np.float32]
    kept: NDArray[np.float32] | None = None


def reduction(shape: tuple[int, int, int]) -> int:
    """Return the reduction factor along y and x for an image with lengths z, y, x."""
    most = MOST_PIXELS if shape[0] == 1 else MOST_VOXELS
    return max(1, ceil((shape[0] * shape[1] * shape[2] / most) ** 0.5))


def prepared(image: NDArray[np.float32], kept: NDArray[np.bool_] | None = None, by: int = 1) -> Contrast:
    """Return the contrast of an image.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        The image.
    kept : ndarray of bool, shape (Z, Y, X) or (1, Y, X), optional
        Pixels that count; the others become 0.
    by : int
        Reduction factor along y and x.

    Returns
    -------
    Contrast
        The image smoothed over 3 × 3 pixels, minus the mean of the surroundings, in units of its standard deviation;
        values beyond `BRIGHTEST` are compressed. Borders, whose surroundings are unknown, are cut off, so that content
        has the same contrast everywhere.
    """
    reduced = _reduced(image, by)
    reach = max(1, min(SURROUNDINGS, min(reduced.shape[1:]) // SHARE))
    depth, height, width = reduced.shape
    contrast = np.empty((depth, height - 2 * reach, width - 2 * reach), np.float32)
    for plane, out in zip(reduced, contrast, strict=True):
        _contrast(plane, out, reach)
    _compress(contrast.reshape(-1), BRIGHTEST)
    if kept is None:
        return Contrast(contrast)
    share = _reduced(np.ascontiguousarray(np.broadcast_to(kept, image.shape), np.float32), by)
    counts = np.ascontiguousarray(share[:, reach:-reach, reach:-reach] > 0.999, np.float32)
    return Contrast(contrast * counts, counts)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _reduced(image, by):  # type: ignore[no-untyped-def]
    planes, height, width = image.shape[0], image.shape[1] // by, image.shape[2] // by
    reduced = np.zeros((planes, height, width), np.float32)
    share = np.float32(1 / by**2)
    for z in range(planes):
        for y in range(height):
            row = reduced[z, y]
            for i in range(by):
                source = image[z, y * by + i]
                for x in range(width):
                    for j in range(by):
                        row[x] += source[x * by + j]
            for x in range(width):
                row[x] *= share
    return reduced


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _contrast(plane, out, reach):  # type: ignore[no-untyped-def]
    """Write a smoothed plane minus the mean of its surroundings, without borders, using running sums."""
    width, size = plane.shape[1], 2 * reach + 1
    columns = np.zeros(width)
    for y in range(size - 1):
        for x in range(width):
            columns[x] += plane[y, x]
    for y in range(out.shape[0]):
        for x in range(width):
            columns[x] += plane[y + size - 1, x]
        above, here, below = plane[y + reach - 1], plane[y + reach], plane[y + reach + 1]
        total = 0.0
        for x in range(size - 1):
            total += columns[x]
        for x in range(out.shape[1]):
            total += columns[x + size - 1]
            i = x + reach
            smooth = (
                above[i - 1] + above[i + 1] + below[i - 1] + below[i + 1]
                + 2 * (above[i] + below[i] + here[i - 1] + here[i + 1]) + 4 * here[i]
            ) / 16  # fmt: skip
            out[y, x] = smooth - total / size**2
            total -= columns[x]
        for x in range(width):
            columns[x] -= plane[y, x]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _compress(values, brightest):  # type: ignore[no-untyped-def]
    squares = 0.0
    for value in values:
        squares += value * value
    if squares == 0:
        return
    scale = np.float32(1 / np.sqrt(squares / values.size))
    limit = np.float32(1 / brightest**2)
    for i in range(values.size):
        value = values[i] * scale
        values[i] = value / np.sqrt(1 + limit * value * value)
