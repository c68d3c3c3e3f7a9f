"""Seams: points in a movie at which the content before and after is too different to measure a movement."""

from collections.abc import Sequence

import numpy as np

from cpretrain.registration.curve import FramePair
from cpretrain.registration.groupwise.consensus import MeasuredPair

UNLIKE = 0.45
"""Fraction of the similarity within both sides below which pairs across a seam remain."""


def seams(frames: int, pairs: Sequence[MeasuredPair]) -> tuple[FramePair, ...]:
    """Return the neighbouring frames across which no pair is nearly as similar as pairs on either side.

    Parameters
    ----------
    frames : int
        Number of frames.
    pairs : sequence of MeasuredPair
        Pairs that agree.

    Notes
    -----
    Two different samples still fit each other best at one shift, the same for all their pairs. Fading light also makes
    pairs on its own side less similar, and is no seam.
    """
    ends = np.array([pair.frames for pair in pairs]).reshape(-1, 2)
    scores = np.array([pair.score for pair in pairs])
    found = []
    for t in range(frames - 1):
        before, after = ends[:, 1] <= t, ends[:, 0] > t
        across = scores[~(before | after)]
        if before.sum() > 1 and after.sum() > 1 and len(across):
            usual = min(np.median(scores[before]), np.median(scores[after]))
            if across.max() < UNLIKE * usual:
                found.append((t, t + 1))
    return tuple(found)
