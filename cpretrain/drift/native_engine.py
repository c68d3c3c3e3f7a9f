"""The native engine: the plugin's measurement in Python, with options beyond the plugin's."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift.engine import Corrected, EngineName
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.canvas import Canvas, canvas_for
from cpretrain.registration.checks import check_applied, check_pixels
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift
from cpretrain.registration.shifts_table import read_shifts, shifts_for
from cpretrain.registration.valid_area import Area, covered_by_all, is_empty
from cpretrain.runtime.resources import check_memory
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings


class NativeEngine:
    """The plugin's measurement in Python, without Java."""

    name: EngineName = "native"

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    def correct(self, movie: TimeLapse, settings: DriftSettings) -> Corrected:
        """Measure the drift, or read it, and place frames on the canvas lazily."""
        curve = _curve(movie, settings)
        canvas = canvas_for(curve, movie.shape[1:], settings.sub_pixel)
        check_memory(
            prod(canvas.shape) * max(movie.dtype.itemsize, 4 * settings.sub_pixel),
            f"{movie.path}: a corrected frame of {' × '.join(map(str, canvas.shape))} pixels (z, c, y, x) does not fit "
            "in memory",
            "check the drift in the table of shifts: it may be wrong",
        )
        z, y, x = _kept(movie.path, canvas, settings.crop_to_valid)

        def frames() -> Iterator[NDArray[Any]]:
            for t in range(movie.shape[0]):
                frame = movie.frame(t)
                check_pixels(movie, frame, t)
                yield canvas.place(frame, t)[z, :, y, x]

        lengths = (z.stop - z.start, canvas.shape[1], y.stop - y.start, x.stop - x.start)
        return Corrected(curve, (movie.shape[0], *lengths), frames, {})


def _curve(movie: TimeLapse, settings: DriftSettings) -> DriftCurve:
    if settings.shifts is not None:
        return _applied(movie, settings, settings.shifts)
    return measure_drift(movie, settings=settings)


def _applied(movie: TimeLapse, settings: DriftSettings, shifts: Path) -> DriftCurve:
    """Return shifts that were measured elsewhere, in pixels of this movie."""
    table = shifts_for(shifts, movie.path)
    curve = read_shifts(table)
    check_applied(movie, settings, curve, table)
    scaled = curve.drift * np.array(settings.shifts_scale[::-1], np.float32)
    curve = replace(curve, drift=scaled.astype(np.float32))
    return curve if settings.sub_pixel else curve.whole()


def _kept(path: Path, canvas: Canvas, crop_to_valid: bool) -> Area:
    """Return the part of the canvas to keep: all of it, or the area that every frame covers."""
    if not crop_to_valid:
        z, _, y, x = (slice(0, length) for length in canvas.shape)
        return z, y, x
    area = covered_by_all(canvas)
    if is_empty(area):
        raise BadInput(
            f"{path}: no pixel lies in all frames",
            found="a drift larger than a frame",
            cure=f"leave out {option('crop_to_valid', True)}",
        )
    return area
