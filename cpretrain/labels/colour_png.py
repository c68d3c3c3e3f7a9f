"""A label image as a PNG that looks right when it is opened, and can be read as labels all the same."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.storage.atomic import write_aside

MOST_INDICES = 255
_SPREAD = 0x13C6F1
"""An odd number: multiplied with it, neighbouring numbers of 21 bits lie far apart, and no two fall together."""


def colours_of(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Give every object a bright colour of its own, uint8 of shape (..., 3); background is black.

    Parameters
    ----------
    numbers : ndarray of int
        0 for background; each number below 2**21 has a colour that no other has.
    """
    mixed = (numbers.astype(np.uint64) * _SPREAD) % 2**21
    levels = [128 + (mixed >> shift) % 128 for shift in (0, 7, 14)]
    return np.where(numbers[..., np.newaxis] > 0, np.stack(levels, axis=-1), 0).astype(np.uint8)


def write_label_picture(path: Path, labels: NDArray[Any]) -> None:
    """Write a label image (axes y, x) as PNG, whole or not at all.

    Up to 255 objects are written as indices into a table of colours, more of them as colours.
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
