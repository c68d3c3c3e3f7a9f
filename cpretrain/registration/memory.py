"""Memory needed to measure a movie, estimated before any frame is read."""

import os
from math import prod

from cpretrain.images.timelapse import Frames
from cpretrain.registration.phase_correlation.mirror_padding import extended_shape
from cpretrain.runtime.threads import threads_allowed
from cpretrain.settings.drift import DriftSettings

FRAMES, IMAGES, EXTENDED, MEAN = 4, 16, 28, 32
"""Number of recorded frames in memory; bytes per measured pixel, per pixel of the extended image, and per pixel of the
running mean (measured by benchmarks/memory.py)."""
ANOTHER_PAIR, MOST_MORE, MOST_AT_ONCE = 20, 2**29, 8
"""Bytes per pixel of the extended image for each pair beyond two, their maximum for all these pairs, and the maximum
number of pairs at once."""
ROBUST, ROBUST_KEPT = 56, 2**27
"""Bytes per pixel in group-wise measurement, and bytes for the reduced images that are kept."""


def memory_needed(movie: Frames, settings: DriftSettings) -> int:
    """Return the peak memory in bytes for measuring the drift of a movie with any number of frames."""
    frame = prod(movie.shape[1:]) * movie.dtype.itemsize
    shape = measured_shape(movie, settings)
    if settings.robust:
        return FRAMES * frame + ROBUST * prod(shape) + ROBUST_KEPT
    pixels = IMAGES + (MEAN if settings.reference == "mean" else 0)
    extended = EXTENDED + ANOTHER_PAIR * (pairs_at_once(movie, settings) - 2)
    return FRAMES * frame + pixels * prod(shape) + max(EXTENDED, extended) * prod(extended_shape(shape))


def measured_shape(movie: Frames, settings: DriftSettings) -> tuple[int, int, int]:
    """Return the lengths in z, y, x of the measured part of a frame."""
    _, planes, _, height, width = movie.shape
    low, high = settings.z_range or (1, planes)
    across, down = settings.roi[2:] if settings.roi else (width, height)
    return 1 if settings.only_xy else high - low + 1, down, across


def pairs_at_once(movie: Frames, settings: DriftSettings) -> int:
    """Return the number of pairs to measure at once: one per core, as long as they need little memory."""
    another = ANOTHER_PAIR * prod(extended_shape(measured_shape(movie, settings)))
    return min(threads_allowed(os.cpu_count() or 1), MOST_AT_ONCE, 2 + MOST_MORE // another)
