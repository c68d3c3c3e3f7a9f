"""Measure the drift of a movie group-wise, for users who do not want to choose options."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.timelapse import Frames
from cpretrain.registration.bridging import interpolated
from cpretrain.registration.curve import NO_CORRECTION, DriftCurve, FramePair, RobustFacts
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.choice import best_way, mean_agreement
from cpretrain.registration.groupwise.consensus import Consensus, consensus
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_finding import TOLERANCE, main_group, measured
from cpretrain.registration.groupwise.schedule import pairs_to_measure
from cpretrain.registration.groupwise.seams import seams
from cpretrain.registration.groupwise.still_pixels import still_pixels
from cpretrain.registration.groupwise.template import Matched, match_with_mean
from cpretrain.settings.drift import DriftSettings

PAIRS, MEAN = "pairs of frames", "mean of all frames"
"""Possible bases of the answer, besides no correction."""
IMPRECISE = 0.6
"""Standard error of the drift of a frame, in pixels, from which its steps are uncertain."""
NOISY, SMALL = 0.9, 48
"""Share of agreeing pairs below which coarser images are tried, and their minimum edge length in pixels."""


def measure_robustly(
    movie: Frames, settings: DriftSettings, on_pair: Callable[[int, int], None] | None = None
) -> DriftCurve:
    """Measure the movement of the sample in a movie, whatever the flaws of the movie.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, read one at a time, several times each.
    settings : DriftSettings
        Settings of the measurement. `max_shift` clips nothing, but where it is 0, there is no movement along that axis.
    on_pair : callable, optional
        Called with both frame numbers after each measured pair, for progress.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x, in pixels; whole pixels unless `settings.sub_pixel` is set. Frames that
        determine none are bridged; `robust` states the basis of the answer.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or a frame holds NaN or infinite pixels.

    Notes
    -----
    Pairs of frames at several distances are measured on contrast images (a damped phase correlation, whose peaks are
    scored tile by tile). The drift that they agree on, without outliers, aligns the movie; every frame is then matched
    with the mean of all others. Of this result, the drift from the pairs alone, and no correction at all, the one for
    which frames agree best with their mean is chosen. Pixels that never move while the rest does are left out.

    References
    ----------
    Guizar-Sicairos, Thurman & Fienup (2008), Efficient subpixel image registration algorithms (correlation).
    Szeliski & Shum (1997), Creating full view panoramic image mosaics (least squares over pairs).
    """
    images = DriftImages(movie, settings)
    z, y, x = images.image(0)[0].shape
    frames = ContrastFrames(images, (z, y, x))
    shown = [t for t in range(movie.shape[0]) if frames.reduced(t).values.any()]
    left_out = still_pixels(frames, shown)
    if left_out is not None:
        frames = ContrastFrames(images.leaving_out(left_out), (z, y, x))
    paired = _paired(frames, movie.shape[0], shown, on_pair)
    if paired.share < NOISY and min(y, x) >= SMALL * frames.by:
        coarse = ContrastFrames(frames.images, frames.shape, 2)
        again = _paired(coarse, movie.shape[0], shown)
        frames, paired = (coarse, again) if again.share > paired.share else (frames, paired)
    matched, agreement, way = _aligned(frames, paired.agreed)
    matched = Matched(matched.drift * frames.pixel, matched.supported, matched.error * frames.by)
    if frames.by > 1 and way != NO_CORRECTION:
        matched = match_with_mean(frames.full, matched.drift, matched.supported, search=False)
    facts = RobustFacts(way, paired.pairs, paired.dropped, agreement, left_out)
    unsure = {*paired.seams, *_beside(matched.supported & (matched.error > IMPRECISE))}
    return _curve(matched, paired.agreed, unsure, settings, facts)


def _beside(frames: NDArray[np.bool_]) -> set[FramePair]:
    """Return the pairs of neighbouring frames of which at least one is marked."""
    return {(t, t + 1) for t in range(len(frames) - 1) if frames[t] or frames[t + 1]}


class _Paired(NamedTuple):
    """The consensus of pairs, the number of pairs, the pairs that do not agree, and seams."""

    agreed: Consensus
    pairs: int
    dropped: tuple[FramePair, ...]
    seams: tuple[FramePair, ...]

    @property
    def share(self) -> float:
        """Share of the pairs that agree."""
        return 1 - len(self.dropped) / max(self.pairs, 1)


def _paired(
    frames: ContrastFrames,
    number: int,
    shown: list[int],
    on_pair: Callable[[int, int], None] | None = None,
) -> _Paired:
    pairs = measured(frames, pairs_to_measure(shown), on_pair)
    agreed = consensus(number, pairs, TOLERANCE)
    fitting = [pair for pair, fits in zip(pairs, agreed.agrees, strict=True) if fits]
    dropped = {pair.frames for pair in pairs} - {pair.frames for pair in fitting}
    return _Paired(agreed, len(pairs), tuple(sorted(dropped)), seams(number, fitting))


def _aligned(frames: ContrastFrames, agreed: Consensus) -> tuple[Matched, dict[str, float], str]:
    """Match frames with their mean, twice, and choose the best alignment, in pixels of the reduced images."""
    supported = main_group(agreed)
    if supported.sum() < 2:
        return Matched(agreed.drift, supported, 0.0 * agreed.drift[:, 0]), {}, PAIRS
    first = match_with_mean(frames.reduced, agreed.drift, supported, search=True)
    again = match_with_mean(frames.reduced, first.drift, first.supported, search=False)
    ways = {MEAN: again.drift, PAIRS: agreed.drift, NO_CORRECTION: 0 * agreed.drift}
    agreement = mean_agreement(frames, ways, supported & again.supported)
    way = best_way(agreement, MEAN)
    relied = again.supported if way == MEAN else supported
    return Matched(ways[way], relied, again.error), agreement, way


def _curve(
    matched: Matched, agreed: Consensus, unsure: set[FramePair], settings: DriftSettings, facts: RobustFacts
) -> DriftCurve:
    """Build the curve of reliable frames, bridge the rest, and list steps that nothing determines."""
    limit = np.array(settings.max_shift[::-1], float)
    drift, relied = matched.drift * (limit > 0), matched.supported.copy()
    unsure = set() if facts.rests_on == NO_CORRECTION else unsure | _join_groups(drift, relied, agreed)
    bridged = np.flatnonzero(~relied).tolist() if relied.any() and facts.rests_on != NO_CORRECTION else []
    if not relied.any():
        drift[:], unsure = 0, {(t - 1, t) for t in range(1, len(drift))}
    curve = interpolated(DriftCurve(drift.astype(np.float32), uncertain_pairs=tuple(sorted(unsure))), bridged)
    curve = replace(curve, drift=curve.drift - curve.drift[0], robust=facts)
    curve = curve if settings.sub_pixel else curve.whole()
    far = (np.abs(np.diff(curve.drift, axis=0)) > limit).any(axis=1)
    return replace(curve, large_pairs=tuple((int(t), int(t) + 1) for t in np.flatnonzero(far)))


def _join_groups(drift: NDArray[np.float64], relied: NDArray[np.bool_], agreed: Consensus) -> set[FramePair]:
    """Attach groups of frames without connection to the others to the preceding frame, and return the seams."""
    ends: set[FramePair] = set()
    for group in np.unique(agreed.group[(agreed.group >= 0) & ~relied]).tolist():
        members = np.flatnonzero((agreed.group == group) & ~relied)
        others = np.flatnonzero(relied)
        if len(members) < 2 or not len(others):
            continue
        before = others[others < members[0]]
        beside = before[-1] if len(before) else others[0]
        drift[members] += drift[beside] - drift[members[0]]
        relied[members] = True
        first, last = int(members[0]), int(members[-1])
        ends |= {
            pair for pair in ((first - 1, first), (last, last + 1)) if pair[0] >= 0 and pair[1] < len(drift)
        }
    return ends
