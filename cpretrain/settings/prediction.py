"""Settings for segmenting whole movies."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import Format, NotNegativeInt, PositiveFloat, PositiveInt, _listed
from cpretrain.settings.segmentation import SegmentSettings


class PredictSettings(SegmentSettings):
    """How movies and images are segmented."""

    volume: Literal["planes", "stitch", "flows"] = Field(
        "stitch",
        description="z stacks plane by plane (planes), plane by plane and then joined across planes (stitch), or with "
        "flows in 3D (flows)",
    )
    stitch_threshold: float = Field(
        0.25, gt=0, le=1, description="IoU from which objects of neighbouring planes are one"
    )
    anisotropy: PositiveFloat | None = Field(
        None, description="z step over pixel size, for flows in 3D (default: as the file says, else 1)"
    )
    channel: PositiveInt | None = Field(
        None, description="channel to segment, from 1 (default: as the model was trained, else 1)"
    )
    second_channel: PositiveInt | None = Field(
        None, description="channel of the nuclei, from 1 (default: as the model was trained, else none)"
    )
    class_name: str = Field("", description="class of the objects (default: the model's cell type)")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None, description="segment these frames only, from 0, for example 0,5,9; the others stay empty"
    )
    axes: str | None = Field(
        None, description="axes of the file where it states them wrongly, for example TYX"
    )
    format: Format = Field(
        "tiff",
        description="what label images are written as: tiff, or ome-zarr, beside the movie where that is an OME-Zarr "
        "that cpretrain drift wrote",
    )
    png: bool = Field(False, description="also write pictures of the objects, each in a colour of its own")
    geojson: bool = Field(False, description="also write GeoJSON, which QuPath opens as annotations")
    rois: bool = Field(False, description="also write ROIs for ImageJ's ROI manager")
    batch_size: PositiveInt = Field(
        8,
        description="tiles that the network takes at once on a GPU; fewer need less memory. On a CPU it takes two",
    )
