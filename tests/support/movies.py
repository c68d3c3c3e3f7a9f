"""Small movies with a known drift."""

import numpy as np
import tifffile

from cpretrain.settings.drift import DriftSettings

NATIVE = DriftSettings(engine="native")


DRIFT = np.array([[0, 0], [3, -2], [5, 1], [5, 4]])


def write_movie(path, drift=DRIFT, dtype="uint16", seed=0):
    """Write a movie in which sharp texture moves by a known drift (y, x)."""
    scene = np.random.default_rng(seed).integers(1, 250, (120, 130)).astype(dtype)
    frames = np.stack([scene[20 - y : 100 - y, 20 - x : 110 - x] for y, x in drift])
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, frames, imagej=True, resolution=(2, 2), metadata={"axes": "TYX", "unit": "micron"})
    return frames
