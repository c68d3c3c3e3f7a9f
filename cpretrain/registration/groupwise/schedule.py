"""Choice of pairs to measure: neighbours, frames a few steps apart, and frames spread over the movie, all with all."""

from collections.abc import Iterator

import numpy as np

from cpretrain.registration.curve import FramePair

STEPS = (1, 3)
"""Distances in frames of the pairs that are measured throughout the movie."""
FEWEST, MOST = 3, 16
"""Minimum and maximum number of frames spread over the movie."""


def spread_frames(frames: list[int]) -> list[int]:
    """Choose frames to compare all with all, which gives about as many pairs as there are frames."""
    number = int(np.clip((1 + (1 + 8 * len(frames)) ** 0.5) / 2, FEWEST, MOST))
    index = np.linspace(0, len(frames) - 1, min(number, len(frames))).round().astype(int)
    return sorted({frames[i] for i in index})


def pairs_to_measure(frames: list[int]) -> Iterator[FramePair]:
    """Yield pairs of frames, in the order of their later frames.

    Parameters
    ----------
    frames : list of int
        Frames with usable content, in order.
    """
    spread = spread_frames(frames)
    for place, frame_to in enumerate(frames):
        near = {frames[place - step] for step in STEPS if step <= place}
        far = {frame for frame in spread if frame < frame_to} if frame_to in spread else set()
        for frame_from in sorted(near | far, reverse=True):
            yield frame_from, frame_to
