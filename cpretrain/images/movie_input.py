"""Movies in any form that callers hold them: an array, a labelled array, a file."""

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
    """Open a movie in any form for reading frame by frame; a file is closed at the end of the block.

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        A numpy or dask array, shape (T, Z, C, Y, X); a DataArray with axes named t, z, c, y, x in any order (some may
        be missing); a file that `TimeLapse` opens; or an object that returns one frame at a time.
    axes : str, optional
        Axes of the file, if stated wrongly there.
    convert : str, optional
        Rule for converting pixels of a file to grey values, see `cpretrain.images.conversion.Converted`.

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
    """Return an array, a DataArray or Frames as `Frames`; see `opened`.

    Raises
    ------
    BadInput
        When the axes are not understood.
    """
    if hasattr(movie, "dims"):
        return ArrayFrames(in_order(movie).data)
    if hasattr(movie, "frame"):
        given: Frames = movie
        return given
    if not hasattr(movie, "shape"):
        raise BadInput(
            "a movie is a file, an array, or an xarray.DataArray",
            found=type(movie).__name__,
            cure="put frames of one size together: xarray.DataArray(numpy.stack(frames), dims=('t', 'y', 'x'))",
        )
    if np.ndim(movie) != 5:
        raise BadInput(
            "the axes of the array are not known",
            found=f"{np.ndim(movie)} axes of lengths {np.shape(movie)}",
            expected="five axes: t, z, c, y, x",
            cure="name them: xarray.DataArray(pixels, dims=('t', 'y', 'x'))",
        )
    return ArrayFrames(movie)
