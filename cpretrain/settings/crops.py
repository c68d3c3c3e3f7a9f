"""Settings for cutting training crops."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import (
    CONVERT,
    Conversion,
    NotNegativeInt,
    PositiveFloat,
    PositiveInt,
    Seed,
    Settings,
    _listed,
)

Plane = Literal["xy", "xz", "yz"]
"""Plane of a crop in a stack."""


class CropSettings(Settings):
    """Settings for drawing training crops."""

    per_image: PositiveInt = Field(5, description="crops per image")
    size: PositiveInt = Field(100, description="edge length of a crop in pixels, without its border")
    border: NotNegativeInt = Field(2, description="width of the edge of zeros added around a crop, in pixels")
    seed: Seed = Field(0, description="seed for the random positions")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None, description="draw only from these frames, counted from 0, for example 0,5,9 (default: all)"
    )
    planes: Annotated[tuple[Plane, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        ("xy",),
        description="planes that crops of a stack are cut in, in turn, for example xy,xz,yz for a model that is used "
        "with flows in 3D",
    )
    anisotropy: PositiveFloat | None = Field(
        None,
        description="z step divided by pixel size, for crops in xz and yz (default: as the file says, else 1)",
    )
    axes: str | None = Field(
        None, description="axes of the file, where it states them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(None, description=CONVERT)
