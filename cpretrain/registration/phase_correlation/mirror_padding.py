"""Extend an image for its Fourier transform by its own mirror image, fading out to 0."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.phase_correlation.fft_lengths import complex_size, real_size
from cpretrain.registration.phase_correlation.workspace import array_for

Shape3 = tuple[int, int, int]
SHORTEST_EXTENSION = 12
SHORTEST_FADE = 6


def extended_shape(shape: Shape3) -> Shape3:
    """Return the shape of an image extended for its Fourier transform.

    Parameters
    ----------
    shape : tuple of int
        Lengths in z, y, x; an image of one plane is not extended in z.

    Returns
    -------
    tuple of int
        Lengths enlarged by a tenth, at least 12 pixels, and then to the next length that transforms fast.
    """
    z, y, x = (n + max(SHORTEST_EXTENSION, (11 * n + 5) // 10 - n) for n in shape)
    return 1 if shape[0] == 1 else complex_size(z), complex_size(y), real_size(x)


def fade_out(image: NDArray[np.float32], whole: bool) -> NDArray[np.float32]:
    """Centre an image in a larger one, surrounded by its mirror image fading out to 0.

    Parameters
    ----------
    image : ndarray of float32, shape (Z, Y, X)
        The image; a single plane is a 2D image.
    whole : bool
        Round the pixels around the image to whole grey levels (half up), as for uint8 and uint16.

    Returns
    -------
    ndarray of float32, shape `extended_shape`
        The image, surrounded by its mirror image (the edge pixel not repeated) times a weight that falls from 1 to 0
        over a twentieth of the image, at least 6 pixels. The next call in a thread of `workspace` may overwrite it.
    """
    z, y, x = image.shape
    shape = extended_shape((z, y, x))
    axes = [_axis(n, size) for n, size in zip(image.shape, shape, strict=True)]
    sources, weights = zip(*axes, strict=True)
    extended = array_for("extended", np.zeros, shape, np.float32, of=image.shape)
    loops().fill(image, extended, sources, weights, whole)
    return extended


@lru_cache(maxsize=16)
def _axis(n: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each pixel of an extended axis the pixel that it mirrors, and its weight."""
    place = np.arange(size) - (size - n) // 2
    period = max(2 * n - 2, 1)
    source = np.abs((place + n - 1) % period - (n - 1)) if n > 1 else np.zeros(size, np.int64)
    beyond = np.maximum(np.maximum(-place, place - n + 1), 0)
    return source, _weights(n)[np.minimum(beyond, len(_weights(n)) - 1)]


def _weights(n: int) -> NDArray[np.float32]:
    """Return weights by the number of pixels beyond the image: 1 inside, then falling exponentially to 0."""
    distance = max(SHORTEST_FADE, (n + 5) // 10 // 2)
    beyond = np.arange(distance)
    falling = (1 - 10.0 ** (beyond / (distance - 1) - 1)) * (1 + 1 / 9)
    return np.concatenate([[1.0], falling, [0.0]]).astype(np.float32)
