"""Settings for rounds of correction."""

from typing import Literal

from pydantic import Field

from cpretrain.settings.base import CONVERT, Conversion, Device, NotNegativeInt, PositiveInt, Seed, Settings
from cpretrain.settings.masks import UNDRAWN, Undrawn


class RoundSettings(Settings):
    """Settings for a round of annotation; those left out are taken from the previous round."""

    name: str = Field("", description="name of the cell type and of the model")
    base: str = Field("", description="base model that every round retrains: a name, or a model file")
    channel: PositiveInt = Field(1, description="channel to segment, counted from 1")
    second_channel: PositiveInt | None = Field(None, description="channel of the nuclei, counted from 1")
    choose: Literal["uncertain", "broken-tracks", "random"] = Field(
        "uncertain",
        description="annotate where the model is least certain, where tracks of its objects break, or at random",
    )
    crops: PositiveInt = Field(10, description="crops to annotate and train on")
    validation_crops: PositiveInt = Field(
        10, description="additional crops in the first round, which are never trained on"
    )
    size: PositiveInt = Field(100, description="edge length of a crop in pixels, without its border")
    border: NotNegativeInt = Field(2, description="width of the edge of zeros added around a crop, in pixels")
    look_at: PositiveInt = Field(
        60, description="frames in which to look for places where the model is uncertain, or tracks break"
    )
    axes: str | None = Field(
        None, description="axes of the movies, where the files state them wrongly, for example TYX"
    )
    convert: Conversion | None = Field(None, description=CONVERT)
    cellpose_window: bool = Field(
        False, description="also write _seg.npy files, to correct in Cellpose's own window"
    )
    qupath: bool = Field(
        False, description="also make a QuPath project of the crops, with predictions to correct"
    )
    undrawn: Undrawn = Field("background", description=UNDRAWN)
    seed: Seed = Field(0, description="seed for everything that is random")
    device: Device = Field("auto", description="where to compute")
