"""Measure drift against one reference for all frames: the first one, or the mean of all aligned so far."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.timelapse import Frames
from cpretrain.registration.bridging import interpolated
from cpretrain.registration.curve import DriftCurve, FramePair, PairDrift, curve_of
from cpretrain.registration.frame_image import MeasuredBox
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.max_shift import Whole3, limited
from cpretrain.registration.pair_answer import answer_for
from cpretrain.registration.phase_correlation.spectrum import Transformed, transform
from cpretrain.settings.drift import DriftSettings

KeptPixels = NDArray[np.bool_] | None
"""Pixels of an image that count; None means all."""


def measure_against_reference(
    movie: Frames, settings: DriftSettings, on_pair: Callable[[int, int], None] | None = None
) -> DriftCurve:
    """Measure the movement of the sample in a movie against the reference chosen by `settings.reference`.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, read one at a time; at most three are held in memory.
    settings : DriftSettings
        `reference` is ``first`` or ``mean``.
    on_pair : callable, optional
        Called with the numbers of the previous and the present frame, after each frame, for progress.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x, in whole pixels unless refined to fractions. Clipped and uncertain pairs are
        a frame and the previous one.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or a frame holds NaN or infinite pixels.

    Notes
    -----
    A chain of neighbouring frames accumulates the errors of all its pairs; a reference does not, as long as the sample
    still resembles it. `max_shift` limits the movement of a frame relative to the previous one, as in a chain.
    """
    images = DriftImages(movie, settings)
    start = _first_frame(images, movie.shape[0]) if settings.bridge else 0
    first = images.image(start, images.box((0, 0, 0)))
    reference = _First(*first) if settings.reference == "first" else _RunningMean(*first)
    drift = np.zeros((movie.shape[0], 3), np.float32)
    pairs: list[tuple[FramePair, PairDrift]] = []
    before: Whole3 = (0, 0, 0)
    latest, bridged = start, list(range(start))
    for t in range(start + 1, movie.shape[0]):
        box = images.box(before)
        image, kept = images.image(t, box)
        later, earlier = transform(image, kept), reference.transformed
        found = answer_for(later, earlier, settings)
        if on_pair is not None:
            on_pair(t - 1, t)
        if settings.bridge and found.uncertain:
            bridged.append(t)
            continue
        at = _in_movie(found.whole, box, settings.roi, reference.place)
        measured = limited(_step(before, at), found.uncertain, settings, t - latest)
        pairs.append(((t - 1, t), measured))
        if not measured.clipped:  # it would blur the mean
            reference.add(image, kept, at)
        before, latest = _plus(before, measured.drift), t
        drift[t] = np.array(before) + np.subtract(found.drift, found.whole) * (not measured.clipped)
    return interpolated(curve_of(drift, pairs), bridged) if bridged else curve_of(drift, pairs)


def _first_frame(images: DriftImages, frames: int) -> int:
    """Return the first frame that is not empty, since an empty one cannot serve as reference."""
    shown = (t for t in range(frames) if np.ptp(images.image(t)[0]) > 0)
    return next(shown, 0)


class _First:
    """The first frame as reference for all others."""

    place: Whole3 = (0, 0, 0)

    def __init__(self, image: NDArray[Any], kept: KeptPixels) -> None:
        self.transformed = transform(image, kept)

    def add(self, image: NDArray[Any], kept: KeptPixels, drift: Whole3) -> None:
        """Ignore other frames."""


class _RunningMean:
    """The mean of all aligned frames so far, on the field of view of the latest one."""

    def __init__(self, image: NDArray[Any], kept: KeptPixels) -> None:
        self.place: Whole3 = (0, 0, 0)
        self._sum = np.zeros(image.shape, np.float64)
        self._count = np.zeros(image.shape, np.int32)
        self.add(image, kept, self.place)

    @property
    def transformed(self) -> Transformed:
        mean = (self._sum / np.maximum(self._count, 1)).astype(np.float32)
        if not self._masked:
            return transform(mean)
        from cpretrain.registration.inpainting import fill_in

        seen = self._count > 0
        return transform(fill_in(mean, ~seen), seen)

    def add(self, image: NDArray[Any], kept: KeptPixels, drift: Whole3) -> None:
        """Add a frame in which the sample is at `drift`; pixels that no other frame covers are taken from it alone."""
        step = _step(self.place, drift)
        weights = np.ones((1, 1, 1), bool) if kept is None else kept
        self._sum = _moved(self._sum, step) + image * weights
        self._count = _moved(self._count, step) + weights
        self._masked, self.place = kept is not None, drift


def _moved(image: NDArray[Any], step: Whole3) -> NDArray[Any]:
    """Move the content by whole pixels; new pixels are 0."""
    moved = np.zeros_like(image)
    lengths = image.shape
    to = tuple(slice(max(s, 0), max(n + min(s, 0), 0)) for s, n in zip(step, lengths, strict=True))
    of = tuple(slice(max(-s, 0), max(n - max(s, 0), 0)) for s, n in zip(step, lengths, strict=True))
    moved[to] = image[of]
    return moved


def _in_movie(found: Whole3, box: MeasuredBox | None, roi: MeasuredBox | None, place: Whole3) -> Whole3:
    """Convert a position relative to the reference in its box to one in the movie."""
    z, y, x = _plus(place, found)
    return (z, y, x) if box is None or roi is None else (z, y + box[1] - roi[1], x + box[0] - roi[0])


def _plus(place: Whole3, step: tuple[float, float, float]) -> Whole3:
    z, y, x = (int(there + moved) for there, moved in zip(place, step, strict=True))
    return z, y, x


def _step(before: Whole3, after: Whole3) -> Whole3:
    z, y, x = (now - then for then, now in zip(before, after, strict=True))
    return z, y, x
