"""Measure drift against one reference for all frames: the first one, or the mean of those aligned so far."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift_checks import check_drift_settings, check_pixels
from cpretrain.drift_curve import DriftCurve, Pair
from cpretrain.native.drift_image import Box, drift_image
from cpretrain.native.pair_certainty import is_uncertain
from cpretrain.native.phase_correlation import Transformed, match, transform
from cpretrain.settings import DriftSettings
from cpretrain.timelapse import Frames

Whole3 = tuple[int, int, int]


def measure_against_reference(
    movie: Frames, settings: DriftSettings, on_pair: Callable[[int, int], None] | None = None
) -> DriftCurve:
    """Measure what the sample did in a movie against the reference that `settings.reference` names.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, fetched one at a time; three at most are held in memory.
    settings : DriftSettings
        `reference` is ``first`` or ``mean``.
    on_pair : callable, optional
        Called with the numbers of the frame before and of the frame, after each frame, for progress.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x, in whole pixels. Clipped and uncertain pairs are named by the frame before
        and the frame.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or a frame holds NaN or infinite pixels.

    Notes
    -----
    A chain of neighbouring frames adds up the errors of all its pairs; a reference does not, as long as the sample
    still looks like it. `max_shift` limits how far a frame moves from the one before, as it does in a chain.
    """
    check_drift_settings(movie, settings)
    first = _image(movie, 0, settings, _box(movie, settings, (0, 0, 0)))
    reference = _First(first) if settings.reference == "first" else _RunningMean(first)
    drift = np.zeros((movie.shape[0], 3), np.float32)
    clipped: list[Pair] = []
    uncertain: list[Pair] = []
    before: Whole3 = (0, 0, 0)
    for t in range(1, movie.shape[0]):
        box = _box(movie, settings, before)
        image = _image(movie, t, settings, box)
        later, earlier = transform(image), reference.transformed
        found = match(later, earlier)
        at = _in_movie(found.drift, box, settings.roi, reference.place)
        step = _limited(at, before, settings.max_shift)
        if step == at:
            reference.add(image, at)
        else:  # it would blur the mean
            clipped.append((t - 1, t))
        if is_uncertain(found, later, earlier):
            uncertain.append((t - 1, t))
        drift[t] = before = step
        if on_pair is not None:
            on_pair(t - 1, t)
    return DriftCurve(drift, tuple(clipped), tuple(uncertain))


class _First:
    """The first frame, for all others."""

    place: Whole3 = (0, 0, 0)

    def __init__(self, image: NDArray[Any]) -> None:
        self.transformed = transform(image)

    def add(self, image: NDArray[Any], drift: Whole3) -> None:
        """Nothing is learnt from other frames."""


class _RunningMean:
    """The mean of all frames so far, aligned, on the field of view of the latest one."""

    def __init__(self, image: NDArray[Any]) -> None:
        self.place: Whole3 = (0, 0, 0)
        self._sum = image.astype(np.float64)
        self._count = np.ones(image.shape, np.int32)

    @property
    def transformed(self) -> Transformed:
        return transform((self._sum / self._count).astype(np.float32))

    def add(self, image: NDArray[Any], drift: Whole3) -> None:
        """Take in a frame in which the sample is at `drift`; where only it has seen anything, it stands alone."""
        z, y, x = (now - then for now, then in zip(drift, self.place, strict=True))
        self._sum = _moved(self._sum, (z, y, x)) + image
        self._count = _moved(self._count, (z, y, x)) + 1
        self.place = drift


def _moved(image: NDArray[Any], step: Whole3) -> NDArray[Any]:
    """Move the content by whole pixels; what comes in is 0."""
    moved = np.zeros_like(image)
    lengths = image.shape
    to = tuple(slice(max(s, 0), max(n + min(s, 0), 0)) for s, n in zip(step, lengths, strict=True))
    of = tuple(slice(max(-s, 0), max(n - max(s, 0), 0)) for s, n in zip(step, lengths, strict=True))
    moved[to] = image[of]
    return moved


def _in_movie(found: Whole3, box: Box | None, roi: Box | None, place: Whole3) -> Whole3:
    """From where the content is against the reference in its box to where it is in the movie."""
    z, y, x = (there + moved for there, moved in zip(place, found, strict=True))
    return (z, y, x) if box is None or roi is None else (z, y + box[1] - roi[1], x + box[0] - roi[0])


def _limited(at: Whole3, before: Whole3, max_shift: tuple[int, int, int]) -> Whole3:
    limits = max_shift[::-1]
    z, y, x = (
        then + max(-limit, min(limit, now - then))
        for now, then, limit in zip(at, before, limits, strict=True)
    )
    return z, y, x


def _image(movie: Frames, t: int, settings: DriftSettings, box: Box | None) -> NDArray[Any]:
    frame = movie.frame(t)
    check_pixels(movie, frame, t)
    return drift_image(frame, settings, box)


def _box(movie: Frames, settings: DriftSettings, drift: Whole3) -> Box | None:
    """Where the ROI is: it follows the sample and stays inside the image."""
    if settings.roi is None:
        return None
    x, y, width, height = settings.roi
    moved_x = max(0, min(x + drift[2], movie.shape[4] - width))
    moved_y = max(0, min(y + drift[1], movie.shape[3] - height))
    return moved_x, moved_y, width, height
