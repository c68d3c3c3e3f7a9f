"""Skip frames that do not determine a drift: measure between the frames around them, and interpolate."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import DriftCurve, FramePair, PairDrift

ANCHORS = 4
"""Number of earlier frames that a frame is compared with before it is given up."""

Measure = Callable[[int, int, NDArray[np.float32]], PairDrift]


class Bridge:
    """Measures the pairs of a chain, but skips frames that determine nothing.

    Parameters
    ----------
    measure : callable
        Measures a pair of the chain, with the signature that `accumulate` requires.
    measure_apart : callable
        Measures any other pair.

    Notes
    -----
    A frame is measured against the previous one. If that is uncertain, either may be the reason: the frame is then
    measured against earlier frames, and if one of these fits, those in between are skipped. If none fits, the frame
    itself is skipped, unless it fits the frame skipped just before it: then the sample looks different from there on,
    and the step between the two remains uncertain.
    """

    def __init__(self, measure: Measure, measure_apart: Measure) -> None:
        self._measure, self._measure_apart = measure, measure_apart
        self._anchors = [0]
        self.bridged: set[int] = set()
        self._unresolved: list[FramePair] = []

    def __call__(self, frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
        """Measure a pair; if that is not possible, return the drift in the curve so far."""
        direct = self._measure(frame_from, frame_to, drift)
        if frame_to - frame_from > 1 or frame_to in (
            *self._anchors,
            *self.bridged,
        ):  # a pair of a longer time scale
            doubtful = direct.uncertain or self.bridged & {frame_from, frame_to}
            return _as_known(frame_from, frame_to, drift) if doubtful else direct
        return self._step(direct, frame_to, drift)

    def finished(self, curve: DriftCurve) -> DriftCurve:
        """Return the curve of all pairs with the skipped frames, and the steps that remain uncertain."""
        unresolved = [pair for pair in self._unresolved if pair[1] not in self.bridged]
        uncertain = (*(curve.uncertain_pairs or ()), *unresolved)
        return interpolated(replace(curve, uncertain_pairs=uncertain), sorted(self.bridged))

    def _step(self, direct: PairDrift, t: int, drift: NDArray[np.float32]) -> PairDrift:
        for anchor in self._anchors[: -ANCHORS - 1 : -1]:
            measured = direct if anchor == t - 1 else self._measure_apart(anchor, t, drift)
            if not measured.uncertain:
                self.bridged.update(range(anchor + 1, t))
                self._anchors = [*(one for one in self._anchors if one <= anchor), t]
                moved = np.asarray(measured.drift, np.float32) + drift[anchor] - drift[t - 1]
                z, y, x = moved.tolist()
                return replace(measured, drift=(z, y, x))
        if t - 1 in self.bridged and not direct.uncertain:
            self.bridged.remove(t - 1)
            self._anchors += [t - 1, t]
            self._unresolved.append((t - 2, t - 1))
            return direct
        self.bridged.add(t)
        return PairDrift((0.0, 0.0, 0.0))


def _as_known(frame_from: int, frame_to: int, drift: NDArray[np.float32]) -> PairDrift:
    z, y, x = (drift[frame_to] - drift[frame_from]).tolist()
    return PairDrift((z, y, x))


def interpolated(curve: DriftCurve, bridged: Sequence[int]) -> DriftCurve:
    """Return a curve in which skipped frames have the interpolated drift of the others, and are listed.

    Parameters
    ----------
    curve : DriftCurve
        The curve with the drift of all other frames.
    bridged : sequence of int
        Frames that were skipped, from 0.
    """
    frames = np.arange(len(curve.drift))
    others = np.setdiff1d(frames, bridged)
    drift = curve.drift.copy()
    for axis in range(3):
        drift[:, axis] = np.interp(frames, others, curve.drift[others, axis])
    return replace(curve, drift=drift, bridged=tuple(sorted(bridged)))
