"""Settings for segmenting whole movies."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import (
    CONVERT,
    Conversion,
    Format,
    NotNegativeInt,
    PositiveFloat,
    PositiveInt,
    _listed,
)
from cpretrain.settings.segmentation import SegmentSettings

Precision = Literal["auto", "float32", "bfloat16"]


class PredictSettings(SegmentSettings):
    """Settings for segmenting movies and images."""

    volume: Literal["planes", "stitch", "flows"] = Field(
        "stitch",
        description="segment z stacks plane by plane (planes), plane by plane and then joined across planes "
        "(stitch), or with "
        "flows in 3D (flows)",
    )
    stitch_threshold: float = Field(
        0.25, gt=0, le=1, description="lowest IoU at which objects in neighbouring planes are joined"
    )
    anisotropy: PositiveFloat | None = Field(
        None, description="z step divided by pixel size, for flows in 3D (default: as the file says, else 1)"
    )
    flow3d_smooth: float = Field(
        0.0,
        ge=0,
        description="smooth flows in 3D with a Gaussian filter of this standard deviation, in pixels; helps where "
        "objects break into pieces along z",
    )
    channel: PositiveInt | None = Field(
        None, description="channel to segment, counted from 1 (default: as the model was trained, else 1)"
    )
    second_channel: PositiveInt | None = Field(
        None,
        description="channel of the nuclei, counted from 1 (default: as the model was trained, else none)",
    )
    class_name: str = Field("", description="class of the objects (default: the model's cell type)")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None,
        description="segment only these frames, counted from 0, for example 0,5,9; the others stay empty",
    )
    axes: str | None = Field(
        None, description="axes of the file, where it states them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(None, description=CONVERT)
    format: Format = Field(
        "tiff",
        description="file format of label images: tiff, or ome-zarr, beside the movie if that is an OME-Zarr written "
        "by cpretrain "
        "drift",
    )
    label_type: Literal["auto", "uint16", "uint32"] = Field(
        "auto",
        description="type of the label images; auto: uint16, or uint32 where a frame has more than 65,535 objects",
    )
    probability: bool = Field(
        False,
        description="also write the probability that a pixel belongs to an object, as images of float32",
    )
    flows: bool = Field(
        False,
        description="also write the flows of the network, a channel for each direction, as images of float32",
    )
    measure: bool = Field(
        False,
        description="also write a table of measurements: size, shape, and grey values in each channel, of every object "
        "in every frame, in µm and seconds where the movie states them",
    )
    png: bool = Field(False, description="also write pictures of the objects, each in its own colour")
    geojson: bool = Field(False, description="also write GeoJSON, which QuPath opens as annotations")
    rois: bool = Field(False, description="also write ROIs for ImageJ's ROI manager")
    batch_size: PositiveInt = Field(
        8,
        description="tiles that the network processes at once on a GPU; fewer need less memory (on a CPU it is "
        "always two)",
    )
    precision: Precision = Field(
        "auto",
        description="numbers that the network computes with; bfloat16: of 16 bits, faster where the processor has "
        "them, with nearly the same objects; auto: as Cellpose itself computes, of 32 bits in Cellpose 3 and of 16 in "
        "Cellpose 4, unless the processor has none of 16",
    )
