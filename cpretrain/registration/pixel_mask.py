"""Masks of pixels to leave out of a measurement: dust on the camera, borders, a time stamp."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.timelapse import TimeLapse


def read_mask(path: Path, size: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Read a mask that was drawn for the frames of a movie.

    Parameters
    ----------
    path : pathlib.Path
        A TIFF with one plane, which stands for all, or with as many planes as a frame has; or a PNG.
    size : tuple of int
        Lengths of a frame in z, y, x.

    Returns
    -------
    ndarray of bool, shape (1, Y, X) or (Z, Y, X)
        True where the mask is not 0.

    Raises
    ------
    BadInput
        When it cannot be read, or has a different size.
    """
    pixels = _png_planes(path) if path.suffix.lower() == ".png" else _planes(path)
    count, height, width = pixels.shape
    if (height, width) != size[1:] or count not in (1, size[0]):
        one = f"1 × {size[1]} × {size[2]}"
        raise BadInput(
            f"{path}: the mask differs in size from the frames",
            found=f"{count} × {height} × {width} pixels (z, y, x)",
            expected=one if size[0] == 1 else f"{one}, or {size[0]} × {size[1]} × {size[2]}",
            cure="draw it on a frame of this movie, or crop it like the movie",
        )
    return pixels != 0


def _planes(path: Path) -> NDArray[Any]:
    """Read all planes of a TIFF, whose axis depends on the program that wrote it."""
    with TimeLapse(path) as mask:
        frames, planes, channels, height, width = mask.shape
        pixels = np.stack([mask.frame(t) for t in range(frames)])
    return pixels.reshape(frames * planes * channels, height, width)


def _png_planes(path: Path) -> NDArray[np.uint8]:
    """Read a PNG as one plane that is nonzero where it is not black."""
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as image:
            pixels = np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow raises many kinds of exceptions for damaged files
        raise DamagedFile(
            path, error, problem="cannot be read as a PNG", expected=None, cure="save it again"
        ) from error
    return pixels.max(axis=-1)[np.newaxis]
