"""Settings for cutting training crops."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import CONVERT, Conversion, NotNegativeInt, PositiveInt, Seed, Settings, _listed


class CropSettings(Settings):
    """Settings for drawing training crops."""

    per_image: PositiveInt = Field(5, description="crops per image")
    size: PositiveInt = Field(100, description="edge length of a crop in pixels, without its border")
    border: NotNegativeInt = Field(2, description="width of the edge of zeros added around a crop, in pixels")
    seed: Seed = Field(0, description="seed for the random positions")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None, description="draw only from these frames, counted from 0, for example 0,5,9 (default: all)"
    )
    axes: str | None = Field(
        None, description="axes of the file, where it states them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(None, description=CONVERT)
