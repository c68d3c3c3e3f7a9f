"""Find pixels that never change while the sample moves, to leave them out: time stamps, scale bars, hot pixels."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_finding import agreed_drift
from cpretrain.registration.groupwise.schedule import spread_frames
from cpretrain.registration.still_structure import StillStructure, frames_to_look_at

MOVED = 2.0
"""Minimum movement of the rest, in pixels of the reduced images."""


def still_pixels(frames: ContrastFrames, shown: list[int]) -> NDArray[np.bool_] | None:
    """Return a mask of structure that holds the frames in place, shape (1, Y, X); None if there is none.

    Parameters
    ----------
    frames : ContrastFrames
        The movie, without a ROI.
    shown : list of int
        Frames with usable content.

    Notes
    -----
    In a movie in which nothing moves, the sample itself never changes. So a mask counts only if frames spread over the
    movie agree on a drift without the masked pixels.
    """
    still = StillStructure()
    for i in sorted(frames_to_look_at(len(shown))):
        still.add(frames.read(shown[i])[0])
    mask = still.mask()
    if mask is None:
        return None
    rest = agreed_drift(ContrastFrames(frames.images.leaving_out(mask), frames.shape), spread_frames(shown))
    return mask if rest is not None and (np.ptp(rest / frames.pixel, axis=0) >= MOVED).any() else None
