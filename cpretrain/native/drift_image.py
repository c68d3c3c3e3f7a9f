"""What is measured of a frame: a channel, some planes, a box, less a threshold, edges or means if wanted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.native.edges import enhance_edges
from cpretrain.settings import DriftSettings

Box = tuple[int, int, int, int]


def drift_image(frame: NDArray[Any], settings: DriftSettings, box: Box | None = None) -> NDArray[Any]:
    """Take from a frame what its drift is measured on.

    Parameters
    ----------
    frame : array, shape (Z, C, Y, X), uint8, uint16 or float32
        The frame as it was recorded.
    settings : DriftSettings
        Channel, planes, threshold, edge enhancement, only_xy.
    box : tuple of int, optional
        x, y, width, height of the box to measure in, in pixels.

    Returns
    -------
    array, shape (Z', Y', X'), dtype of `frame`
        Z' is 1 with only_xy.
    """
    low, high = settings.z_range or (1, frame.shape[0])
    image = frame[low - 1 : high, settings.channel - 1]
    if box is not None:
        x, y, width, height = box
        image = image[:, y : y + height, x : x + width]
    if settings.threshold:
        image = _less(image, settings.threshold)
    if settings.edge_enhance:
        image = enhance_edges(image)
    if settings.only_xy and len(image) > 1:
        image = _mean_plane(image)
    return image


def _less(image: NDArray[Any], threshold: float) -> NDArray[Any]:
    return _as(image.dtype, image.astype(np.float64) - threshold)


def _mean_plane(image: NDArray[Any]) -> NDArray[Any]:
    """Mean over z, summed in float32 plane by plane."""
    total = np.zeros(image.shape[1:], np.float32)
    for plane in image:
        total += plane
    return _as(image.dtype, total / np.float32(len(image)))[np.newaxis]


def _as(dtype: np.dtype, values: NDArray[Any]) -> NDArray[Any]:
    """Round half up into the range of an integer type; keep float32."""
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.floor(values + 0.5), limits.min, limits.max).astype(dtype)
