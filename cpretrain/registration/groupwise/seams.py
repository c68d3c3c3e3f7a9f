"""Places in a movie where what comes after looks too little like what was before to say how far it moved."""

from collections.abc import Sequence

import numpy as np

from cpretrain.registration.curve import FramePair
from cpretrain.registration.groupwise.consensus import MeasuredPair

UNLIKE = 0.45
"""Share of the likeness within both sides that pairs across a seam stay below."""


def seams(frames: int, pairs: Sequence[MeasuredPair]) -> tuple[FramePair, ...]:
    """Return the neighbouring frames across which no pair is nearly as alike as those on either side.

    Parameters
    ----------
    frames : int
        Number of frames.
    pairs : sequence of MeasuredPair
        Pairs that agree.

    Notes
    -----
    Two different samples still fit each other best in one place, and all pairs of them in the same one. Light that
    fades makes pairs on its own side less alike too, and is no seam.
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
