"""Pixels that never change while the sample moves are left out: time stamps, scale bars, hot pixels."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_finding import agreed_drift
from cpretrain.registration.groupwise.schedule import spread_frames
from cpretrain.registration.still_structure import StillStructure, frames_to_look_at

MOVED = 2.0
"""Pixels of the reduced images by which the rest has to move."""


def still_pixels(frames: ContrastFrames, shown: list[int]) -> NDArray[np.bool_] | None:
    """Return a mask of what holds the frames, shape (1, Y, X); None where nothing does.

    Parameters
    ----------
    frames : ContrastFrames
        The movie, without a ROI.
    shown : list of int
        Frames that show something.

    Notes
    -----
    In a movie in which nothing moves the sample itself never changes. So a mask counts only where, without it, frames
    spread over the movie agree on a drift.
    """
    still = StillStructure()
    for i in sorted(frames_to_look_at(len(shown))):
        still.add(frames.read(shown[i])[0])
    mask = still.mask()
    if mask is None:
        return None
    rest = agreed_drift(ContrastFrames(frames.images.leaving_out(mask), frames.shape), spread_frames(shown))
    return mask if rest is not None and (np.ptp(rest / frames.pixel, axis=0) >= MOVED).any() else None
