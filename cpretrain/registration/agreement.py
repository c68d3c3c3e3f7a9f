"""Agreement of a movie's aligned frames with their mean, which shows whether a correction helped."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.row_samples import centred, dot, sampled_rows
from cpretrain.registration.valid_area import Area, is_empty

MOST_PIXELS, LEAST_PIXELS, MOST_IN_ALL = 2**14, 2**10, 2**22
"""Limits of the number of pixels kept per frame, and for all frames together."""
STEP = 2
"""Distance in pixels between the two grey values of a step."""


class Agreement:
    """Correlation of each frame with the mean of the others, on an area that all of them cover.

    Parameters
    ----------
    frames : int
        Number of frames.
    area : tuple of slice
        Area in z, y, x of frame 0 to compare; in other frames it is displaced by the drift.

    Notes
    -----
    Sharp content agrees only if every frame is in its right place: unlike the correlation of neighbouring frames, this
    measure drops with a remaining slow drift, after a wrong step, and with a nonsense shift that leaves little overlap.
    All frames have the same weight, whatever their brightness. Only some rows are kept until the mean is known.
    """

    def __init__(self, frames: int, area: Area) -> None:
        self.area = area
        most = int(np.clip(MOST_IN_ALL // max(frames, 1), LEAST_PIXELS, MOST_PIXELS))
        self._rows = sampled_rows(area, most)
        self._samples: list[NDArray[np.float32]] = []

    def add(self, image: NDArray[np.float32], kept: NDArray[np.bool_] | None, drift: tuple[int, ...]) -> None:
        """Add the next frame.

        Parameters
        ----------
        image : ndarray of float32, shape (Z, Y, X)
            The frame.
        kept : ndarray of bool, shape (Z, Y, X), optional
            Pixels that count (default: all).
        drift : tuple of int
            Displacement of the area since frame 0, in z, y, x, in pixels.
        """
        if is_empty(self.area):
            return
        place = self._rows[:, 0] + drift[0], self._rows[:, 1] + drift[1]
        columns = slice(self.area[2].start + drift[2], self.area[2].stop + drift[2])
        values = image[place[0], place[1], columns]
        if kept is None:
            values = centred(values)
        else:
            counts = kept[place[0], place[1], columns]
            inside, values = values[counts], np.zeros_like(values)
            if inside.size:
                values[counts] = centred(inside)
        self._samples.append(_unit(values.ravel()))

    def each(self) -> NDArray[np.float64] | None:
        """Return the correlation of each frame with the mean of the others, shape (T,); None without common pixels."""
        return _with_mean_of_others(self._samples) if self._samples else None

    def each_of_steps(self) -> NDArray[np.float64] | None:
        """Return the same for steps in grey value, which uneven illumination hardly affects."""
        if not self._samples or self.area[2].stop - self.area[2].start <= STEP:
            return None
        rows = [sample.reshape(len(self._rows), -1) for sample in self._samples]
        return _with_mean_of_others([_unit((row[:, STEP:] - row[:, :-STEP]).ravel()) for row in rows])

    def most_unlike(self, usable: Sequence[int]) -> list[int]:
        """Return three frames, in order, that are as different from each other as possible, to reveal misalignment.

        Parameters
        ----------
        usable : sequence of int
            Frames to choose from, in order.
        """
        if not self._samples or len(usable) < 3:
            return list(usable)[:3]
        first = usable[0]
        alike = {t: dot(self._samples[first], self._samples[t]) for t in usable[1:]}
        far = min(alike, key=lambda t: (alike[t], -t))
        alike_both = {
            t: max(value, dot(self._samples[far], self._samples[t])) for t, value in alike.items() if t != far
        }
        return sorted((first, far, min(alike_both, key=lambda t: alike_both[t])))


def _with_mean_of_others(units: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the correlation of each sample, of length 1 or 0, with the mean of the others, shape (T,)."""
    total = np.zeros_like(units[0])
    for unit in units:
        total += unit
    with_total = np.array([dot(unit, total) for unit in units])
    own = np.array([dot(unit, unit) for unit in units])
    others = np.sqrt(np.maximum(dot(total, total) - 2 * with_total + own, 0))
    return np.divide(with_total - own, others, out=np.zeros(len(own)), where=others > 1e-9)


def _unit(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a sample to length 1; without contrast, it becomes 0."""
    norm = dot(sample, sample) ** 0.5
    return sample * np.float32(1 / norm if norm > 1e-6 * sample.size**0.5 else 0)
