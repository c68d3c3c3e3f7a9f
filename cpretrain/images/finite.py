"""Pixels that are NaN or infinite hold no grey value: they are left out, as the padding around a frame is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.tiff.planes import counted
from cpretrain.runtime.console import warning


def finite(pixels: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Give pixels with 0 in place of NaN and infinity, and how many these were; integers come back as they are."""
    if pixels.dtype.kind != "f":
        return pixels, 0
    good = np.isfinite(pixels)
    bad = int(pixels.size - np.count_nonzero(good))
    return (np.where(good, pixels, pixels.dtype.type(0)), bad) if bad else (pixels, 0)


def warn_of_not_finite(name: str, bad: dict[int, int], become: str) -> None:
    """Say of which frames pixels were left out.

    Parameters
    ----------
    name : str
        The movie.
    bad : dict of int to int
        Number of pixels, by frame; none are said of frames without any.
    become : str
        What becomes of them, for example ``0 in the crops``.
    """
    frames = sorted(t for t, count in bad.items() if count)
    if frames:
        total = sum(bad.values())
        warning(
            f"{name}: {total} pixels that are NaN or infinite, in {counted(frames)}, are left out ({become})"
        )
