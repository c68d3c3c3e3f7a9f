"""The input array of Cellpose's network: channels selected, scaled and arranged."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.models.normalization import Levels, Normalization, normalize
from cpretrain.models.versions import installed_cellpose


def network_input(
    planes: NDArray[Any],
    channel: int = 1,
    second_channel: int | None = None,
    how: Normalization | None = None,
    levels: Levels | None = None,
) -> NDArray[np.float32]:
    """Select channels of an image, normalize them, and pad to the network's number of channels.

    Parameters
    ----------
    planes : ndarray, shape (C, Y, X)
        Grey values.
    channel, second_channel : int
        The channel to segment, and that of the nuclei, from 1.
    how : Normalization, optional
        The model's normalization.
    levels : sequence of (float, float), optional
        Grey values that become 0 and 1, for each channel, if they are known for the whole frame.

    Returns
    -------
    ndarray of float32, shape (2 or 3, Y, X)
        Two channels for Cellpose 3, three for Cellpose 4.

    Raises
    ------
    BadInput
        When the image has no such channel.
    """
    chosen = [channel] if second_channel is None else [channel, second_channel]
    for number in chosen:
        if number > len(planes):
            raise BadInput(f"channel {number} asked for", found=f"{len(planes)} in the image")
    wanted = installed_cellpose().network_channels
    ready = np.zeros((wanted, *planes.shape[1:]), np.float32)
    known = [levels[number - 1] for number in chosen] if levels else None
    ready[: len(chosen)] = normalize(np.stack([planes[number - 1] for number in chosen]), how, known)
    return ready
