"""Replace left-out pixels by smooth grey values interpolated from their surroundings."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cpretrain.images.dtypes import round_to_dtype


def fill_in(image: NDArray[Any], left_out: NDArray[np.bool_]) -> NDArray[Any]:
    """Replace pixels by smooth grey values, so that neither they nor their outlines appear as structure.

    Parameters
    ----------
    image : ndarray of uint8, uint16 or float32, shape (Z, Y, X)
        The image.
    left_out : ndarray of bool, shape (Z, Y, X)
        The pixels to replace, plane by plane.

    Returns
    -------
    ndarray, shape and dtype of `image`
        The filled image; a plane without any other pixels becomes 0.

    References
    ----------
    The pull-push algorithm of Gortler et al. (1996), The lumigraph, doi:10.1145/237170.237200.
    """
    filled = image.copy()
    for plane, holes in zip(filled, left_out, strict=True):
        if holes.any():
            smooth = np.where(holes, np.float32(0), plane.astype(np.float32))
            _pull_push(smooth, (~holes).astype(np.float32))
            plane[holes] = round_to_dtype(smooth[holes], image.dtype)
    return filled


def _pull_push(plane: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
    """Fill pixels with weight 0 from a plane of half the size, which is filled in the same way."""
    if weights.all() or plane.size == 1:
        return
    half, half_weights = _halved(plane, weights)
    _pull_push(half, half_weights)
    _fill_from(half, plane, weights)


@njit(cache=True, nogil=True)
def _halved(plane, weights):  # type: ignore[no-untyped-def]
    """Return weighted means, and mean weights, of 2 × 2 pixels."""
    height, width = plane.shape
    half = np.zeros(((height + 1) // 2, (width + 1) // 2), np.float32)
    half_weights = np.zeros(half.shape, np.float32)
    for y in range(height):
        for x in range(width):
            half[y // 2, x // 2] += plane[y, x] * weights[y, x]
            half_weights[y // 2, x // 2] += weights[y, x]
    for y in range(half.shape[0]):
        for x in range(half.shape[1]):
            if half_weights[y, x] > 0:
                half[y, x] /= half_weights[y, x]
                half_weights[y, x] /= np.float32(4)
    return half, half_weights


@njit(cache=True, nogil=True)
def _fill_from(half, plane, weights):  # type: ignore[no-untyped-def]
    """Interpolate linearly between the pixels of a plane of half the size."""
    last_y, last_x = half.shape[0] - 1, half.shape[1] - 1
    for y in range(plane.shape[0]):
        above = min(max((y - 1) // 2, 0), last_y)
        below = min((y + 1) // 2, last_y)
        near_y = np.float32(0.25) if y % 2 else np.float32(0.75)  # weight of the lower one
        for x in range(plane.shape[1]):
            if weights[y, x] == 0:
                left = min(max((x - 1) // 2, 0), last_x)
                right = min((x + 1) // 2, last_x)
                near_x = np.float32(0.25) if x % 2 else np.float32(0.75)
                top = half[above, left] + near_x * (half[above, right] - half[above, left])
                bottom = half[below, left] + near_x * (half[below, right] - half[below, left])
                plane[y, x] = top + near_y * (bottom - top)
