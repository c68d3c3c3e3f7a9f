"""Undo a measured drift: the corrected movie as a labelled array."""

import os
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.axes import DIMS, in_order
from cpretrain.images.movie_input import frames_of, opened
from cpretrain.images.timelapse import Frames, TimeLapse
from cpretrain.registration.canvas import Canvas, canvas_for
from cpretrain.registration.curve import DriftCurve

if TYPE_CHECKING:
    import xarray as xr


def undo_drift(
    movie: "NDArray[Any] | xr.DataArray | str | os.PathLike | Frames",
    curve: DriftCurve,
    *,
    sub_pixel: bool | None = None,
    axes: str | None = None,
) -> "xr.DataArray":
    """Move every frame back by the drift of the sample, on a canvas that holds all of them.

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        The movie, in any form that `measure_drift` takes.
    curve : DriftCurve
        Drift from `measure_drift`, or read from a ``.shifts.csv``; one row per frame.
    sub_pixel : bool, optional
        True shifts by fractions of a pixel, with linear interpolation, False by whole pixels; by default, as in the
        curve.
    axes : str, optional
        Axes of the file, if stated wrongly there.

    Returns
    -------
    xarray.DataArray of the movie's dtype, dims (t, z, c, y, x)
        The corrected movie, equal to the result of `correct_drift` with the native engine; 0 in areas that a frame does
        not cover. For a file or a dask array it is lazy: a frame is read and placed when it is used.

    Raises
    ------
    BadInput
        When the movie cannot be read, or its number of frames differs from that of the curve.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from cpretrain import DriftCurve, undo_drift
    >>> movie = xr.DataArray(np.array([[[1, 0, 0]], [[0, 1, 0]]], np.uint8), dims=("t", "y", "x"))
    >>> curve = DriftCurve(np.array([[0, 0, 0], [0, 0, 1]], np.float32))  # one pixel to the right
    >>> undo_drift(movie, curve).values[:, 0, 0, 0]
    array([[0, 1, 0, 0],
           [0, 1, 0, 0]], dtype=uint8)
    """
    import xarray as xr

    with opened(movie, axes) as frames:
        shape, dtype = frames.shape, frames.dtype
        calibration = getattr(frames, "calibration", None)
    if len(curve.drift) != shape[0]:
        raise BadInput(
            "the curve does not belong to this movie", found=f"{len(curve.drift)} rows, {shape[0]} frames"
        )
    fractions = bool((curve.drift % 1).any()) if sub_pixel is None else sub_pixel
    canvas = canvas_for(curve, shape[1:], fractions)
    attrs = dict(getattr(movie, "attrs", {}))
    if isinstance(movie, str | os.PathLike) and calibration is not None:
        attrs = calibration.as_attrs()
    return xr.DataArray(_placed(movie, axes, canvas, dtype), dims=DIMS, attrs=attrs)


def _placed(movie: Any, axes: str | None, canvas: Canvas, dtype: np.dtype) -> Any:
    """Return all frames on the canvas, as an array that is lazy if the movie is."""
    chunks = ((1,) * len(canvas.shifts), *((length,) for length in canvas.shape))
    if isinstance(movie, str | os.PathLike):
        import dask.array as da

        read = partial(_place_from_file, _OpenOnRead(movie, axes), canvas)
        return da.map_blocks(read, chunks=chunks, dtype=dtype, meta=np.empty((0,) * 5, dtype))
    ordered = in_order(movie).data if hasattr(movie, "dims") else movie
    if hasattr(ordered, "dask"):
        one_by_one = ordered.rechunk((1, -1, -1, -1, -1))
        return one_by_one.map_blocks(partial(_place_block, canvas), chunks=chunks, dtype=dtype)
    frames = frames_of(movie)
    return np.stack([canvas.place(frames.frame(t), t) for t in range(len(canvas.shifts))])


def _place_block(canvas: Canvas, block: NDArray[Any], block_id: tuple[int, ...]) -> NDArray[Any]:
    return canvas.place(np.asarray(block[0]), block_id[0])[None]


def _place_from_file(file: "_OpenOnRead", canvas: Canvas, block_id: tuple[int, ...]) -> NDArray[Any]:
    return canvas.place(file.frame(block_id[0]), block_id[0])[None]


class _OpenOnRead:
    """A movie in a file, opened in each process at the first read; threads take turns."""

    def __init__(self, path: str | os.PathLike, axes: str | None) -> None:
        self._path, self._axes = path, axes
        self._lock = threading.Lock()
        self._movie: TimeLapse | None = None

    def frame(self, t: int) -> NDArray[Any]:
        """Read frame `t`, shape (Z, C, Y, X)."""
        with self._lock:
            if self._movie is None:
                self._movie = TimeLapse(self._path, self._axes)
                weakref.finalize(self, self._movie.close)
            return self._movie.frame(t)

    def __reduce__(self) -> tuple:
        return (_OpenOnRead, (self._path, self._axes))
