"""Memory needed to measure a movie, estimated before any frame is read."""

from math import prod

from cpretrain.images.timelapse import Frames
from cpretrain.registration.phase_correlation.mirror_padding import extended_shape
from cpretrain.settings.drift import DriftSettings

FRAMES, IMAGES, EXTENDED, MEAN = 4, 16, 28, 32
"""Number of recorded frames in memory; bytes per measured pixel, per pixel of the extended image, and per pixel of the
running mean (measured by benchmarks/memory.py)."""
ROBUST, ROBUST_KEPT = 56, 2**26
"""Bytes per pixel in group-wise measurement, and bytes for the reduced images that are kept."""


def memory_needed(movie: Frames, settings: DriftSettings) -> int:
    """Return the peak memory in bytes for measuring the drift of a movie with any number of frames."""
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
