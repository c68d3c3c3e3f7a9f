"""Settings for drift correction."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cpretrain.settings.base import (
    CONVERT,
    Conversion,
    Format,
    NotNegativeInt,
    PositiveFloat,
    PositiveInt,
    Settings,
)


class DriftSettings(Settings):
    """Options of "Correct 3D drift", with the plugin's own defaults."""

    engine: Literal["auto", "fiji", "native"] = Field(
        "auto",
        description="fiji: the plugin itself; native: the same algorithm in Python; auto: fiji if one is found",
    )
    fiji: Path | None = Field(None, description="folder of a local Fiji (or set FIJI_HOME)")
    channel: PositiveInt = Field(1, description="channel to measure the drift on, counted from 1")
    only_xy: bool = Field(False, description="correct 3D data in x and y only")
    multi_time_scale: bool = Field(False, description="also measure over longer and longer time steps")
    sub_pixel: bool = Field(False, description="apply fractional shifts by linear interpolation")
    edge_enhance: bool = Field(False, description="enhance edges before measuring")
    threshold: float = Field(0.0, ge=0, description="subtract this grey value before measuring")
    z_range: tuple[PositiveInt, PositiveInt] | None = Field(
        None, description="lowest and highest z plane to measure, counted from 1 (default: all)"
    )
    max_shift: tuple[NotNegativeInt, NotNegativeInt, NotNegativeInt] = Field(
        (10, 10, 10), description="largest shift between two frames in x, y and z, in pixels"
    )
    roi: tuple[NotNegativeInt, NotNegativeInt, PositiveInt, PositiveInt] | None = Field(
        None, description="measure only inside this box: x, y, width, height in pixels"
    )
    axes: str | None = Field(
        None, description="axes of the file, where it states them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(None, description=CONVERT)
    reference: Literal["previous", "first", "mean"] = Field(
        "previous",
        description="measure each frame against the one before it, the first one, or the mean of those aligned so "
        "far (native engine only, like all settings down to `ignore_padding`)",
    )
    refine: bool = Field(
        False,
        description="move each measured shift to where the images agree best: to the nearest pixel, or with "
        "`sub_pixel` to a fraction of one",
    )
    bridge: bool = Field(
        False,
        description="skip frames that do not determine a drift, and interpolate theirs from the frames around them",
    )
    robust: bool = Field(
        False,
        description="measure whatever is wrong with the movie: pairs at several distances, the mean of all frames, "
        "frames bridged, still pixels left out; `max_shift` cuts nothing",
    )
    rotation: bool = Field(
        False,
        description="measure and undo rotation in the plane too, for stages and wells that turn; turned frames are "
        "interpolated",
    )
    shifts: Path | None = Field(
        None,
        description="do not measure; apply this NAME.shifts.csv, or the one in this folder with the movie's name",
    )
    shifts_scale: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        (1.0, 1.0, 1.0),
        description="pixels of this movie per pixel of the movie that `shifts` was measured on, in x, y and z",
    )
    crop_to_valid: bool = Field(
        False, description="keep only the area that every frame covers, instead of growing the canvas"
    )
    keep_large_shifts: bool = Field(
        False,
        description="keep shifts larger than `max_shift` as they were measured, with a warning, instead of cutting "
        "them",
    )
    mask: Path | None = Field(
        None,
        description="TIFF or PNG the size of a frame; pixels that are not 0 are left out of the measurement, for "
        "example dust on the camera",
    )
    ignore_padding: bool = Field(
        False, description="leave out borders of zeros that frames already have, frame by frame"
    )
    format: Format = Field(
        "tiff", description="file format of corrected movies: tiff, or ome-zarr with a pyramid"
    )
    verify: NotNegativeInt = Field(
        0,
        description="also correct this many movies with the plugin, and report whether the results are equal",
    )
