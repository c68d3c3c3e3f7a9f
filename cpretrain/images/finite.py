"""Pixels that are NaN or infinite hold no grey value: they are left out, like the padding around a frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.tiff.planes import counted
from cpretrain.runtime.console import warning


def finite(pixels: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Replace NaN and infinity by 0, and count them; integers are returned unchanged.

    Parameters
    ----------
    pixels : ndarray, any shape
        Grey values.

    Returns
    -------
    ndarray, shape of `pixels`
        Finite values.
    int
        Number of pixels replaced.
    """
    if pixels.dtype.kind != "f":
        return pixels, 0
    good = np.isfinite(pixels)
    bad = int(pixels.size - np.count_nonzero(good))
    return (np.where(good, pixels, pixels.dtype.type(0)), bad) if bad else (pixels, 0)


def warn_of_not_finite(name: str, bad: dict[int, int], become: str) -> None:
    """Warn about the frames in which pixels were left out.

    Parameters
    ----------
    name : str
        Name of the movie.
    bad : dict of int to int
        Number of such pixels by frame; there is no warning if all are 0.
    become : str
        Their replacement, for example ``0 in the crops``.
    """
    frames = sorted(t for t, count in bad.items() if count)
    if frames:
        total = sum(bad.values())
        warning(
            f"{name}: {total} pixels that are NaN or infinite, in {counted(frames)}, are left out ({become})"
        )
