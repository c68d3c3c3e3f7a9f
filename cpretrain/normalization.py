"""Grey values as Cellpose expects them, measured on real data alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.padding import valid_box

PERCENTILES = (1.0, 99.0)


def normalize(image: NDArray[Any], percentiles: tuple[float, float] = PERCENTILES) -> NDArray[np.float32]:
    """Scale each channel so that its low percentile becomes 0 and its high percentile 1.

    This is Cellpose's own normalisation, except that zeros around the image are left out of the percentiles and
    stay 0. With them in, a crop with a border of zeros is scaled unlike the frame that it was cut from.

    Parameters
    ----------
    image : ndarray, (C, Y, X)
        Grey values.
    percentiles : tuple of float
        Low and high percentile, in percent.

    Returns
    -------
    ndarray of float32, (C, Y, X)
        Zero outside the valid box, and in channels without contrast.
    """
    scaled = np.zeros(image.shape, np.float32)
    box = valid_box(image)
    if box is None:
        return scaled
    for channel, into in zip(image, scaled, strict=True):
        inside = channel[box].astype(np.float32)
        low, high = np.percentile(inside, percentiles)
        if high - low > 1e-3:
            into[box] = (inside - low) / (high - low)
    return scaled
