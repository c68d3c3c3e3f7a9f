"""How much memory the measurement of a movie takes, known before a frame is read."""

from math import prod

from cpretrain.images.timelapse import Frames
from cpretrain.registration.phase_correlation.mirror_padding import extended_shape
from cpretrain.settings.drift import DriftSettings

FRAMES, IMAGES, EXTENDED, MEAN = 4, 16, 28, 32
"""Frames as they were recorded; bytes for each pixel that is measured, for each of the extended image, and for each of
the running mean. Measured: benchmarks/memory.py."""
ROBUST, ROBUST_KEPT = 56, 2**26
"""Bytes for each pixel that is measured group-wise, and for the reduced images that are kept."""


def memory_needed(movie: Frames, settings: DriftSettings) -> int:
    """Bytes that measuring the drift of a movie takes at its peak, whatever the number of frames."""
    _, planes, channels, height, width = movie.shape
    low, high = settings.z_range or (1, planes)
    depth = 1 if settings.only_xy else high - low + 1
    across, down = settings.roi[2:] if settings.roi else (width, height)
    frame = planes * channels * height * width * movie.dtype.itemsize
    if settings.robust:
        return FRAMES * frame + ROBUST * depth * down * across + ROBUST_KEPT
    pixels = IMAGES + (MEAN if settings.reference == "mean" else 0)
    return (
        FRAMES * frame
        + pixels * depth * down * across
        + EXTENDED * prod(extended_shape((depth, down, across)))
    )
