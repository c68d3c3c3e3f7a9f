"""Settings for drift correction."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cpretrain.settings.base import Conversion, Format, NotNegativeInt, PositiveFloat, PositiveInt, Settings


class DriftSettings(Settings):
    """Options of "Correct 3D drift", with the plugin's own defaults."""

    engine: Literal["auto", "fiji", "native"] = Field(
        "auto",
        description="fiji: the plugin itself; native: the same in Python; auto: fiji where there is one",
    )
    fiji: Path | None = Field(None, description="folder of a local Fiji (or set FIJI_HOME)")
    channel: PositiveInt = Field(1, description="channel that the drift is measured on, from 1")
    only_xy: bool = Field(False, description="correct only x and y of 3D data")
    multi_time_scale: bool = Field(False, description="measure again over longer and longer time steps")
    sub_pixel: bool = Field(False, description="apply fractional shifts by linear interpolation")
    edge_enhance: bool = Field(False, description="enhance edges before measuring")
    threshold: float = Field(0.0, ge=0, description="subtract this grey value before measuring")
    z_range: tuple[PositiveInt, PositiveInt] | None = Field(
        None, description="lowest and highest z plane to measure, from 1 (default: all)"
    )
    max_shift: tuple[NotNegativeInt, NotNegativeInt, NotNegativeInt] = Field(
        (10, 10, 10), description="largest shift between two frames in x, y and z, in pixels"
    )
    roi: tuple[NotNegativeInt, NotNegativeInt, PositiveInt, PositiveInt] | None = Field(
        None, description="measure inside this box only: x, y, width, height in pixels"
    )
    axes: str | None = Field(
        None, description="axes of the file where it states them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(
        None,
        description="make pixels that cannot be measured grey values; offset: signed integers plus half their range; "
        "luminance, red, green, blue: of RGB",
    )
    reference: Literal["previous", "first", "mean"] = Field(
        "previous",
        description="measure each frame against the one before it, the first one, or the mean of those aligned so "
        "far (native engine only, as all that follows)",
    )
    refine: bool = Field(
        False,
        description="go from each measured shift to where the images are most alike: to the pixel, with `sub_pixel` "
        "to a fraction of one",
    )
    bridge: bool = Field(
        False,
        description="measure over frames that do not determine a drift, and give them the drift between the others",
    )
    robust: bool = Field(
        False,
        description="measure whatever is wrong with the movie: pairs at several distances, the mean of all frames, "
        "frames bridged, still pixels left out; `max_shift` cuts nothing",
    )
    shifts: Path | None = Field(
        None,
        description="do not measure, but apply this NAME.shifts.csv, or that of the same name in this folder",
    )
    shifts_scale: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        (1.0, 1.0, 1.0),
        description="pixels of this movie for one pixel of that of `shifts`, in x, y and z",
    )
    crop_to_valid: bool = Field(
        False, description="keep only the area that every frame covers, instead of growing the canvas"
    )
    keep_large_shifts: bool = Field(
        False,
        description="take shifts larger than `max_shift` as they were measured, with a warning, and do not cut them",
    )
    mask: Path | None = Field(
        None,
        description="TIFF or PNG of the size of a frame: pixels that are not 0 are left out of the measurement, for "
        "example dust on the camera",
    )
    ignore_padding: bool = Field(
        False, description="leave out the borders of zeros that frames have already, frame by frame"
    )
    format: Format = Field(
        "tiff", description="what corrected movies are written as: tiff, or ome-zarr with a pyramid"
    )
    verify: NotNegativeInt = Field(
        0, description="correct this many movies with the plugin too, and say whether the results are equal"
    )
