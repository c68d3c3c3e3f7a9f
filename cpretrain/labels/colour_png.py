"""A label image as a PNG that looks right in a viewer and can still be read as labels."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.storage.atomic import write_aside

MOST_INDICES = 255
_SPREAD = 0x13C6F1
"""An odd factor: multiplication by it (mod 2**21) moves neighbouring numbers far apart, and no two coincide."""


def colours_of(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a distinct bright colour for every object; background is black.

    Parameters
    ----------
    numbers : ndarray of int, any shape
        0 for background; numbers below 2**21 have distinct colours.

    Returns
    -------
    ndarray of uint8, shape (..., 3)
        Red, green, blue.
    """
    mixed = (numbers.astype(np.uint64) * _SPREAD) % 2**21
    levels = [128 + (mixed >> shift) % 128 for shift in (0, 7, 14)]
    return np.where(numbers[..., np.newaxis] > 0, np.stack(levels, axis=-1), 0).astype(np.uint8)


def write_label_picture(path: Path, labels: NDArray[Any]) -> None:
    """Write a label image as PNG, atomically.

    Up to 255 objects are written as indices into a colour table, more as RGB.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    labels : ndarray of int, shape (Y, X)
        0 is background.
    """
    from PIL import Image

    height, width = labels.shape
    if labels.max(initial=0) <= MOST_INDICES:
        picture = Image.frombytes("P", (width, height), labels.astype(np.uint8).tobytes())
        picture.putpalette(colours_of(np.arange(MOST_INDICES + 1)).tobytes())
    else:
        picture = Image.fromarray(colours_of(labels))
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    with write_aside(path) as aside:
        aside.write_bytes(content.getvalue())
