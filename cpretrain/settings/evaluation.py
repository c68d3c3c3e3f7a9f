"""Settings for evaluation and for the agreement of two annotators."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import PositiveFloat, Settings, _listed
from cpretrain.settings.segmentation import SegmentSettings


class AgreeSettings(Settings):
    """Settings for comparing masks."""

    thresholds: str = Field(
        "0.5:0.95:0.05", description="IoU thresholds as FIRST:LAST:STEP, or separated by commas"
    )


class EvaluateSettings(SegmentSettings, AgreeSettings):
    """Settings for scoring a model."""

    tune: bool = Field(
        False,
        description="first search for the flow and cellprob thresholds that work best on the training images, for "
        "both models; stored with the model",
    )
    tune_diameters: Annotated[tuple[PositiveFloat, ...], BeforeValidator(_listed)] = Field(
        (), description="diameters in pixels to try as well, separated by commas (default: only the model's)"
    )
