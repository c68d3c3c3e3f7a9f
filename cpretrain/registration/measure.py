"""Measure the drift of a movie without Java, in an array or a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cpretrain.images.movie_input import opened
from cpretrain.images.timelapse import Frames
from cpretrain.registration.checks import check_drift_settings
from cpretrain.registration.curve import DriftCurve, measured_pairs
from cpretrain.runtime.console import progress
from cpretrain.runtime.resources import check_memory
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings

if TYPE_CHECKING:
    import xarray as xr


def measure_drift(
    movie: "NDArray[Any] | xr.DataArray | str | os.PathLike | Frames",
    *,
    settings: DriftSettings | None = None,
) -> DriftCurve:
    """Measure the movement of the sample in a movie as Fiji's "Correct 3D drift" does, or beyond it.

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        An array, shape (T, Z, C, Y, X); a DataArray with axes named t, z, c, y, x in any order (some may be missing);
        a file that `TimeLapse` opens; or an object that returns one frame at a time. uint8, uint16 or float32.
    settings : DriftSettings, optional
        Settings of the measurement (default: the plugin's defaults). Those of engine and output have no effect.

    Returns
    -------
    DriftCurve
        Drift of every frame in z, y, x, in pixels (whole pixels unless `settings.sub_pixel` is set), with the pairs of
        frames that were clipped to max_shift, or are uncertain.

    Raises
    ------
    BadInput
        When movie and settings do not fit each other, or a frame cannot be read or holds NaN or infinite pixels.

    Examples
    --------
    >>> curve = measure_drift("raw/movie.tif", settings=DriftSettings(max_shift=(20, 20, 0)))  # doctest: +SKIP
    >>> curve.drift[:, 2]  # in x, frame by frame  # doctest: +SKIP

    References
    ----------
    Parslow, Cardona & Bryson-Richardson (2014), Sample drift correction following 4D confocal time-lapse
    imaging, doi:10.3791/51086.
    """
    from cpretrain.registration.memory import memory_needed
    from cpretrain.registration.previous_frame import measure_frames as measure

    settings = settings or DriftSettings()
    with opened(movie, settings.axes, settings.convert) as frames:
        check_drift_settings(frames, settings)
        check_memory(
            memory_needed(frames, settings),
            f"{_name(frames)}: frames of {' × '.join(map(str, frames.shape[1:]))} pixels (z, c, y, x) are too large to "
            "measure in memory",
            f"measure in a box ({option('roi')}) or on fewer planes ({option('z_range')}), "
            "or use a machine with more memory",
        )
        pairs = sum(1 for _ in measured_pairs(frames.shape[0], settings.multi_time_scale))
        total = pairs if settings.reference == "previous" else frames.shape[0] - 1
        if settings.robust:
            from cpretrain.registration.groupwise.schedule import pairs_to_measure

            total = sum(1 for _ in pairs_to_measure(list(range(frames.shape[0]))))
        with progress(f"measuring {_name(frames)}", total) as step:
            return measure(frames, settings, lambda earlier, later: step(f"frame {later}"))


def _name(movie: Frames) -> str:
    path = getattr(movie, "path", None)
    return Path(path).name if path else "the movie"
