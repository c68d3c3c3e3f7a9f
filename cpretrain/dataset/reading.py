"""Read image files into network inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import NAME, crop_of
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.valid_box import Box, valid_box
from cpretrain.models.normalization import Normalization, not_finite
from cpretrain.models.preprocessing import network_input
from cpretrain.runtime.listing import first_names


@dataclass(frozen=True)
class NetworkImage:
    """An image as stored, and as network input.

    Parameters
    ----------
    planes : ndarray, shape (C, Y, X)
        Grey values of all channels.
    ready : ndarray of float32, shape (2 or 3, Y, X)
        Result of `network_input`.
    box : tuple of slice or None
        Rows and columns that hold data, the only part that is segmented; None if there are none.
    left_out : int
        Number of pixels that are not finite, in the channels used.
    """

    planes: NDArray[Any]
    ready: NDArray[np.float32]
    box: Box | None
    left_out: int = 0


def read_image(path: Path) -> NDArray[Any]:
    """Read a training image; planes without named axes are channels.

    Returns
    -------
    ndarray, shape (C, Y, X)
        Grey values.

    Raises
    ------
    BadInput
        When it cannot be read.
    """
    with TimeLapse(path) as planes:
        return np.concatenate([planes.frame(t)[0] for t in range(planes.shape[0])])


def read_for_network(
    path: Path, channel: int = 1, second_channel: int | None = None, how: Normalization | None = None
) -> NetworkImage:
    """Read an image, and prepare it for the network (see `network_input`).

    A crop is scaled like the frame that it was cut from if ``crops.csv`` beside it lists the frame's grey values: a
    crop of dark background stays dark, and is not stretched to full contrast.

    Parameters
    ----------
    path : pathlib.Path
        The image.
    channel, second_channel : int
        The channel to segment, and that of the nuclei, from 1.
    how : Normalization, optional
        The model's normalization.

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
            f"{path}: differs in number of channels from {NAME}",
            found=f"{len(planes)} in the image, {len(levels)} in the table",
            cure="cut the crops again, or take the image out of the table",
        )
    try:
        ready = network_input(planes, channel, second_channel, how, levels)
    except BadInput as error:
        raise error.in_file(path) from error
    used = planes[[number - 1 for number in (channel, second_channel) if number]]
    return NetworkImage(planes, ready, valid_box(planes), not_finite(used))


def left_out_note(left_out: Mapping[str, int], kind: str = "images") -> list[str]:
    """Return a one-sentence warning about pixels that are not finite; none if there are no such pixels.

    Parameters
    ----------
    left_out : mapping of str to int
        Number of such pixels by image name, from `NetworkImage.left_out`.
    kind : str
        Noun for what the names stand for, in the plural.
    """
    found = {name: count for name, count in left_out.items() if count}
    if not found:
        return []
    total = sum(found.values())
    pixels = "1 pixel is not a finite number" if total == 1 else f"{total} pixels are not finite numbers"
    return [
        f"{pixels} (NaN or infinity) and left out, in {len(found)} of {len(left_out)} {kind}: {first_names(found)}; "
        "check how they were computed, for example for a division by 0"
    ]
