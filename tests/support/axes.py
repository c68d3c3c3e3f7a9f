"""Arrays with every order of axes."""

import numpy as np

LENGTHS = {"T": 3, "Z": 4, "C": 2, "Y": 10, "X": 12}


def pixels_of(axes: str, dtype: str = "uint16") -> np.ndarray:
    shape = [LENGTHS[axis] for axis in axes]
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def as_tzcyx(pixels: np.ndarray, axes: str) -> np.ndarray:
    ordered = pixels.transpose([axes.index(axis) for axis in "TZCYX" if axis in axes])
    return ordered.reshape([LENGTHS[axis] if axis in axes else 1 for axis in "TZCYX"])
