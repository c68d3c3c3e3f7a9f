"""Mean of all frames of a movie, at the size of a picture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PICTURE_PIXELS = 600
"""Edge length in pixels above which a mean image is reduced by an integer factor."""


class RunningMean:
    """Mean over frames and planes, accumulated frame by frame.

    It is sharp if nothing moved; for large frames it is kept at the size of the picture.
    """

    def __init__(self) -> None:
        self._sum: NDArray[np.float64] | None = None
        self._count = 0

    def add(self, frame: NDArray[Any]) -> None:
        """Add one frame, shape (Z, Y, X)."""
        plane = _reduced(frame)
        if self._sum is None:
            self._sum = plane
        else:
            self._sum += plane
        self._count += 1

    @property
    def image(self) -> NDArray[np.float64]:
        """The mean so far, ndarray of float64, shape (Y, X)."""
        assert self._sum is not None
        return self._sum / self._count


def _reduced(frame: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean over planes, and over blocks of pixels if the frame is larger than the picture."""
    _, height, width = frame.shape
    block = min(-(-max(height, width) // PICTURE_PIXELS), height, width)
    rows, columns = height // block * block, width // block * block
    if block == 1:
        return np.add.reduce(frame, axis=0, dtype=np.float64) / len(frame)
    total = np.zeros((rows // block, columns // block))
    for plane in frame:
        for y, x in np.ndindex(block, block):
            total += plane[y:rows:block, x:columns:block]
    return total / (len(frame) * block**2)
