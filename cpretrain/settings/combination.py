"""Settings for combining the classes of several models."""

from typing import Literal

from pydantic import Field

from cpretrain.settings.base import Format, Settings


class CombineSettings(Settings):
    """Settings for combining the results of several models."""

    rule: Literal["probability", "smaller", "larger", "order"] = Field(
        "probability",
        description="which object gets a pixel where objects of several classes overlap: the more probable, the "
        "smaller, the larger, or that of the class named first",
    )
    keep: float = Field(
        0.5, ge=0, le=1, description="share of its pixels that an object must keep; otherwise it is left out"
    )
    axes: str | None = Field(
        None, description="axes of the label images, where the files state them wrongly, for example TYX"
    )
    format: Format = Field(
        "tiff",
        description="file format of label images: tiff, or ome-zarr, beside the movie if the combined ones are",
    )
    geojson: bool = Field(True, description="also write GeoJSON with the classes, which QuPath opens")
