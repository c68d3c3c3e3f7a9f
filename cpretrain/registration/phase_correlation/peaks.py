"""The highest peaks of a phase correlation."""

import numpy as np
from numba import njit


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
