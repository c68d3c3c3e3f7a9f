"""A movie in whatever people hold it in: an array, a labelled array, a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.images.axes import in_order
from cpretrain.images.timelapse import ArrayFrames, Frames, TimeLapse
from cpretrain.settings.base import Conversion


@contextmanager
def opened(movie: Any, axes: str | None = None, convert: Conversion | None = None) -> Iterator[Frames]:
    """Open a movie frame by frame, whatever it is held in; a file is closed again.

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        An array (numpy or dask) with axes t, z, c, y, x; a DataArray with axes of these names in any order (which may
        be missing); a file that `TimeLapse` opens; or an object that gives one frame at a time.
    axes : str, optional
        Axes of the file, where it states them wrongly.
    convert : str, optional
        Rule by which pixels of a file become grey values, see `cpretrain.images.conversion.Converted`.

    Yields
    ------
    Frames

    Raises
    ------
    BadInput
        When the file cannot be read, or the axes are not understood.
    """
    if isinstance(movie, str | os.PathLike):
        with TimeLapse(movie, axes, convert) as file:
            yield file
    else:
        yield frames_of(movie)


def frames_of(movie: Any) -> Frames:
    """Return an array, a DataArray or Frames as `Frames`; see `opened`."""
    if hasattr(movie, "dims"):
        return ArrayFrames(in_order(movie).data)
    if hasattr(movie, "frame"):
        given: Frames = movie
        return given
    if np.ndim(movie) != 5:
        raise BadInput(
            "the axes of the array are not known",
            found=f"{np.ndim(movie)} axes of lengths {np.shape(movie)}",
            expected="five axes: t, z, c, y, x",
            cure="name them: xarray.DataArray(pixels, dims=('t', 'y', 'x'))",
        )
    return ArrayFrames(movie)
