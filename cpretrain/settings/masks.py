"""Settings for importing ground truth."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import Settings, _listed

Undrawn = Literal["background", "ignore"]
UNDRAWN = (
    "what pixels outside all regions of class Region* are, if they belong to no object; ignore: unknown, and left out "
    "of training and scores (areas of class Ignore* always are)"
)
"""Help text of the setting for these."""


class MaskSettings(Settings):
    """Settings for reading drawn ground truth."""

    strict: bool = Field(False, description="refuse masks that need a guess, for example binary ones")
    components: bool = Field(
        False, description="take connected pieces of a binary or class mask as objects (touching cells merge)"
    )
    upsample: bool = Field(
        False, description="enlarge masks that were exported at a lower resolution, by nearest neighbour"
    )
    classes: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (),
        description="take only objects of these classes, named as in QuPath, separated by commas "
        "(default: all)",
    )
    take: Literal["all", "annotations", "detections", "cells"] = Field(
        "all",
        description="take only QuPath's annotations, detections or cells (all: whatever was drawn, except regions "
        "around other objects and spots inside cells)",
    )
    nuclei: bool = Field(False, description="take the nuclei of QuPath's cells instead of the whole cells")
    undrawn: Undrawn = Field("background", description=UNDRAWN)
