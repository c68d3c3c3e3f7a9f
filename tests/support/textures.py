"""Grain that moves with a known drift."""

import numpy as np
from scipy.ndimage import gaussian_filter

from cpretrain.images.timelapse import ArrayFrames


def textured(shape, seed, smooth=0.7):
    """Return random grain from 0 to 1 that is uniform in space."""
    grain = gaussian_filter(np.random.default_rng(seed).random(shape), smooth)
    return (grain - grain.min()) / np.ptp(grain)


def moving_window(ground, size, corners, dtype):
    """Return frames (T, Z, 1, Y, X) cut from `ground` (z, y, x) at `corners`; the content drifts by their negative."""
    top = 1000 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    frames = [ground[tuple(slice(c, c + n) for c, n in zip(corner, size, strict=True))] for corner in corners]
    return ArrayFrames((np.stack(frames)[:, :, np.newaxis] * top).astype(dtype))
