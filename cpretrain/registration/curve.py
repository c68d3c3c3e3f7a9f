"""From shifts between pairs of frames to a drift curve: where the sample was in each frame."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FramePair = tuple[int, int]
NO_CORRECTION = "no correction"
"""What an answer rests on where frames agree best as they were recorded."""
LONGER_STEPS = (3, 9, 27, 81, 243, 729)


@dataclass(frozen=True, eq=False)
class RobustFacts:
    """What a group-wise answer rests on.

    Parameters
    ----------
    rests_on : str
        What was chosen.
    pairs : int
        Number of pairs of frames that were measured.
    dropped_pairs : tuple of (frame_from, frame_to)
        Those that contradict the others.
    agreement : dict of str to float
        Mean agreement of the frames with their mean, for everything that there was to choose from.
    left_out : array of bool, shape (1, Y, X), optional
        Pixels that never move while the rest does, which were left out.
    """

    rests_on: str
    pairs: int
    dropped_pairs: tuple[FramePair, ...] = ()
    agreement: dict[str, float] = field(default_factory=dict)
    left_out: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class DriftCurve:
    """What the sample did, frame by frame.

    Parameters
    ----------
    drift : ndarray of float32, shape (T, 3)
        Drift in z, y, x relative to frame 0, in pixels. The shift that undoes it is its negative.
    clipped_pairs : tuple of (frame_from, frame_to)
        Pairs of frames, from 0, whose measured shift was cut to max_shift.
    uncertain_pairs : tuple of (frame_from, frame_to), optional
        Pairs of frames, from 0, whose shift the images do not determine; None where nobody has looked.
    large_pairs : tuple of (frame_from, frame_to)
        Pairs of frames, from 0, whose measured shift is larger than max_shift and was kept.
    bridged : tuple of int
        Frames, from 0, that determine no drift and have that between the frames around them.
    robust : RobustFacts, optional
        What a group-wise answer rests on.
    """

    drift: NDArray[np.float32]
    clipped_pairs: tuple[FramePair, ...] = ()
    uncertain_pairs: tuple[FramePair, ...] | None = None
    large_pairs: tuple[FramePair, ...] = ()
    bridged: tuple[int, ...] = ()
    robust: RobustFacts | None = None

    @property
    def clipped(self) -> NDArray[np.bool_]:
        """True, shape (T,), where max_shift cut a pair that led to that frame."""
        return self._ends_of(self.clipped_pairs)

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """True, shape (T,), where a pair that led to that frame is uncertain."""
        return self._ends_of(self.uncertain_pairs or ())

    @property
    def large(self) -> NDArray[np.bool_]:
        """True, shape (T,), where a pair that led to that frame moved further than max_shift, and that was kept."""
        return self._ends_of(self.large_pairs)

    def whole(self) -> "DriftCurve":
        """Return the same rounded to whole pixels, halves away from 0, as the plugin applies and logs it."""
        return replace(self, drift=round_away(self.drift).astype(np.float32))

    def _ends_of(self, pairs: Iterable[FramePair]) -> NDArray[np.bool_]:
        ends = np.zeros(len(self.drift), bool)
        ends[[frame_to for _, frame_to in pairs]] = True
        return ends


def round_away(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Round to whole numbers, halves away from 0."""
    exact = values.astype(np.float64)
    return (np.sign(exact) * np.floor(np.abs(exact) + 0.5)).astype(np.int64)


@dataclass(frozen=True)
class PairDrift:
    """What the sample did between two frames.

    Parameters
    ----------
    drift : tuple of float
        Drift from the earlier to the later frame in z, y, x, in pixels.
    clipped : bool
        Whether max_shift cut it.
    uncertain : bool
        Whether the images do not determine it.
    large : bool
        Whether it is larger than max_shift and was kept.
    """

    drift: tuple[float, float, float]
    clipped: bool = False
    uncertain: bool = False
    large: bool = False


def time_steps(n_frames: int, multi_time_scale: bool) -> list[int]:
    """Distances between the frames of a pair, in the order in which they are measured.

    Parameters
    ----------
    n_frames : int
        Number of frames.
    multi_time_scale : bool
        Whether steps longer than one frame are measured too: 3, 9, 27 … and first to last.

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
    """Pairs of frames in the order in which they are measured.

    Each starts where the one before ended. The last of a step ends at the last frame: where the movie is no
    multiple of the step it is moved back, so it can overlap its neighbour; where it is one, the last pair
    comes twice (which matters with a ROI, because the first time moves the box).

    Parameters
    ----------
    n_frames : int
        Number of frames.
    multi_time_scale : bool
        Whether steps longer than one frame are measured too.

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
    """Measure all pairs of a movie and add them up to a drift curve, as "Correct 3D drift" does.

    Parameters
    ----------
    n_frames : int
        Number of frames, T.
    measure : callable
        Gives the drift between two frames: called with both frame numbers (from 0) and the curve so far
        (float32, shape (T, 3), in z, y, x pixels), which predicts where the later frames are.
    multi_time_scale : bool
        Whether to measure again over longer and longer steps.

    Returns
    -------
    DriftCurve
        The curve, with the clipped, the uncertain and the large pairs.

    Notes
    -----
    What a pair says beyond what the curve already says is spread linearly over the frames from its first one
    on, and beyond its second one too. Every value is rounded to float32 each time, as the plugin's own are.
    """
    drift = np.zeros((n_frames, 3), np.float32)
    pairs: list[tuple[FramePair, PairDrift]] = []
    for pair in measured_pairs(n_frames, multi_time_scale):
        measured = measure(*pair, drift)
        _add(drift, pair, measured.drift)
        pairs.append((pair, measured))
    return curve_of(drift, pairs)


def curve_of(drift: NDArray[np.float32], pairs: list[tuple[FramePair, PairDrift]]) -> DriftCurve:
    """Give the curve of a drift, shape (T, 3), that names each pair with a flag once."""
    clipped = dict.fromkeys(pair for pair, measured in pairs if measured.clipped)
    uncertain = dict.fromkeys(pair for pair, measured in pairs if measured.uncertain)
    large = dict.fromkeys(pair for pair, measured in pairs if measured.large)
    return DriftCurve(drift, tuple(clipped), tuple(uncertain), tuple(large))


def _add(drift: NDArray[np.float32], pair: FramePair, measured: tuple[float, float, float]) -> None:
    """Add to `drift`, in place, what `measured` says beyond it."""
    start, end = pair
    news = np.asarray(measured, np.float32) - (drift[end] - drift[start])
    share = np.arange(len(drift) - start) / (end - start)
    drift[start:] = drift[start:] + share[:, None] * news.astype(np.float64)
