"""Memory needed to segment a movie, estimated before any frame is read."""

from pathlib import Path

from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.prediction import PredictSettings

TILE, PIXEL, PLANE_PIXEL, NETWORK_DIAMETER = 86_000_000, 100, 12, 30.0
"""Bytes per tile in a batch of the network (measured with Cellpose 3.1: 689 MB for eight tiles), per pixel that is
segmented at once, and per pixel of a frame with its labels and its probability (both counted from the arrays that hold
them); and the diameter of objects as the network sees them, in pixels."""


def memory_of_prediction(source: Path, settings: PredictSettings) -> int:
    """Return the peak memory in bytes for segmenting a movie, for any number of frames, without the model.

    Raises
    ------
    BadInput
        When it is not a movie or an image.
    """
    with TimeLapse(source, settings.axes, settings.convert) as movie:
        _, planes, _, height, width = movie.shape
        enlarged = max(1.0, NETWORK_DIAMETER / settings.diameter if settings.diameter else 1.0)
        in_3d = settings.volume == "flows" and planes > 1
        seen = height * width * (planes * enlarged**3 if in_3d else enlarged**2)
        kept = PLANE_PIXEL * (1 + settings.flows)
        held = 2 * movie.frame_bytes + kept * planes * height * width
        return held + TILE * settings.batch_size + int(PIXEL * seen)
