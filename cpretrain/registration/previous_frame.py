"""Measure drift as Fiji's "Correct 3D drift" does, without Java: the same shifts, pair by pair."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.timelapse import Frames
from cpretrain.registration.bridging import Bridge
from cpretrain.registration.curve import DriftCurve, PairDrift, accumulate, measured_pairs
from cpretrain.registration.frame_image import MeasuredBox
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.loops import loops
from cpretrain.registration.max_shift import limited
from cpretrain.registration.memory import measured_shape, pairs_at_once
from cpretrain.registration.pair_answer import Answer, answer_for
from cpretrain.registration.phase_correlation.spectrum import Transformed
from cpretrain.registration.phase_correlation.workspace import measure_beside_others
from cpretrain.settings.drift import DriftSettings


def measure_frames(
    movie: Frames,
    settings: DriftSettings | None = None,
    on_pair: Callable[[int, int], None] | None = None,
) -> DriftCurve:
    """Measure the movement of the sample in a movie.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, read one at a time; few are held in memory (`memory_needed`).
    settings : DriftSettings, optional
        The plugin's options (default: its defaults).
    on_pair : callable, optional
        Called with both frame numbers after each measured pair, for progress.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x, in pixels; whole pixels unless `settings.sub_pixel` is set.

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
    if settings.rotation:
        from cpretrain.registration.turning.measure import with_angles

        return with_angles(movie, measure_frames(movie, settings.replace(rotation=False), on_pair), settings)
    if settings.robust:
        from cpretrain.registration.groupwise.robust import measure_robustly

        return measure_robustly(movie, settings, on_pair)
    if settings.reference != "previous":
        from cpretrain.registration.reference_frame import measure_against_reference

        return measure_against_reference(movie, settings, on_pair)
    loops(movie.shape[0] * prod(measured_shape(movie, settings)))
    at_once = pairs_at_once(movie, settings)
    with ThreadPoolExecutor(at_once, initializer=measure_beside_others) as pool:
        measurement = _Measurement(movie, settings, pool, at_once)

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
    """Measurement of the pairs of a movie in order, several at once.

    Each frame is transformed once for neighbouring pairs. With a ROI, which follows the drift, pairs have to wait for
    each other.
    """

    def __init__(self, movie: Frames, settings: DriftSettings, pool: Executor, at_once: int) -> None:
        self.images, self.settings, self._at_once = DriftImages(movie, settings), settings, at_once
        self._coming = measured_pairs(movie.shape[0], settings.multi_time_scale)
        self._begun: deque[Future[Answer]] = deque()
        self._pool = pool
        self._transformed = lru_cache(maxsize=2)(lambda t, box: pool.submit(self.images.transformed, t, box))
        self._answer = lru_cache(maxsize=1)(self._begin)

    def pair(self, frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
        """Measure the drift between two frames; `drift` determines the present position of the box."""
        box_from, box_to = self.images.box(drift[frame_from]), self.images.box(drift[frame_to])
        if self.settings.roi is None:
            self._begin_coming()
            answer = self._begun.popleft()
        else:
            answer = self._answer(frame_from, box_from, frame_to, box_to)
        return self._in_movie(answer.result(), box_from, box_to)

    def pair_apart(self, frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
        """Measure a pair outside the planned order."""
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

    def _begin_coming(self) -> None:
        """Start as many pairs as are measured at once, and one more."""
        while len(self._begun) <= self._at_once and (pair := next(self._coming, None)):
            frame_from, frame_to = pair
            self._begun.append(self._answer(frame_from, None, frame_to, None))

    def _begin(
        self, frame_from: int, box_from: MeasuredBox | None, frame_to: int, box_to: MeasuredBox | None
    ) -> "Future[Answer]":
        """Start a pair; its frames are submitted first, so that no thread waits for a frame that is not started."""
        frames = self._transformed(frame_from, box_from), self._transformed(frame_to, box_to)
        return self._pool.submit(self._measure, *frames)

    def _measure(self, earlier: "Future[Transformed]", later: "Future[Transformed]") -> Answer:
        return answer_for(later.result(), earlier.result(), self.settings)
