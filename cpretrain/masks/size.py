"""Fit a mask to the size of its image if the difference can be explained, and refuse it otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.resize import enlarge
from cpretrain.runtime.spelling import option

BORDER = 2
"""Width in pixels of the edge of zeros around a training image, if no ``crops.csv`` states it."""


@dataclass(frozen=True)
class Fitted:
    """A mask in the size of its image, and a note on any change to it (empty if there was none)."""

    ids: NDArray[Any]
    note: str = ""


def fit_to_image(
    name: str | Path, ids: NDArray[Any], size: tuple[int, int], border: int = BORDER, upsample: bool = False
) -> Fitted:
    """Fit a mask to the size of its image.

    Only a difference by the border of zeros around a training image is corrected automatically: a mask drawn without
    the border is framed with background, a mask drawn with it is cut. A mask exported at a lower resolution is
    enlarged by nearest neighbour only if `upsample` is set.

    Parameters
    ----------
    name : str or path-like
        The mask's file, for errors.
    ids : ndarray of int, shape (Y, X)
        The mask.
    size : tuple of int
        Height and width of the image in pixels.
    border : int
        Width of the image's border in pixels.
    upsample : bool
        Undo a downsample by nearest neighbour.

    Raises
    ------
    BadInput
        When the sizes differ in any other way.
    """
    differences = (size[0] - ids.shape[0], size[1] - ids.shape[1])
    if differences == (0, 0):
        return Fitted(ids)
    if border and differences == (2 * border, 2 * border):
        return Fitted(np.pad(ids, border), f"framed with the {border}-pixel border")
    if border and differences == (-2 * border, -2 * border):
        inner = ids[border:-border, border:-border]
        lost = len(np.setdiff1d(ids, inner))
        note = f"cut by the {border}-pixel border" + (
            f", which held {lost} objects completely" if lost else ""
        )
        return Fitted(inner, note)
    factor = downsample_between(ids.shape, size)
    if upsample and factor is not None:
        return Fitted(enlarge(ids, size), f"enlarged {factor} times by nearest neighbour")
    raise BadInput(
        f"{name}: differs in size from its image",
        found=f"{ids.shape[0]} × {ids.shape[1]} (height × width)",
        expected=f"{size[0]} × {size[1]}",
        cure=_cure(ids.shape, size, factor),
    )


def downsample_between(small: tuple[int, ...], large: tuple[int, int]) -> int | None:
    """Find the integer downsample between two sizes (rounded either way); None if there is none."""
    if not 0 < small[0] < large[0] or not 0 < small[1] < large[1]:
        return None
    factor = round(large[0] / small[0])
    fits = all(abs(s - big / factor) < 1 for s, big in zip(small, large, strict=True))
    return factor if factor > 1 and fits else None


def _cure(found: tuple[int, ...], size: tuple[int, int], factor: int | None) -> str:
    difference = max(abs(a - b) for a, b in zip(found, size, strict=True))
    if factor is not None:
        return f"use .downsample(1) in the export script (this looks like {factor}); or give {option('upsample', True)}"
    if tuple(found) == size[::-1]:
        return "height and width are swapped: export it again, or transpose the mask"
    if difference <= 2:
        return "the mask is off by a pixel or two: export the whole image with .downsample(1), or the same region"
    return (
        "this is the mask of another image or region: crop the image in the same way, or export the mask of this "
        "image"
    )
