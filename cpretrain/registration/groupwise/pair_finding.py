"""Measure pairs of frames at several distances, and find the drift that they agree on."""

from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import FramePair
from cpretrain.registration.groupwise.consensus import Consensus, MeasuredPair, consensus
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_shift import shift_between

TOLERANCE = 1.5
"""Maximum misfit of a pair to the others, in pixels of the reduced images."""


def measured(
    frames: ContrastFrames, pairs: Iterable[FramePair], on_pair: Callable[[int, int], None] | None = None
) -> list[MeasuredPair]:
    """Measure pairs of frames, in pixels of the reduced images."""
    found = []
    for frame_from, frame_to in pairs:
        shift = shift_between(frames.spectrum(frame_to), frames.spectrum(frame_from))
        found.append(MeasuredPair((frame_from, frame_to), shift.shift, shift.lead, shift.score))
        if on_pair is not None:
            on_pair(frame_from, frame_to)
    return found


def agreed_drift(frames: ContrastFrames, some: list[int]) -> NDArray[np.float64] | None:
    """Compare some frames, all with all, and return the drift that they agree on.

    Parameters
    ----------
    frames : ContrastFrames
        The movie.
    some : list of int
        Frames to compare, from 0.

    Returns
    -------
    ndarray of float64, shape (N, 3), or None
        Drift of these frames in z, y, x, in full-size pixels; None if they do not agree.
    """
    place = {t: i for i, t in enumerate(some)}
    pairs = [
        pair._replace(frames=(place[pair.frames[0]], place[pair.frames[1]]))
        for pair in measured(frames, combinations(some, 2))
    ]
    found = consensus(len(some), pairs, TOLERANCE)
    return found.drift * frames.pixel if main_group(found).all() else None


def main_group(found: Consensus) -> NDArray[np.bool_]:
    """Return the frames of the largest group connected by pairs, ndarray of bool, shape (T,)."""
    held = found.group[found.group >= 0]
    return found.group == np.bincount(held).argmax() if len(held) else np.zeros(len(found.group), bool)
