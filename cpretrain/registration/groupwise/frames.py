"""The contrast images of a movie, computed lazily and cached within a fixed amount of memory."""

from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.pair_shift import Spectrum, spectrum_of
from cpretrain.registration.groupwise.prepared_image import Contrast, prepared, reduction

KEPT_BYTES, SPECTRA = 2**25, 24
"""Bytes of reduced images in the cache, and number of their spectra, for any number of frames."""


class ContrastFrames:
    """Contrast images of all frames of a movie, at full size and reduced as far as a coarse measurement allows.

    Parameters
    ----------
    images : DriftImages
        The measured images.
    shape : tuple of int
        Their lengths in z, y, x.
    coarser : int
        Additional reduction factor.
    """

    def __init__(self, images: DriftImages, shape: tuple[int, int, int], coarser: int = 1) -> None:
        self.images, self.shape = images, shape
        self.by = coarser * reduction(shape)
        self.pixel = np.array([1, self.by, self.by])
        kept = max(2, KEPT_BYTES // (4 * prod(shape) // self.by**2))
        self.reduced = lru_cache(maxsize=kept)(self._reduced)
        self.spectrum = lru_cache(maxsize=SPECTRA)(self._spectrum)

    def full(self, t: int) -> Contrast:
        """Return frame `t` (from 0) at full size."""
        return prepared(*self.read(t))

    def read(self, t: int) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
        """Return the measured image of frame `t`, and a mask of the pixels that count."""
        image, kept = self.images.image(t)
        return np.ascontiguousarray(image, np.float32), kept

    def _reduced(self, t: int) -> Contrast:
        return prepared(*self.read(t), self.by)

    def _spectrum(self, t: int) -> Spectrum:
        return spectrum_of(self.reduced(t))
