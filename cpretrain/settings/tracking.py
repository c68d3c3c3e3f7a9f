"""Settings for linking objects of consecutive frames to tracks."""

from typing import Literal

from pydantic import Field

from cpretrain.settings.base import Format, NotNegativeInt, PositiveFloat, Settings


class TrackSettings(Settings):
    """Settings for tracking segmented objects."""

    cost: Literal["both", "distance", "overlap"] = Field(
        "both",
        description="what links two objects of consecutive frames: how near their centres are, how far they overlap, "
        "or both alike",
    )
    max_distance: PositiveFloat | None = Field(
        None,
        description="farthest that a centre moves from one frame to the next, in pixels (default: the median diameter "
        "of the movie's objects)",
    )
    max_missing: NotNegativeInt = Field(
        2, description="most frames in a row in which an object may be missing within its track"
    )
    divisions: bool = Field(
        True,
        description="let an object that appears away from the border be the daughter of one nearby in the frame before",
    )
    axes: str | None = Field(
        None, description="axes of the label images, where the files state them wrongly, for example TYX"
    )
    format: Format = Field("tiff", description="file format of the label images whose numbers are tracks")
    trackmate: bool = Field(True, description="also write XML that TrackMate opens in Fiji")
    geff: bool = Field(
        True, description="also write GEFF, the exchange format of graphs for napari and other trackers"
    )
    rois: bool = Field(True, description="also write ROIs for ImageJ's ROI manager, named after their tracks")
