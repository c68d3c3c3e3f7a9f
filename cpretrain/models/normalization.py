"""Grey values as Cellpose expects them, with percentiles measured only where there is image data."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from cpretrain.images.valid_box import Box, valid_box

PERCENTILES = (1.0, 99.0)
"""Cellpose's own percentiles."""

Percent = Annotated[float, Field(ge=0, le=100)]

Levels = Sequence[tuple[float, float]]
"""Grey values that become 0 and 1, for each channel."""


class Normalization(BaseModel):
    """Scaling of grey values, which must be the same in training and in use.

    Parameters
    ----------
    percentiles : tuple of float
        Low and high percentile, in percent, which become 0 and 1.
    valid_pixels : bool
        Measure them inside the box that holds data, without the zeros around it (the border of a crop, the padding
        of the drift correction). Cellpose itself uses all pixels.
    of : {'frame', 'image'}
        Where they are measured: ``frame``, for a crop on the whole frame that it was cut from, if ``crops.csv``
        lists the frame's grey values; ``image``, always on the image itself, as in Cellpose.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    percentiles: tuple[Percent, Percent] = PERCENTILES
    valid_pixels: bool = True
    of: Literal["frame", "image"] = "frame"

    @field_validator("percentiles")
    @classmethod
    def _rising(cls, percentiles: tuple[float, float]) -> tuple[float, float]:
        if not percentiles[0] < percentiles[1]:
            raise ValueError("the low percentile must be below the high one")
        return percentiles

    @property
    def takes_levels_of_frames(self) -> bool:
        """True if crops are scaled by the grey values of their frames in ``crops.csv``."""
        return self == Normalization()


def measure_levels(image: NDArray[Any], how: Normalization | None = None) -> Levels:
    """Measure the grey values of an image that become 0 and 1.

    Parameters
    ----------
    image : ndarray, shape (C, Y, X)
        Grey values.
    how : Normalization, optional
        Percentiles, and where they are measured.

    Returns
    -------
    list of (float, float)
        Low and high value of each channel; both 0 if the image holds no data.
    """
    how = how or Normalization()
    box = _measured_box(image, how)
    return [(0.0, 0.0) if box is None else _low_and_high(channel[box], how) for channel in image]


def normalize(
    image: NDArray[Any], how: Normalization | None = None, levels: Levels | None = None
) -> NDArray[np.float32]:
    """Scale each channel so that its low percentile becomes 0 and its high percentile 1.

    This is Cellpose's own normalization, except that zeros around the image do not count for the percentiles and
    stay 0. If they counted, a crop with a border of zeros would be scaled differently from its frame.

    Parameters
    ----------
    image : ndarray, shape (C, Y, X)
        Grey values.
    how : Normalization, optional
        Percentiles, and where they are measured.
    levels : sequence of (float, float), optional
        Values that become 0 and 1 in each channel; by default those of `measure_levels`.

    Returns
    -------
    ndarray of float32, shape (C, Y, X)
        Zero outside the valid box, in channels without contrast, and where a pixel is not finite; such pixels do not
        count for the percentiles either.
    """
    how = how or Normalization()
    scaled = np.zeros(image.shape, np.float32)
    box = _measured_box(image, how)
    if box is None:
        return scaled
    levels = levels or [_low_and_high(channel[box], how) for channel in image]
    for channel, (low, high), into in zip(image, levels, scaled, strict=True):
        if high - low > 1e-3:
            with np.errstate(over="ignore", invalid="ignore"):
                inside = (channel[box].astype(np.float32) - low) / (high - low)
            np.copyto(into[box], inside, where=np.isfinite(inside))
    return scaled


def as_one_image(stack: NDArray[Any]) -> NDArray[Any]:
    """Return the planes of a stack below one another, so that all are scaled alike.

    Parameters
    ----------
    stack : ndarray, shape (Z, C, Y, X)
        Grey values, without padding.

    Returns
    -------
    ndarray, shape (C, Z * Y, X)
    """
    z, c, y, x = stack.shape
    return stack.transpose(1, 0, 2, 3).reshape(c, z * y, x)


def not_finite(image: NDArray[Any]) -> int:
    """Count the pixels that are not finite (NaN, infinity, or beyond float32) and therefore left out.

    Parameters
    ----------
    image : ndarray, any shape
        Grey values.
    """
    if image.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore"):
        return int(np.count_nonzero(~np.isfinite(image.astype(np.float32, copy=False))))


def _measured_box(image: NDArray[Any], how: Normalization) -> Box | None:
    return valid_box(image) if how.valid_pixels else (slice(None), slice(None))


def _low_and_high(pixels: NDArray[Any], how: Normalization) -> tuple[float, float]:
    with np.errstate(over="ignore"):
        values = pixels.astype(np.float32)
    if pixels.dtype.kind == "f" and not np.isfinite(values).all():
        values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values, how.percentiles)
    return float(low), float(high)
