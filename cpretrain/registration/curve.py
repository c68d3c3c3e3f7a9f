"""From shifts between pairs of frames to a drift curve: the position of the sample in each frame."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FramePair = tuple[int, int]
NO_CORRECTION = "no correction"
"""Basis of an answer if frames agree best as recorded."""
LONGER_STEPS = (3, 9, 27, 81, 243, 729)


@dataclass(frozen=True, eq=False)
class RobustFacts:
    """Basis of a group-wise answer.

    Parameters
    ----------
    rests_on : str
        The chosen basis.
    pairs : int
        Number of measured pairs of frames.
    dropped_pairs : tuple of (int, int)
        Pairs that contradict the others.
    agreement : dict of str to float
        Mean agreement of the frames with their mean, for each possible basis.
    left_out : ndarray of bool, shape (1, Y, X), optional
        Pixels that were left out because they never move while the rest does.
    """

    rests_on: str
    pairs: int
    dropped_pairs: tuple[FramePair, ...] = ()
    agreement: dict[str, float] = field(default_factory=dict)
    left_out: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class DriftCurve:
    """Movement of the sample, frame by frame.

    Parameters
    ----------
    drift : ndarray of float32, shape (T, 3)
        Drift in z, y, x relative to frame 0, in pixels. The shift that undoes it is its negative.
    clipped_pairs : tuple of (int, int)
        Pairs of frames, from 0, whose measured shift was clipped to max_shift.
    uncertain_pairs : tuple of (int, int), optional
        Pairs of frames, from 0, whose shift the images do not determine; None if this was not judged.
    large_pairs : tuple of (int, int)
        Pairs of frames, from 0, whose measured shift is larger than max_shift and was kept.
    bridged : tuple of int
        Frames, from 0, that determine no drift and have the interpolated drift of the frames around them.
    robust : RobustFacts, optional
        Basis of a group-wise answer.
    angle : ndarray of float32, shape (T,), optional
        Rotation of the sample in degrees about the middle of the frame relative to frame 0, anticlockwise on the
        screen; None if it was not measured, or nothing turns. `drift` is then that of the middle of the frame.
    """

    drift: NDArray[np.float32]
    clipped_pairs: tuple[FramePair, ...] = ()
    uncertain_pairs: tuple[FramePair, ...] | None = None
    large_pairs: tuple[FramePair, ...] = ()
    bridged: tuple[int, ...] = ()
    robust: RobustFacts | None = None
    angle: NDArray[np.float32] | None = None

    @property
    def clipped(self) -> NDArray[np.bool_]:
        """True for frames at the end of a clipped pair, ndarray of bool, shape (T,)."""
        return self._ends_of(self.clipped_pairs)

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """True for frames at the end of an uncertain pair, ndarray of bool, shape (T,)."""
        return self._ends_of(self.uncertain_pairs or ())

    @property
    def large(self) -> NDArray[np.bool_]:
        """True for frames at the end of a pair that moved further than max_shift, ndarray of bool, shape (T,)."""
        return self._ends_of(self.large_pairs)

    def whole(self) -> "DriftCurve":
        """Return the curve rounded to whole pixels, halves away from 0, as the plugin applies and logs it.

        Turned frames are interpolated anyway, so a curve with angles keeps its fractions.
        """
        if self.angle is not None:
            return self
        return replace(self, drift=round_away(self.drift).astype(np.float32))

    def _ends_of(self, pairs: Iterable[FramePair]) -> NDArray[np.bool_]:
        ends = np.zeros(len(self.drift), bool)
        ends[[frame_to for _, frame_to in pairs]] = True
        return ends


def round_away(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Round to whole numbers, halves away from 0.

    Parameters
    ----------
    values : ndarray of float32, any shape
        Numbers.
    """
    exact = values.astype(np.float64)
    return (np.sign(exact) * np.floor(np.abs(exact) + 0.5)).astype(np.int64)


