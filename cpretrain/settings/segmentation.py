"""Settings for Cellpose's segmentation, shared by prediction, evaluation and rounds."""

from typing import Self

from pydantic import Field

from cpretrain.settings.base import Device, PositiveInt, Settings

FLOW_THRESHOLD, CELLPROB_THRESHOLD = 0.4, 0.0
"""Cellpose's own defaults."""


class SegmentSettings(Settings):
    """Settings for deriving objects from the network's output."""

    flow_threshold: float | None = Field(
        None,
        ge=0,
        description="flow threshold: larger keeps more objects (default: as tuned, else Cellpose's 0.4)",
    )
    cellprob_threshold: float | None = Field(
        None,
        description="cellprob threshold: smaller makes objects larger (default: as tuned, else Cellpose's 0)",
    )
    diameter: float | None = Field(
        None,
        gt=0,
        description="diameter of the objects in pixels (default: as tuned, else the model's)",
    )
    min_size: int = Field(15, description="smallest object to keep, in pixels")
    niter: PositiveInt | None = Field(
        None,
        description="steps that pixels follow the flows; more, for example 2000, for long objects such as bacteria "
        "(default: as Cellpose does, by the diameter)",
    )
    exclude_on_edges: bool = Field(
        False, description="leave out objects that touch the border of the image, or of its padding"
    )
    device: Device = Field("auto", description="where to compute")

    def filled(self, **tuned: float | None) -> Self:
        """Fill in thresholds and diameter where they are left open: the tuned value, else Cellpose's default."""
        values = {"flow_threshold": FLOW_THRESHOLD, "cellprob_threshold": CELLPROB_THRESHOLD, **tuned}
        left_open = {name: value for name, value in values.items() if getattr(self, name) is None}
        return self.model_copy(update=left_open)
