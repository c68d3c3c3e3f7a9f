"""Which pairs of frames are measured: neighbours, some a few steps apart, some spread over the movie, all with all."""

from collections.abc import Iterator

import numpy as np

from cpretrain.registration.curve import FramePair

STEPS = (1, 3)
"""Distances in frames that are measured all along the movie."""
FEWEST, MOST = 3, 16
"""Frames that are spread over the movie."""


def spread_frames(frames: list[int]) -> list[int]:
    """Choose frames that are compared all with all: about as many pairs as there are frames."""
    number = int(np.clip((1 + (1 + 8 * len(frames)) ** 0.5) / 2, FEWEST, MOST))
    index = np.linspace(0, len(frames) - 1, min(number, len(frames))).round().astype(int)
    return sorted({frames[i] for i in index})


def pairs_to_measure(frames: list[int]) -> Iterator[FramePair]:
    """Yield pairs of frames, the later frames in their order.

    Parameters
    ----------
    frames : list of int
        Frames that show something, in their order.
    """
    spread = spread_frames(frames)
    for place, frame_to in enumerate(frames):
        near = {frames[place - step] for step in STEPS if step <= place}
        far = {frame for frame in spread if frame < frame_to} if frame_to in spread else set()
        for frame_from in sorted(near | far, reverse=True):
            yield frame_from, frame_to
