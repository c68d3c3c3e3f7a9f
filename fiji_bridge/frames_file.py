"""Pixels between the two processes: a bare file in C order of t, z, c, y, x, written by one, mapped by the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int, int, int]


def write_frames(path: Path, frames: Iterable[NDArray[Any]]) -> None:
    """Write frames (or planes) one after the other; a full disk is an OSError, not a crash."""
    with path.open("wb") as file:
        for frame in frames:
            native = frame.astype(frame.dtype.newbyteorder("="), copy=False)
            file.write(np.ascontiguousarray(native).data)


def map_frames(path: Path, dtype: str, shape: Shape) -> NDArray[Any]:
    """Map a file of frames, read-only."""
    return np.memmap(path, dtype=np.dtype(dtype), mode="r", shape=tuple(shape))
