"""Random changes of grey values, as they occur between recordings: gain, offset, gamma, noise and blur.

They act on the scale of the percentiles, where 0 is the dark and 1 the bright end of an image. So they also cover what
differs between a crop and a whole field: a crop without bright objects is scaled to other values than its field.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

GAIN = 1.4
"""Largest factor of the contrast; the smallest is its inverse."""

OFFSET = 0.1
GAMMA = 1.4
NOISE = 0.08
"""Largest standard deviation of the noise."""

BLUR = 1.2
"""Largest standard deviation of the Gaussian filter, in pixels of the crop."""

OFTEN = 0.5
"""Share of the crops that are made noisier, and share of those that are blurred."""

STREAM = 21
"""Separates these random numbers from others of the same seed and epoch."""


class GreyValues:
    """Source of random changes, the same ones for the same seed and epoch.

    Parameters
    ----------
    seed, epoch : int
        Seed of the training, and number of the epoch. The generator is separate from NumPy's global one, so a run turns
        and scales its crops as it would without these changes.
    """

    def __init__(self, seed: int, epoch: int) -> None:
        self._random = np.random.default_rng([STREAM, seed, epoch])

    def vary(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a changed copy of an image; pixels that are 0 in all channels are padding, and remain 0.

        Parameters
        ----------
        image : ndarray of float32, shape (channels, Y, X)
            Result of ``network_input``.

        Returns
        -------
        ndarray of float32, shape (channels, Y, X)
        """
        inside = image.any(axis=0)
        return np.stack([self._channel(one, inside) if one.any() else one for one in image])

    def _channel(self, grey: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        draw = self._random
        gamma, gain = GAMMA ** draw.uniform(-1, 1), GAIN ** draw.uniform(-1, 1)
        changed = np.sign(grey) * np.abs(grey) ** gamma * gain + draw.uniform(-OFFSET, OFFSET)
        if draw.random() < OFTEN:
            changed = _blurred(changed * inside, inside, draw.uniform(0, BLUR))
        if draw.random() < OFTEN:
            changed = changed + draw.normal(0, draw.uniform(0, NOISE), grey.shape)
        return np.where(inside, changed, 0).astype(np.float32)


def _blurred(grey: NDArray[Any], inside: NDArray[np.bool_], sigma: float) -> NDArray[Any]:
    """Blur without mixing in the padding: the filter's result is divided by its weight inside."""
    from scipy.ndimage import gaussian_filter

    weight = gaussian_filter(inside.astype(np.float32), sigma)
    return np.asarray(gaussian_filter(grey, sigma) / np.maximum(weight, 1e-6))
