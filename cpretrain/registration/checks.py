"""Checks of drift settings against the movie before anything is measured, for both engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.conversion import MEASURED
from cpretrain.images.timelapse import Frames
from cpretrain.registration.curve import DriftCurve
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings

BEYOND_PLUGIN = (
    "reference",
    "refine",
    "bridge",
    "robust",
    "rotation",
    "shifts",
    "shifts_scale",
    "crop_to_valid",
    "keep_large_shifts",
    "mask",
    "ignore_padding",
)
"""Options that only the native engine has."""
FARTHEST = 1e7
"""Limit in pixels; larger shifts are taken for damage."""
_SWITCHES = ("multi_time_scale", "refine", "bridge", "robust", "rotation")
_EXCLUDED = {
    "shifts": ("reference",),
    "multi_time_scale": ("reference",),
    "roi": ("mean",),
    "mask": ("shifts",),
    "refine": ("shifts",),
    "bridge": ("shifts",),
    "robust": ("shifts", "roi", "reference", "multi_time_scale"),
    "rotation": ("shifts", "roi"),
}
"""Options that exclude each other; ``mean`` is the mean as reference, which has no ROI of its own."""
SMALLEST_OVERLAP = 3
"""Minimum length in pixels, along every axis, of an overlap of two images."""


def check_drift_settings(movie: Frames, settings: DriftSettings) -> None:
    """Check that the settings fit the movie.

    Parameters
    ----------
    movie : Frames
        The movie; none of its frames is read. If it has an attribute ``path``, messages start with it.
    settings : DriftSettings
        The settings to check.

    Raises
    ------
    BadInput
        When they do not fit, with a cure.
    """
    check_options(settings)
    name = _name(movie)
    _check_movie(name, movie)
    _, planes, _, height, width = movie.shape
    _check_channel(name, movie, settings)
    low, high = settings.z_range or (1, planes)
    if low > high or high > planes:
        raise BadInput(
            f"{name}there are no z planes {low} to {high}",
            found=f"{planes} z plane" + "s" * (planes > 1),
            expected=f"{option('z_range', 'LOW', 'HIGH')} with 1 ≤ LOW ≤ HIGH ≤ {planes}",
        )
    if 1 < high - low + 1 < SMALLEST_OVERLAP and not settings.only_xy:
        raise BadInput(
            f"{name}{high - low + 1} z planes are too few to measure a drift in z",
            expected=f"one plane, or at least {SMALLEST_OVERLAP}",
            cure=f"measure only x and y with {option('only_xy', True)}",
        )
    if settings.roi is not None:
        _check_roi(name, settings.roi, height, width)


def beyond_plugin(settings: DriftSettings) -> list[str]:
    """Return the names of options in use that the plugin does not have."""
    defaults = DriftSettings()
    return [name for name in BEYOND_PLUGIN if getattr(settings, name) != getattr(defaults, name)]


def check_options(settings: DriftSettings) -> None:
    """Check that the settings are consistent, whatever the movie.

    Raises
    ------
    BadInput
        When options exclude each other.
    """
    _check_engine(settings)
    if settings.mask and not settings.mask.is_file():
        raise BadInput(f"{settings.mask}: no such mask", expected="a TIFF or PNG the size of a frame")
    for one, other in _clashes(settings):
        raise BadInput(f"{one} with {other} makes no sense", cure="leave out one of them")
    if settings.shifts_scale != DriftSettings().shifts_scale and settings.shifts is None:
        raise BadInput(
            f"{option('shifts_scale')} without {option('shifts')} makes no sense",
            cure="leave out one of them",
        )


def _check_engine(settings: DriftSettings) -> None:
    """Check that the engine has all options in use."""
    beyond = [option(name) for name in beyond_plugin(settings)]
    if settings.engine == "fiji" and beyond:
        raise BadInput(
            f"{', '.join(beyond)}: the plugin in Fiji has no such option",
            found=option("engine", "fiji"),
            cure=f"use {option('engine', 'native')}, or leave out " + " and ".join(beyond),
        )
    if settings.verify and (settings.engine != "native" or beyond):
        raise BadInput(
            f"{option('verify')} compares the native engine with the plugin, on what both can do",
            found=", ".join([option("engine", settings.engine), *beyond]),
            cure=f"use {option('engine', 'native')}" + "".join(f", leave out {each}" for each in beyond),
        )


def _clashes(settings: DriftSettings) -> Iterator[tuple[str, str]]:
    """Yield the pairs of options in use that exclude each other, as users spell them."""
    in_use = {name: option(name) for name in ("shifts", "roi", "mask") if getattr(settings, name) is not None}
    in_use |= {name: option(name, True) for name in _SWITCHES if getattr(settings, name)}
    if settings.reference != "previous":
        in_use |= dict.fromkeys(("reference", settings.reference), option("reference", settings.reference))
    for name, others in _EXCLUDED.items():
        for other in others:
            if name in in_use and other in in_use:
                yield in_use[name], in_use[other]


def check_applied(movie: Frames, settings: DriftSettings, curve: DriftCurve, table: Path) -> None:
    """Check that shifts measured elsewhere fit the movie.

    Parameters
    ----------
    movie : Frames
        The movie to correct.
    settings : DriftSettings
        Settings of the correction.
    curve : DriftCurve
        The shifts.
    table : pathlib.Path
        Their file, for errors.

    Raises
    ------
    BadInput
        When the table has a different number of frames, or the movie is RGB or lacks the channel to show.
    """
    name = _name(movie)
    _check_grey(name, movie)
    _check_channel(name, movie, settings)
    if len(curve.drift) != movie.shape[0]:
        raise BadInput(
            f"{name}the shifts in {table} do not fit",
            found=f"shifts of {len(curve.drift)} frames, a movie of {movie.shape[0]}",
            expected="one row per frame",
        )
    scale_x, scale_y, _ = settings.shifts_scale
    if curve.angle is not None and scale_x != scale_y:
        raise BadInput(
            f"{table}: holds angles, and pixels of other proportions cannot be turned by them",
            found=option("shifts_scale", *settings.shifts_scale),
            cure="apply it to a movie with square pixels like those of the one that it was measured on",
        )
    if curve.angle is not None and not np.isfinite(curve.angle).all():
        raise BadInput(f"{table}: holds angles that are no finite numbers of degrees")
    if not (np.abs(curve.drift) < FARTHEST).all():
        raise BadInput(
            f"{table}: holds shifts that are not finite or far too large", expected=f"less than {FARTHEST:g}"
        )


def _check_movie(name: str, movie: Frames) -> None:
    frames, planes, channels, height, width = movie.shape
    _check_grey(name, movie)
    if movie.dtype.name not in MEASURED:
        raise BadInput(
            f"{name}pixels of type {movie.dtype.name} cannot be measured",
            expected=", ".join(MEASURED),
            cure=f"add half their range to signed pixels ({option('convert', 'offset')})"
            if movie.dtype.name in ("int8", "int16")
            else f"take them as 32-bit floats ({option('convert', 'float')})",
        )
    if frames < 2:
        raise BadInput(
            f"{name}has only one frame",
            found=f"{frames} frame, {planes} z plane"
            + "s" * (planes > 1)
            + f", {channels} channel"
            + "s" * (channels > 1),
            expected="at least two frames",
            cure=_axes_that_help(movie),
        )
    if min(height, width) < SMALLEST_OVERLAP:
        raise BadInput(
            f"{name}frames of {height} × {width} pixels are too small to measure a drift",
            expected=f"at least {SMALLEST_OVERLAP} × {SMALLEST_OVERLAP}",
        )


def _axes_that_help(movie: Frames) -> str:
    """Return the axes that would turn planes or channels into frames."""
    stated = getattr(movie, "axes", "").replace("T", "")
    words = {"Z": "z planes", "C": "channels"}
    lengths = dict(zip("ZC", movie.shape[1:3], strict=True))
    ways = [
        f"if its {words[axis]} are frames, say so with T in place of {axis}: "
        + option("axes", stated.replace(axis, "T") if axis in stated else "TYX")
        for axis in "ZC"
        if lengths[axis] > 1
    ]
    return "; ".join(ways) or "choose a file that holds all frames of the movie"


def _check_grey(name: str, movie: Frames) -> None:
    if getattr(movie, "is_rgb", False):
        raise BadInput(
            f"{name}an RGB image cannot be corrected",
            expected="grey values, one or more channels",
            cure=f"choose what is measured and corrected: {option('convert')} luminance, red, green or blue",
        )


def _check_channel(name: str, movie: Frames, settings: DriftSettings) -> None:
    channels = movie.shape[2]
    if settings.channel > channels:
        raise BadInput(
            f"{name}there is no channel {settings.channel}",
            found=f"{channels} channel" + "s" * (channels > 1),
            cure=f"give {option('channel')} from 1 to {channels}"
            if channels > 1
            else f"leave out {option('channel')}",
        )


def _check_roi(name: str, roi: tuple[int, int, int, int], height: int, width: int) -> None:
    x, y, roi_width, roi_height = roi
    if x + roi_width > width or y + roi_height > height:
        raise BadInput(
            f"{name}the ROI reaches beyond the image",
            found=f"x {x} to {x + roi_width}, y {y} to {y + roi_height}",
            expected=f"within {width} × {height} pixels (x, y)",
            cure=f"give {option('roi', 'X', 'Y', 'WIDTH', 'HEIGHT')} inside the image",
        )
    if min(roi_width, roi_height) < SMALLEST_OVERLAP:
        raise BadInput(
            f"{name}a ROI of {roi_width} × {roi_height} pixels is too small",
            expected=f"at least {SMALLEST_OVERLAP} × {SMALLEST_OVERLAP}",
        )


def check_pixels(movie: Frames, frame: NDArray[Any], t: int) -> None:
    """Check that a frame of a movie holds only finite numbers.

    Parameters
    ----------
    movie : Frames
        The movie, for errors.
    frame : ndarray, shape (Z, C, Y, X)
        The frame.
    t : int
        Its number, from 0.

    Raises
    ------
    BadInput
        When it holds NaN or infinite pixels.
    """
    if frame.dtype.kind != "f" or np.isfinite(frame).all():
        return
    bad = int(frame.size - np.isfinite(frame).sum())
    raise BadInput(
        f"{_name(movie)}frame {t} holds pixels that are NaN or infinite",
        found=f"{bad} of {frame.size} pixels (frames are counted from 0)",
        expected="finite grey values",
        cure="replace them, in Fiji: Process › Math › NaN Background, or leave the frame out",
    )


def _name(movie: Frames) -> str:
    path = getattr(movie, "path", None)
    return f"{path}: " if path else ""
