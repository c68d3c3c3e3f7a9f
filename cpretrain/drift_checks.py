"""Check drift settings against the movie before anything is measured, for both engines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.settings import DriftSettings
from cpretrain.timelapse import Frames

DTYPES = ("uint8", "uint16", "float32")
SMALLEST_OVERLAP = 3
"""Pixels along every axis below which an overlap of two images counts as none."""


def check_drift_settings(movie: Frames, settings: DriftSettings) -> None:
    """Make sure that the settings fit the movie.

    Parameters
    ----------
    movie : Frames
        The movie; no frame of it is read. If it has an attribute ``path``, messages begin with it.
    settings : DriftSettings
        The settings to check.

    Raises
    ------
    BadInput
        With a cure, when they do not fit.
    """
    name = _name(movie)
    _check_movie(name, movie)
    _, planes, channels, height, width = movie.shape
    if settings.channel > channels:
        raise BadInput(
            f"{name}there is no channel {settings.channel}",
            found=f"{channels} channel" + "s" * (channels > 1),
            cure=f"give --channel from 1 to {channels}" if channels > 1 else "leave out --channel",
        )
    low, high = settings.z_range or (1, planes)
    if low > high or high > planes:
        raise BadInput(
            f"{name}there are no z planes {low} to {high}",
            found=f"{planes} z plane" + "s" * (planes > 1),
            expected=f"--z-range LOW HIGH with 1 ≤ LOW ≤ HIGH ≤ {planes}",
        )
    if 1 < high - low + 1 < SMALLEST_OVERLAP and not settings.only_xy:
        raise BadInput(
            f"{name}{high - low + 1} z planes are too few to measure a drift in z",
            expected=f"one plane, or at least {SMALLEST_OVERLAP}",
            cure="measure x and y alone with --only-xy",
        )
    if settings.roi is not None:
        _check_roi(name, settings.roi, height, width)


def _check_movie(name: str, movie: Frames) -> None:
    frames, planes, _, height, width = movie.shape
    if getattr(movie, "is_rgb", False):
        raise BadInput(
            f"{name}an RGB image cannot be corrected",
            expected="grey values, one or more channels",
            cure="in Fiji: Image › Type › RGB Stack, or make it grey, and save it again",
        )
    if movie.dtype.name not in DTYPES:
        raise BadInput(
            f"{name}pixels of type {movie.dtype.name} cannot be measured",
            expected=", ".join(DTYPES),
            cure="convert it, in Fiji: Image › Type",
        )
    if frames < 2:
        raise BadInput(
            f"{name}has one frame only",
            found=f"{frames} frame, {planes} z plane" + "s" * (planes > 1),
            expected="at least two frames",
            cure="if its z planes are frames, say so with T in place of Z, for example --axes TYX"
            if planes > 1
            else "take a file that holds all frames of the movie",
        )
    if min(height, width) < SMALLEST_OVERLAP:
        raise BadInput(
            f"{name}frames of {height} × {width} pixels are too small to measure a drift",
            expected=f"at least {SMALLEST_OVERLAP} × {SMALLEST_OVERLAP}",
        )


def _check_roi(name: str, roi: tuple[int, int, int, int], height: int, width: int) -> None:
    x, y, roi_width, roi_height = roi
    if x + roi_width > width or y + roi_height > height:
        raise BadInput(
            f"{name}the ROI reaches beyond the image",
            found=f"x {x} to {x + roi_width}, y {y} to {y + roi_height}",
            expected=f"within {width} × {height} pixels (x, y)",
            cure="give --roi X Y WIDTH HEIGHT inside the image",
        )
    if min(roi_width, roi_height) < SMALLEST_OVERLAP:
        raise BadInput(
            f"{name}a ROI of {roi_width} × {roi_height} pixels is too small",
            expected=f"at least {SMALLEST_OVERLAP} × {SMALLEST_OVERLAP}",
        )


def check_pixels(movie: Frames, frame: NDArray[Any], t: int) -> None:
    """Make sure that frame `t` (from 0) of a movie holds numbers only.

    Raises
    ------
    BadInput
        Naming the frame, when it holds NaN or infinite pixels.
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
