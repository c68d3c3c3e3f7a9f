"""Find pairs of frames that determine no drift, whichever engine measured: this depends on the frames alone."""

from dataclasses import replace

import numpy as np

from cpretrain.drift.verification import LOGGED_DIGITS
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve, FramePair, measured_pairs
from cpretrain.registration.measure import measure_drift
from cpretrain.settings.drift import DriftSettings


def with_certainty(movie: TimeLapse, curve: DriftCurve, settings: DriftSettings) -> DriftCurve:
    """Return a curve that lists its uncertain pairs; if the plugin measured, those that the native engine finds.

    The plugin does not judge certainty. The native measurement takes a small fraction of its time; pairs for which the
    two differ, which only happens on frames without a clear answer, are uncertain too.
    """
    if curve.uncertain_pairs is not None or settings.shifts is not None:
        return curve
    try:
        native = measure_drift(movie, settings=settings)
    except BadInput:  # pixels that only the plugin accepts
        return curve
    pairs = [*(native.uncertain_pairs or ()), *_different(curve, native)]
    order = {pair: i for i, pair in enumerate(measured_pairs(movie.shape[0], settings.multi_time_scale))}
    return replace(curve, uncertain_pairs=tuple(sorted(dict.fromkeys(pairs), key=order.__getitem__)))


def _different(curve: DriftCurve, native: DriftCurve) -> list[FramePair]:
    """Return the pairs of neighbouring frames between which two curves disagree by more than rounding."""
    steps = np.diff(curve.drift, axis=0) - np.diff(native.drift, axis=0)
    differs = np.abs(steps).max(axis=1) > 2 * LOGGED_DIGITS
    return [(int(t), int(t) + 1) for t in np.flatnonzero(differs)]
