"""The mean of all aligned frames, with which each frame is matched after removing its own contribution."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cpretrain.registration.groupwise.prepared_image import Contrast


class AlignedMean:
    """Sum and count of the aligned contrast images at every pixel that any of them covers.

    Parameters
    ----------
    shape : tuple of int
        Lengths of an image in z, y, x.
    drift : ndarray of int64, shape (T, 3)
        Position of the sample in each frame, in z, y, x, in pixels.
    """

    def __init__(self, shape: tuple[int, int, int], drift: NDArray[np.int64]) -> None:
        self._corner = drift.max(axis=0) - drift
        lengths = tuple(int(n) + int(extra) for n, extra in zip(shape, self._corner.max(axis=0), strict=True))
        self._sum, self._count = np.zeros(lengths, np.float32), np.zeros(lengths, np.int32)

    def add(self, image: Contrast, t: int) -> None:
        """Add frame `t`."""
        z, y, x = self._corner[t].tolist()
        _add(image.values, image.kept, self._sum, self._count, z, y, x)

    def of_others(self, image: Contrast, t: int, added: bool) -> Contrast:
        """Return the mean of all other frames on the area of frame `t`; `added` is True if that frame was added."""
        z, y, x = self._corner[t].tolist()
        return Contrast(*_of_others(image.values, image.kept, self._sum, self._count, z, y, x, added))


@njit(cache=True, nogil=True)
def _add(image, kept, total, count, at_z, at_y, at_x):  # type: ignore[no-untyped-def]
    for z in range(image.shape[0]):
        for y in range(image.shape[1]):
            to, counts = total[at_z + z, at_y + y], count[at_z + z, at_y + y]
            for x in range(image.shape[2]):
                to[at_x + x] += image[z, y, x]
                counts[at_x + x] += 1 if kept is None else int(kept[z, y, x])


@njit(cache=True, nogil=True)
def _of_others(image, kept, total, count, at_z, at_y, at_x, added):  # type: ignore[no-untyped-def]
    mean, seen = np.zeros(image.shape, np.float32), np.zeros(image.shape, np.float32)
    for z in range(image.shape[0]):
        for y in range(image.shape[1]):
            of, counts = total[at_z + z, at_y + y], count[at_z + z, at_y + y]
            for x in range(image.shape[2]):
                others, own = counts[at_x + x], np.float32(0)
                if added:
                    others -= 1 if kept is None else int(kept[z, y, x])
                    own = image[z, y, x]
                if others > 0:
                    mean[z, y, x] = (of[at_x + x] - own) / others
                    seen[z, y, x] = 1
    return mean, seen
