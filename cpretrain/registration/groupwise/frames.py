"""The images of contrast of a movie, made when they are asked for; as many are kept as fit in a fixed memory."""

from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.pair_shift import Spectrum, spectrum_of
from cpretrain.registration.groupwise.prepared_image import Contrast, prepared, reduction

KEPT_BYTES, SPECTRA = 2**25, 24
"""Bytes of reduced images that are kept, and number of their spectra, however many frames there are."""


class ContrastFrames:
    """Contrast of all frames of a movie, at full size and reduced as much as a coarse measurement allows.

    Parameters
    ----------
    images : DriftImages
        What is measured of each frame.
    shape : tuple of int
        Lengths of that in z, y, x.
    coarser : int
        Times by which they are reduced further than that.
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
        """Return what is measured of frame `t`, and which pixels count."""
        image, kept = self.images.image(t)
        return np.ascontiguousarray(image, np.float32), kept

    def _reduced(self, t: int) -> Contrast:
        return prepared(*self.read(t), self.by)

    def _spectrum(self, t: int) -> Spectrum:
        return spectrum_of(self.reduced(t))
