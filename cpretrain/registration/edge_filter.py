"""Edge enhancement of "Correct 3D drift": a small mean, then Sobel, plane by plane, in the image's own type."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

REACH = 2
"""Distance in pixels over which a pixel has an influence: one by the mean, one by Sobel."""


def enhance_edges(image: NDArray[Any]) -> NDArray[Any]:
    """Smooth an image and take the magnitude of its gradient in each plane.

    Parameters
    ----------
    image : ndarray of uint8, uint16 or float32, shape (Z, Y, X)
        An image with at least two pixels along y and x.

    Returns
    -------
    ndarray, shape and dtype of `image`
        First the mean of each pixel and its four neighbours in the plane (those inside the image), rounded half up for
        integers; then the Sobel magnitude with replicated borders, for integers truncated to whole grey levels and
        clipped to the type's maximum.
    """
    whole = image.dtype.kind != "f"
    smooth, edges = np.empty_like(image), np.empty_like(image)
    highest = float(np.iinfo(image.dtype).max) if whole else np.inf
    for plane in range(len(image)):
        _cross_mean(image[plane], smooth[plane], whole)
        _sobel(smooth[plane], edges[plane], highest, whole)
    return edges


@njit(cache=True, nogil=True)
def _cross_mean(image, mean, whole):  # type: ignore[no-untyped-def]
    height, width = image.shape
    for y in range(height):
        for x in range(width):
            total, count = np.float64(image[y, x]), 1
            if y > 0:
                total, count = total + image[y - 1, x], count + 1
            if y < height - 1:
                total, count = total + image[y + 1, x], count + 1
            if x > 0:
                total, count = total + image[y, x - 1], count + 1
            if x < width - 1:
                total, count = total + image[y, x + 1], count + 1
            mean[y, x] = np.floor(total / count + 0.5) if whole else total / count


@njit(cache=True, nogil=True)
def _sobel(image, edges, highest, whole):  # type: ignore[no-untyped-def]
    height, width = image.shape
    for y in range(height):
        above, here, below = image[max(y - 1, 0)], image[y], image[min(y + 1, height - 1)]
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            across = (np.float64(above[right]) - above[left]) + (np.float64(below[right]) - below[left])
            across += 2 * (np.float64(here[right]) - here[left])
            down = (np.float64(below[left]) - above[left]) + (np.float64(below[right]) - above[right])
            down += 2 * (np.float64(below[x]) - above[x])
            magnitude = np.sqrt(across * across + down * down)
            edges[y, x] = min(np.floor(magnitude), highest) if whole else magnitude
