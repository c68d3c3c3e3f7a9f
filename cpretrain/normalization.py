"""Grey values as Cellpose expects them, measured on real data alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from cpretrain.padding import valid_box


class Normalization(BaseModel):
    """How grey values are scaled; a model has to see the same in training and in use.

    Parameters
    ----------
    percentiles : tuple of float
        Low and high percentile, in percent, which become 0 and 1. Cellpose's own are 1 and 99.
    valid_pixels : bool
        Measure them inside the box that holds data, leaving out zeros around it (the border of a crop, the padding
        of the drift correction). Cellpose itself takes all pixels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    percentiles: tuple[float, float] = (1.0, 99.0)
    valid_pixels: bool = True


def normalize(image: NDArray[Any], how: Normalization | None = None) -> NDArray[np.float32]:
    """Scale each channel so that its low percentile becomes 0 and its high percentile 1.

    This is Cellpose's own normalisation, except that zeros around the image are left out of the percentiles and
    stay 0. With them in, a crop with a border of zeros is scaled unlike the frame that it was cut from.

    Parameters
    ----------
    image : ndarray, (C, Y, X)
        Grey values.
    how : Normalization, optional
        Percentiles, and where they are measured.

    Returns
    -------
    ndarray of float32, (C, Y, X)
        Zero outside the valid box, and in channels without contrast.
    """
    how = how or Normalization()
    scaled = np.zeros(image.shape, np.float32)
    box = valid_box(image) if how.valid_pixels else (slice(None), slice(None))
    if box is None:
        return scaled
    for channel, into in zip(image, scaled, strict=True):
        inside = channel[box].astype(np.float32)
        low, high = np.percentile(inside, how.percentiles)
        if high - low > 1e-3:
            into[box] = (inside - low) / (high - low)
    return scaled
