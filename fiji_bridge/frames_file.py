"""Pixels between the two processes: a bare file in C order of t, z, c, y, x, written by one, mapped by the other."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput

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


def check_room(folder: Path, needed: int) -> None:
    """Refuse where `folder` has not `needed` bytes left.

    Raises
    ------
    BadInput
        With what is there and what is needed.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BadInput(
            f"{folder}: too little room to hand the movie over to Fiji",
            found=f"{free / 1e9:.1f} GB",
            expected=f"{needed / 1e9:.1f} GB",
            cure="set TMPDIR to a folder on a larger disk",
        )
