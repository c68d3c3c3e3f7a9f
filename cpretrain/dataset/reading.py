"""From an image file to what the network takes."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import NAME, crop_of
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.normalization import Normalization
from cpretrain.models.preprocessing import network_input


def read_image(path: Path) -> NDArray[Any]:
    """Read a training image, axes (C, Y, X); unnamed planes of a file are channels.

    Raises
    ------
    BadInput
        When it cannot be read.
    """
    with TimeLapse(path) as planes:
        return np.concatenate([planes.frame(t)[0] for t in range(planes.shape[0])])


def read_for_network(
    path: Path, channel: int = 1, second_channel: int | None = None, how: Normalization | None = None
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Read an image, axes (C, Y, X): as it is, and ready for the network (see `network_input`).

    A crop gets the same values as in the frame that it was cut from, where ``crops.csv`` beside it says the grey values
    of that: a crop of dark background stays dark, and is not stretched to full contrast.

    Raises
    ------
    BadInput
        When it cannot be read, or has no such channel.
    """
    planes = read_image(path)
    crop = crop_of(path) if (how or Normalization()).takes_levels_of_frames else None
    levels = crop.levels if crop else []
    if levels and len(levels) != len(planes):
        raise BadInput(
            f"{path}: has another number of channels than {NAME} says",
            found=f"{len(planes)} in the image, {len(levels)} in the table",
            cure="cut the crops again, or take the image out of the table",
        )
    try:
        return planes, network_input(planes, channel, second_channel, how, levels)
    except BadInput as error:
        raise error.in_file(path) from error
