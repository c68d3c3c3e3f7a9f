"""The image that is measured in a frame: a channel, planes and a box, minus a threshold, with edges or means if set."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.dtypes import round_to_dtype
from cpretrain.settings.drift import DriftSettings

MeasuredBox = tuple[int, int, int, int]


def drift_image(
    frame: NDArray[Any],
    settings: DriftSettings,
    box: MeasuredBox | None = None,
    left_out: NDArray[np.bool_] | None = None,
) -> NDArray[Any]:
    """Extract from a frame the image on which its drift is measured.

    Parameters
    ----------
    frame : ndarray of uint8, uint16 or float32, shape (Z, C, Y, X)
        The frame as it was recorded.
    settings : DriftSettings
        Channel, planes, threshold, edge enhancement, only_xy.
    box : tuple of int, optional
        x, y, width, height of the box to measure in, in pixels.
    left_out : ndarray of bool, shape (Z, Y, X) or (1, Y, X), optional
        Pixels of the frame whose grey values are replaced by those around them.

    Returns
    -------
    ndarray, shape (Z', Y', X'), dtype of `frame`
        The image; Z' is 1 with only_xy.
    """
    image = _part(frame[:, settings.channel - 1], settings, box)
    if left_out is not None:
        from cpretrain.registration.inpainting import fill_in

        image = fill_in(image, np.broadcast_to(_part(left_out, settings, box), image.shape))
    if settings.threshold:
        image = round_to_dtype(image.astype(np.float64) - settings.threshold, image.dtype)
    if settings.edge_enhance:
        from cpretrain.registration.edge_filter import enhance_edges

        image = enhance_edges(image)
    if settings.only_xy and len(image) > 1:
        image = _mean_plane(image)
    return image


def kept_pixels(
    left_out: NDArray[np.bool_], settings: DriftSettings, box: MeasuredBox | None = None
) -> NDArray[np.bool_]:
    """Return a mask of the pixels of `drift_image` not influenced by left-out pixels.

    Parameters
    ----------
    left_out : ndarray of bool, shape (Z, Y, X) or (1, Y, X)
        Pixels of the frame that are left out.
    settings, box
        As for `drift_image`.

    Returns
    -------
    ndarray of bool, shape (Z', Y', X') or (1, Y', X')
        False for enhanced edges near left-out pixels, and for means over planes with a left-out pixel.
    """
    touched = _part(left_out, settings, box)
    if settings.edge_enhance:
        from scipy.ndimage import binary_dilation

        from cpretrain.registration.edge_filter import REACH

        touched = binary_dilation(touched, np.ones((1, 2 * REACH + 1, 2 * REACH + 1)))
    if settings.only_xy:
        touched = touched.any(axis=0, keepdims=True)
    return ~touched


def _part(planes: NDArray[Any], settings: DriftSettings, box: MeasuredBox | None) -> NDArray[Any]:
    """Cut planes and box out of an array of shape (Z, Y, X); a single plane stands for all."""
    low, high = settings.z_range or (1, len(planes))
    part = planes[low - 1 : high] if len(planes) > 1 else planes
    if box is None:
        return part
    x, y, width, height = box
    return part[:, y : y + height, x : x + width]


def _mean_plane(image: NDArray[Any]) -> NDArray[Any]:
    """Return the mean over z, summed in float32 plane by plane."""
    total = np.zeros(image.shape[1:], np.float32)
    for plane in image:
        total += plane
    return round_to_dtype(total / np.float32(len(image)), image.dtype)[np.newaxis]
