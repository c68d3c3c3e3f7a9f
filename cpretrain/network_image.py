"""From an image file to what the network takes."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.normalization import Normalization
from cpretrain.segmenter import network_input
from cpretrain.timelapse import TimeLapse


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

    Raises
    ------
    BadInput
        When it cannot be read, or has no such channel.
    """
    planes = read_image(path)
    try:
        return planes, network_input(planes, channel, second_channel, how)
    except BadInput as error:
        raise BadInput(f"{path}: {error.problem}", found=error.found) from error
