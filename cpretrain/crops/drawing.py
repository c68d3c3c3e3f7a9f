"""Positions of crops: random planes and places in a movie, drawn with a seed."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.crops.crop_image import describe_crop
from cpretrain.dataset.crops_table import Crop
from cpretrain.errors import BadInput
from cpretrain.images.discovery import chosen_frames
from cpretrain.images.finite import finite, warn_of_not_finite
from cpretrain.images.timelapse import NamedFrames
from cpretrain.images.valid_box import valid_box
from cpretrain.models.normalization import measure_levels
from cpretrain.runtime.spelling import option
from cpretrain.settings.crops import CropSettings


def draw(movie: NamedFrames, settings: CropSettings) -> list[tuple[Crop, NDArray[Any]]]:
    """Draw frame, plane and corner of each crop; only positions that hold data are drawn.

    Frames are drawn without replacement as long as there are enough of them. Each image has its own generator, so that
    its crops do not depend on other images in the folder.

    Parameters
    ----------
    movie : NamedFrames
        The movie.
    settings : CropSettings
        Number, size and seed of the crops.

    Returns
    -------
    list of (Crop, ndarray), shape (C, Y, X)
        Rows of the table, and the pixels of each crop without its border.

    Raises
    ------
    BadInput
        When no crop fits anywhere.
    """
    rng = np.random.default_rng([settings.seed, *hashlib.sha256(movie.path.name.encode()).digest()])
    candidates = _planes(movie, settings)
    rng.shuffle(candidates)
    drawn: list[tuple[Crop, NDArray[Any]]] = []
    largest = (0, 0)
    bad: dict[int, int] = {}
    while candidates and len(drawn) < settings.per_image:
        usable = []
        for frame, z in candidates:
            pixels, bad[frame] = finite(movie.frame(frame)[z])
            box = valid_box(pixels)
            height, width = (side.stop - side.start for side in box) if box else (0, 0)
            largest = max(largest, (height, width))
            if box is None or min(height, width) < settings.size:
                continue
            y, x = (int(rng.integers(side.start, side.stop - settings.size + 1)) for side in box)
            crop = describe_crop(movie, (frame, z, y, x), measure_levels(pixels), settings)
            drawn.append((crop, pixels[:, y : y + settings.size, x : x + settings.size]))
            usable.append((frame, z))
            if len(drawn) == settings.per_image:
                break
        candidates = usable
    warn_of_not_finite(movie.path.name, bad, "0 in the crops")
    if not drawn:
        raise BadInput(
            f"{movie.path}: too small for a crop",
            found=f"at most {largest[1]} × {largest[0]} pixels with data in a frame",
            expected=f"{settings.size} × {settings.size} pixels or more",
            cure=f"choose a smaller {option('size')}, or leave this image out",
        )
    return drawn


def _planes(movie: NamedFrames, settings: CropSettings) -> list[tuple[int, int]]:
    """List the planes that can be drawn: those with all channels present."""
    frames = chosen_frames(movie, settings.frames_only)
    planes = [(frame, z) for frame in frames for z in range(movie.shape[1])]
    return [place for place in planes if movie.is_complete(*place)]
