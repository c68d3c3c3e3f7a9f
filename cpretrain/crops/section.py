"""Sections through a stack: in XY as recorded; in XZ and YZ with rows along z, rescaled to the size of a pixel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import Crop


def section(stack: NDArray[Any], plane: str, at: int) -> NDArray[Any]:
    """Return one plane of a stack as recorded.

    Parameters
    ----------
    stack : ndarray, shape (Z, C, Y, X)
        Grey values of a frame.
    plane : {'xy', 'xz', 'yz'}
        Its axes. Across the planes of the stack, rows run along z, as in Cellpose.
    at : int
        Index along the third axis, from 0.

    Returns
    -------
    ndarray, shape (C, Y, X), (C, Z, X) or (C, Z, Y)
    """
    if plane == "xy":
        return stack[at]
    return (stack[:, :, at] if plane == "xz" else stack[..., at]).swapaxes(0, 1)


def cut(plane: NDArray[Any], crop: Crop) -> NDArray[Any]:
    """Cut a crop from the plane that it shows, and rescale its rows if they run along z.

    Parameters
    ----------
    plane : ndarray, shape (C, rows, columns)
        From `section`.
    crop : Crop
        Its place, size and anisotropy.

    Returns
    -------
    ndarray, shape (C, height, width)
        Pixels of equal height and width.
    """
    row, column = crop.corner
    there = plane[:, row : row + crop.rows, column : column + crop.width]
    return there if crop.plane == "xy" else rescale_rows(there, crop.height, crop.anisotropy)


def rescale_rows(image: NDArray[Any], height: int, factor: float) -> NDArray[Any]:
    """Rescale the rows of an image by linear interpolation, as Cellpose does with the planes of a stack.

    Parameters
    ----------
    image : ndarray, shape (C, rows, columns)
        Grey values.
    height : int
        Number of rows to return, from the first one on.
    factor : float
        Number of new rows for each row.

    Returns
    -------
    ndarray, shape (C, height, columns)
        Of the same type; integers are rounded.
    """
    places = np.clip((np.arange(height) + 0.5) / factor - 0.5, 0, image.shape[1] - 1)
    above = np.floor(places).astype(np.intp)
    below = np.minimum(above + 1, image.shape[1] - 1)
    share = (places - above)[:, np.newaxis]
    mixed = image[:, above] * (1 - share) + image[:, below] * share
    whole = image.dtype.kind in "ui"
    return (np.rint(mixed) if whole else mixed).astype(image.dtype)
