"""Pixels for the other process: a raw file in C order of t, z, c, y, x, written by one side and mapped by the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int, int, int]


def write_frames(path: Path, frames: Iterable[NDArray[Any]]) -> None:
    """Write frames (or planes) one after the other; a full disk raises OSError instead of crashing.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    frames : iterable of ndarray, shape (Z, C, Y, X) or (Y, X)
        Pixels.
    """
    with path.open("wb") as file:
        for frame in frames:
            native = frame.astype(frame.dtype.newbyteorder("="), copy=False)
            file.write(np.ascontiguousarray(native).data)


def map_frames(path: Path, dtype: str, shape: Shape) -> NDArray[Any]:
    """Map a file of frames, read-only.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    dtype : str
        Pixel type.
    shape : tuple of int
        Lengths in t, z, c, y, x.

    Returns
    -------
    ndarray, shape (T, Z, C, Y, X)
    """
    return np.memmap(path, dtype=np.dtype(dtype), mode="r", shape=tuple(shape))
