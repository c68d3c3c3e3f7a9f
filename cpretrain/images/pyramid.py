"""Levels of an image pyramid: each half as high and wide as the previous one, computed one frame at a time.

The rule: y and x are halved (an odd last row or column is dropped) as long as one of them is longer than `LARGEST`;
z, channels and frames never are. Grey values are averaged over two by two pixels; for labels, the first of the four is
taken, because a mean of two numbers would be a third object.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.dtypes import round_to_dtype

LARGEST = 512
"""Length of a side in pixels above which a smaller level follows."""


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """List height and width of every level, the full resolution first."""
    sizes = [(height, width)]
    while max(sizes[-1]) > LARGEST:
        sizes.append((_half(sizes[-1][0]), _half(sizes[-1][1])))
    return sizes


def levels_of(frame: NDArray[Any], labels: bool) -> Iterator[NDArray[Any]]:
    """Yield a frame at every level, the full resolution first.

    Parameters
    ----------
    frame : ndarray, shape (..., Y, X)
        Grey values or labels.
    labels : bool
        True if the values are labels.
    """
    yield frame
    while max(frame.shape[-2:]) > LARGEST:
        frame = _first_of_each(frame) if labels else _mean_of_each(frame)
        yield frame


def _half(length: int) -> int:
    return max(1, length // 2)


def _first_of_each(frame: NDArray[Any]) -> NDArray[Any]:
    height, width = (_half(length) for length in frame.shape[-2:])
    y, x = (2 if length > 1 else 1 for length in frame.shape[-2:])
    return frame[..., ::y, ::x][..., :height, :width]


def _mean_of_each(frame: NDArray[Any]) -> NDArray[Any]:
    height, width = (_half(length) for length in frame.shape[-2:])
    y, x = (2 if length > 1 else 1 for length in frame.shape[-2:])
    blocks = frame[..., : height * y, : width * x].reshape(*frame.shape[:-2], height, y, width, x)
    exact = np.float64 if frame.dtype.itemsize > 2 else np.float32
    return round_to_dtype(blocks.mean(axis=(-3, -1), dtype=exact), frame.dtype)
