"""A crop as an image file: its border and its metadata."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import Crop
from cpretrain.images.discovery import corrected_name, source_name
from cpretrain.images.finite import finite
from cpretrain.images.origin import file_behind
from cpretrain.images.timelapse import NamedFrames, TimeLapse
from cpretrain.images.writer import write_image
from cpretrain.models.normalization import Levels
from cpretrain.settings.crops import CropSettings


def add_border(image: NDArray[Any], border: int) -> NDArray[Any]:
    """Add an edge of zeros around an image.

    Parameters
    ----------
    image : ndarray, shape (..., Y, X)
        Grey values.
    border : int
        Width of the edge in pixels.
    """
    return np.pad(image, [(0, 0)] * (image.ndim - 2) + [(border, border)] * 2)


@dataclass(frozen=True)
class View:
    """How a crop shows a stack.

    Parameters
    ----------
    plane : {'xy', 'xz', 'yz'}
        Its plane.
    anisotropy : float
        Rows for each plane of the stack; 1 in xy.
    height : int, optional
        Number of rows; by default as the settings say.
    """

    plane: str = "xy"
    anisotropy: float = 1.0
    height: int | None = None


IN_PLANE = View()


def describe_crop(
    movie: NamedFrames,
    corner: tuple[int, int, int, int],
    levels: Levels,
    settings: CropSettings,
    view: View = IN_PLANE,
) -> Crop:
    """Make the table row of a crop, which is named after its movie and position.

    Parameters
    ----------
    movie : NamedFrames
        The movie that it is cut from.
    corner : tuple of int
        Frame, plane, y and x, from 0.
    levels : sequence of (float, float)
        Grey values of the whole frame, from ``measure_levels``.
    settings : CropSettings
        Size, border and seed.
    view : View
        Its plane in the stack.

    Returns
    -------
    Crop
        Its row of the table.
    """
    frame, z, y, x = corner
    several = movie.shape[0] > 1, movie.shape[1] > 1
    plane = f"_{view.plane}" * (view.plane != "xy")
    place = "".join((f"_t{frame:04d}" * several[0], plane, f"_z{z:03d}" * several[1], f"_y{y:04d}_x{x:04d}"))
    low, high = zip(*levels, strict=True)
    return Crop(
        f"{Path(corrected_name(movie.path)).stem}{place}.tif",
        source_name(movie.path),
        frame,
        z,
        y,
        x,
        height=view.height or settings.size,
        width=settings.size,
        border=settings.border,
        seed=settings.seed,
        frame_low=low,
        frame_high=high,
        source_file=file_behind(movie.path),
        plane=view.plane,
        anisotropy=view.anisotropy,
    )


def write_crop(folder: Path, movie: TimeLapse, crop: Crop, pixels: NDArray[Any]) -> None:
    """Write a crop with its border, its place, and the calibration of its movie.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the crops.
    movie : TimeLapse
        The movie that it was cut from.
    crop : Crop
        Its table row.
    pixels : ndarray, shape (C, Y, X)
        Grey values, without the border.
    """
    pixels, _ = finite(pixels)
    image = pixels[0] if len(pixels) == 1 else pixels
    known = movie.calibration
    if crop.plane != "xy":
        known = replace(known, pixel_size=(known.pixel_size[2],) * 3)
    write_image(folder / crop.file, add_border(image, crop.border), known, f"{crop.source}, {crop.place}")
