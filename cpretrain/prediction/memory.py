"""How much memory it takes to segment a movie, known before a frame is read."""

from pathlib import Path

from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.prediction import PredictSettings

TILE, PIXEL, PLANE_PIXEL, NETWORK_DIAMETER = 86_000_000, 100, 12, 30.0
"""Bytes for each tile that the network takes at once (measured with Cellpose 3.1: 689 MB for eight of them); for each
pixel of what is segmented at once, and for each of a frame, its labels and its probability (counted: the arrays that
hold them); and the diameter that objects have for the network, in pixels."""


def memory_of_prediction(source: Path, settings: PredictSettings) -> int:
    """Bytes that segmenting a movie takes at its peak, whatever the number of frames, besides the model.

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
        held = 2 * movie.frame_bytes + PLANE_PIXEL * planes * height * width
        return held + TILE * settings.batch_size + int(PIXEL * seen)
