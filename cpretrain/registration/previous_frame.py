"""Measure drift as Fiji's "Correct 3D drift" does, without Java: the same shifts, pair for pair."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.timelapse import Frames
from cpretrain.registration.bridging import Bridge
from cpretrain.registration.curve import DriftCurve, FramePair, PairDrift, accumulate, measured_pairs
from cpretrain.registration.frame_image import MeasuredBox
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.max_shift import limited
from cpretrain.registration.pair_answer import Answer, answer_for
from cpretrain.settings.drift import DriftSettings


def measure_frames(
    movie: Frames,
    settings: DriftSettings | None = None,
    on_pair: Callable[[int, int], None] | None = None,
) -> DriftCurve:
    """Measure what the sample did in a movie.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, fetched one at a time; four at most are held in memory.
    settings : DriftSettings, optional
        The plugin's options (default: its defaults).
    on_pair : callable, optional
        Called with both frame numbers after each measured pair, for progress.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x pixels: whole pixels unless `settings.sub_pixel` is on.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or a frame holds NaN or infinite pixels.

    References
    ----------
    Parslow, Cardona & Bryson-Richardson (2014), Sample drift correction following 4D confocal time-lapse
    imaging, doi:10.3791/51086.
    """
    settings = DriftSettings() if settings is None else settings
    if settings.robust:
        from cpretrain.registration.groupwise.robust import measure_robustly

        return measure_robustly(movie, settings, on_pair)
    if settings.reference != "previous":
        from cpretrain.registration.reference_frame import measure_against_reference

        return measure_against_reference(movie, settings, on_pair)
    with ThreadPoolExecutor(1) as ahead:
        measurement = _Measurement(movie, settings, ahead)

        def measure(frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
            measured = measurement.pair(frame_from, frame_to, drift)
            if on_pair is not None:
                on_pair(frame_from, frame_to)
            return measured

        bridge = Bridge(measure, measurement.pair_apart)
        curve = accumulate(movie.shape[0], bridge if settings.bridge else measure, settings.multi_time_scale)
    if settings.bridge:
        curve = bridge.finished(curve)
    return curve if settings.sub_pixel else curve.whole()


class _Measurement:
    """Measures the pairs of one movie in their order.

    Frames are read and transformed in a second thread, one pair ahead. Each is transformed once for neighbouring
    pairs; two are kept, so that four are in memory at most.
    """

    def __init__(self, movie: Frames, settings: DriftSettings, ahead: Executor) -> None:
        self.images, self.settings = DriftImages(movie, settings), settings
        self.coming = measured_pairs(movie.shape[0], settings.multi_time_scale)
        next(self.coming)
        self.transformed = lru_cache(maxsize=2)(lambda t, box: ahead.submit(self.images.transformed, t, box))
        self.answer = lru_cache(maxsize=1)(self._answer)

    def pair(self, frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
        """Measure the drift between two frames; `drift` says where the box is by now."""
        box_from, box_to = self.images.box(drift[frame_from]), self.images.box(drift[frame_to])
        found = self.answer(frame_from, box_from, frame_to, box_to)
        return self._in_movie(found, box_from, box_to)

    def pair_apart(self, frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
        """Measure a pair of which nobody knew that it would be wanted."""
        box_from, box_to = self.images.box(drift[frame_from]), self.images.box(drift[frame_to])
        earlier, later = (
            self.images.transformed(t, box) for t, box in ((frame_from, box_from), (frame_to, box_to))
        )
        found = answer_for(later, earlier, self.settings)
        return self._in_movie(found, box_from, box_to, frame_to - frame_from)

    def _in_movie(
        self, found: Answer, box_from: MeasuredBox | None, box_to: MeasuredBox | None, steps: int = 1
    ) -> PairDrift:
        measured = limited(found.drift, found.uncertain, self.settings, steps)
        if box_from is None or box_to is None:
            return measured
        z, y, x = measured.drift
        return replace(measured, drift=(z, y + box_to[1] - box_from[1], x + box_to[0] - box_from[0]))

    def _answer(
        self, frame_from: int, box_from: MeasuredBox | None, frame_to: int, box_to: MeasuredBox | None
    ) -> Answer:
        coming = self.transformed(frame_from, box_from), self.transformed(frame_to, box_to)
        self._look_ahead((frame_from, frame_to))
        earlier, later = (future.result() for future in coming)
        return answer_for(later, earlier, self.settings)

    def _look_ahead(self, pair: FramePair) -> None:
        """Start on the frames of the pair after this one; with a ROI its place is not known yet."""
        if self.settings.roi is not None:
            return
        for frame in next((after for after in self.coming if after != pair), pair):
            self.transformed(frame, None)
