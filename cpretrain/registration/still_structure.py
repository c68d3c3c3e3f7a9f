"""Structure that never moves in a movie while the rest does: a time stamp, a scale bar, hot pixels, dirt."""

import numpy as np
from numpy.typing import NDArray

FRAMES = 12
"""Number of frames to examine, spread over the movie."""
SURROUNDINGS = 15
"""Edge length in pixels of the surroundings of a pixel."""
STRIP = 64
"""Number of rows to examine at once, few enough for a processor's cache."""
PIECE, GAP = 6, 9
"""Minimum pixels of a piece of writing, and maximum gap between such pieces that is closed, because digits change."""
STANDING_OUT = 6.0
"""Minimum contrast of still structure, in units of the change of its pixels and of the usual contrast."""
LEAST_ENERGY = 0.05
"""Share of the energy of local contrast below which still structure does not hold a frame in place."""
MOST = 0.25
"""Share of an image from which still structure is taken for the sample itself."""


def frames_to_look_at(frames: int) -> frozenset[int]:
    """Return the numbers of the frames to examine for still structure, from 0."""
    return frozenset(np.linspace(0, frames - 1, min(frames, FRAMES)).round().astype(int).tolist())


class StillStructure:
    """Mean and spread of each pixel over some frames."""

    def __init__(self) -> None:
        self._first: NDArray[np.float32] | None = None
        self._sum = self._squares = self._change = np.zeros((), np.float32)
        self._count = 0

    def add(self, image: NDArray[np.float32]) -> None:
        """Add a frame, ndarray of float32, shape (Z, Y, X)."""
        if self._first is None:
            self._first = image.copy()
            self._sum, self._squares = np.zeros_like(image), np.zeros_like(image)
            self._change = np.empty_like(image)
        change = np.subtract(
            image, self._first, out=self._change
        )  # new memory would cost as much as the sums
        self._sum += change
        self._squares += np.multiply(change, change, out=change)
        self._count += 1

    def mask(self) -> NDArray[np.bool_] | None:
        """Return a mask of structure that stands out and never changes, shape (1, Y, X); None if there is none.

        Gaps between its parts, such as changing digits, are included.
        """
        if self._first is None or self._count < 3:
            return None
        count = np.float32(self._count)
        mean = self._sum / count
        spread = self._squares / count
        spread -= np.multiply(mean, mean, out=self._change)
        np.sqrt(np.maximum(spread, 0, out=spread), out=spread)
        mean += self._first
        contrast = _contrast(mean)
        usual = np.median(contrast[:, ::4, ::4])
        still = contrast > STANDING_OUT * np.maximum(spread, usual, out=spread)
        if not still.any():
            return None
        of_all = _energy(contrast[still]) / max(_energy(_contrast(self._first)), 1e-9)
        if of_all < LEAST_ENERGY or still.any(axis=0).mean() > MOST:
            return None
        whole = _closed(still.any(axis=0))
        return whole[np.newaxis] if whole.mean() <= MOST else None


def _contrast(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the absolute difference of each pixel from its surroundings in the plane, a strip after the other.

    Beyond its ends an image is its own mirror image.
    """
    contrast = np.empty_like(image)
    for plane, out in zip(image, contrast, strict=True):
        wide = np.pad(plane, SURROUNDINGS // 2, "symmetric")
        for top in range(0, len(plane), STRIP):
            around = _mean_around(_mean_around(wide[top : top + STRIP + SURROUNDINGS - 1]).T).T
            np.subtract(plane[top : top + STRIP], around, out=out[top : top + STRIP])
    return np.abs(contrast, out=contrast)


def _mean_around(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of as many rows as the surroundings have."""
    length = len(rows) - SURROUNDINGS + 1
    two = rows[:-1] + rows[1:]
    four = two[:-2] + two[2:]
    total = four[:length] + four[4 : length + 4]  # of eight rows; with the next four, two and one, 15
    total += four[8 : length + 8]
    total += two[12 : length + 12]
    total += rows[14 : length + 14]
    total /= np.float32(SURROUNDINGS)
    return total


def _energy(contrast: NDArray[np.float32]) -> float:
    return float(np.square(contrast, dtype=np.float64).sum())


def _closed(still: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Include the blurred surroundings of still structure, and close gaps between its larger pieces."""
    from scipy.ndimage import binary_dilation, binary_fill_holes, label, maximum_filter, minimum_filter

    labels, _ = label(still, np.ones((3, 3)))
    large = (np.bincount(labels.ravel()) >= PIECE)[labels] & still
    room = np.pad(binary_dilation(large), GAP)
    closed = minimum_filter(maximum_filter(room, GAP), GAP)[GAP:-GAP, GAP:-GAP]
    return np.asarray(binary_fill_holes(closed) | binary_dilation(still), bool)
