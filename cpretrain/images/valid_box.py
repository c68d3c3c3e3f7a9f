"""The part of an image that holds data: zeros added around it by drift correction and cropping do not count."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice]
"""Rows and columns."""

StackBox = tuple[slice, slice, slice]
"""Planes, rows and columns."""


def valid_box(pixels: NDArray[Any]) -> Box | None:
    """Find the bounding box of the pixels that hold data: not 0, NaN or infinity.

    Parameters
    ----------
    pixels : ndarray, shape (..., Y, X)
        A plane, or planes and channels that share their padding.

    Returns
    -------
    tuple of slice or None
        Rows and columns of the box; None if no pixel holds data.
    """
    pixels = np.asarray(pixels)
    content = pixels != 0
    if pixels.dtype.kind == "f":
        content &= np.isfinite(pixels)
    content = content.reshape(-1, *content.shape[-2:]).any(axis=0)
    rows, columns = content.any(axis=1).nonzero()[0], content.any(axis=0).nonzero()[0]
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def valid_stack_box(stack: NDArray[Any]) -> StackBox | None:
    """Find the planes, rows and columns of a stack that hold data.

    Parameters
    ----------
    stack : ndarray, shape (Z, C, Y, X)
        Grey values.

    Returns
    -------
    tuple of slice or None
        None if no voxel holds data.
    """
    box = valid_box(stack)
    if box is None:
        return None
    filled = np.flatnonzero(stack.reshape(len(stack), -1).any(axis=1))
    return slice(int(filled[0]), int(filled[-1]) + 1), *box