@dataclass(frozen=True)
class PairDrift:
    """Movement of the sample between two frames.

    Parameters
    ----------
    drift : tuple of float
        Drift from the earlier to the later frame in z, y, x, in pixels.
    clipped : bool
        True if it was clipped to max_shift.
    uncertain : bool
        True if the images do not determine it.
    large : bool
        True if it is larger than max_shift and was kept.
    """

    drift: tuple[float, float, float]
    clipped: bool = False
    uncertain: bool = False
    large: bool = False


def time_steps(n_frames: int, multi_time_scale: bool) -> list[int]:
    """Return the distances between the frames of a pair, in the order of measurement.

    Parameters
    ----------
    n_frames : int
        Number of frames.
    multi_time_scale : bool
        Also measure steps longer than one frame: 3, 9, 27 … and first to last.

    Returns
    -------
    list of int
        Steps in frames, ascending.
    """
    last = n_frames - 1
    if last < 1:
        return []
    if not multi_time_scale:
        return [1]
    return [1, *(step for step in LONGER_STEPS if step < last), last]


def measured_pairs(n_frames: int, multi_time_scale: bool = False) -> Iterator[FramePair]:
    """Yield pairs of frames in the order of measurement.

    Each starts where the previous one ended. The last pair of a step ends at the last frame: if the movie's length is
    not a multiple of the step, the pair is moved back and can overlap its neighbour; if it is, the last pair comes
    twice (which matters with a ROI, because the first time moves the box).

    Parameters
    ----------
    n_frames : int
        Number of frames.
    multi_time_scale : bool
        Also measure steps longer than one frame.

    Yields
    ------
    tuple of int
        Earlier and later frame, from 0.
    """
    last = n_frames - 1
    for step in time_steps(n_frames, multi_time_scale):
        for frame_to in range(step, n_frames + step, step):
            yield min(frame_to, last) - step, min(frame_to, last)


def accumulate(
    n_frames: int,
    measure: Callable[[int, int, NDArray[np.float32]], PairDrift],
    multi_time_scale: bool = False,
) -> DriftCurve:
    """Measure all pairs of a movie and sum them to a drift curve, as "Correct 3D drift" does.

    Parameters
    ----------
    n_frames : int
        Number of frames, T.
    measure : callable
        Returns the drift between two frames; called with both frame numbers (from 0) and the curve so far (ndarray of
        float32, shape (T, 3), in z, y, x, in pixels), which predicts the positions of later frames.
    multi_time_scale : bool
        Measure again over longer and longer steps.

    Returns
    -------
    DriftCurve
        The curve, with the clipped, uncertain and large pairs.

    Notes
    -----
    The difference between a pair's drift and the curve so far is spread linearly over the frames from the pair's first
    one on, even beyond its second one. All values are rounded to float32 each time, as in the plugin.
    """
    drift = np.zeros((n_frames, 3), np.float32)
    pairs: list[tuple[FramePair, PairDrift]] = []
    for pair in measured_pairs(n_frames, multi_time_scale):
        measured = measure(*pair, drift)
        _add(drift, pair, measured.drift)
        pairs.append((pair, measured))
    return curve_of(drift, pairs)


def curve_of(drift: NDArray[np.float32], pairs: list[tuple[FramePair, PairDrift]]) -> DriftCurve:
    """Return the curve of a drift that lists each flagged pair once.

    Parameters
    ----------
    drift : ndarray of float32, shape (T, 3)
        Drift in z, y, x, in pixels.
    pairs : list of ((int, int), PairDrift)
        Measured pairs.
    """
    clipped = dict.fromkeys(pair for pair, measured in pairs if measured.clipped)
    uncertain = dict.fromkeys(pair for pair, measured in pairs if measured.uncertain)
    large = dict.fromkeys(pair for pair, measured in pairs if measured.large)
    return DriftCurve(drift, tuple(clipped), tuple(uncertain), tuple(large))


def _add(drift: NDArray[np.float32], pair: FramePair, measured: tuple[float, float, float]) -> None:
    """Add to `drift`, in place, the difference between `measured` and it."""
    start, end = pair
    news = np.asarray(measured, np.float32) - (drift[end] - drift[start])
    share = np.arange(len(drift) - start) / (end - start)
    drift[start:] = drift[start:] + share[:, None] * news.astype(np.float64)
