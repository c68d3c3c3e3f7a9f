"""The plugin itself on arrays: a movie in, the corrected movie out, with Fiji in a separate process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.axes import DIMS
from cpretrain.images.metadata import Calibration
from cpretrain.images.movie_input import opened
from cpretrain.images.timelapse import Frames
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import FijiSession, find_fiji
from fiji_bridge.drift import correct_drift

if TYPE_CHECKING:
    import xarray as xr


@contextmanager
def open_fiji(fiji: str | os.PathLike | None = None) -> Iterator[FijiSession]:
    """Start a headless Fiji that serves many calls of `correct_drift_in_fiji`; it ends with the ``with`` block.

    Parameters
    ----------
    fiji : path-like, optional
        Folder of a local Fiji (default: the one in ``FIJI_HOME``, else a downloaded one).

    Raises
    ------
    fiji_bridge.FijiNotFound
        When there is no Fiji or no Java.
    """
    with FijiSession(find_fiji(Path(fiji) if fiji else None)) as session:
        yield session


def correct_drift_in_fiji(
    movie: "NDArray[Any] | xr.DataArray | str | os.PathLike | Frames",
    *,
    settings: DriftSettings | None = None,
    fiji: FijiSession | str | os.PathLike | None = None,
) -> "xr.DataArray":
    """Correct the drift of a movie with Fiji's own "Correct 3D drift".

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        The movie, in any form that `measure_drift` takes.
    settings : DriftSettings, optional
        Options of the plugin.
    fiji : FijiSession or path-like, optional
        A Fiji from `open_fiji`, which stays open, or the folder of one that is started for this call only.

    Returns
    -------
    xarray.DataArray of the movie's dtype, dims (t, z, c, y, x)
        The corrected movie on the grown canvas. Coordinates ``drift_z``, ``drift_y`` and ``drift_x`` along t hold the
        drift in pixels; ``attrs`` hold ``pixel_size`` (z, y, x), ``unit`` and ``frame_interval`` (seconds).

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or it cannot be read.
    fiji_bridge.FijiError
        When there is no Fiji, or the plugin fails on this movie.

    Examples
    --------
    >>> with open_fiji() as fiji:  # doctest: +SKIP
    ...     corrected = [correct_drift_in_fiji(movie, fiji=fiji) for movie in movies]
    """
    if not isinstance(fiji, FijiSession):
        with open_fiji(fiji) as session:
            return correct_drift_in_fiji(movie, settings=settings, fiji=session)
    import xarray as xr

    asked = (settings or DriftSettings()).replace(engine="fiji")
    with opened(movie, asked.axes, asked.convert) as frames:
        calibration = getattr(frames, "calibration", None) or Calibration()
        done = correct_drift(fiji, frames, asked, calibration)
    assert done.pixels is not None
    coords = {f"drift_{axis}": ("t", done.drift[:, k]) for k, axis in enumerate("zyx")}
    attrs = calibration.as_attrs()
    return xr.DataArray(np.array(done.pixels), dims=DIMS, coords=coords, attrs=attrs)
