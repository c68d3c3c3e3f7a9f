"""Size of a training tile."""

from typing import Any, Literal

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.models.versions import installed_cellpose
from cpretrain.runtime.spelling import option
from cpretrain.training.examples import Examples

STEP = 16
"""Edge lengths are multiples of this; the network halves its input three times."""


def tile_for(tile: int | Literal["fit", "cellpose"], examples: Examples, net: Any) -> int:
    """Return the edge length of a training tile in pixels.

    Parameters
    ----------
    tile : int or {'fit', 'cellpose'}
        The setting.
    examples : Examples
        Training images.
    net : torch.nn.Module
        Cellpose's network.

    Returns
    -------
    int
        For ``fit``, the size of the median crop after rescaling to the network's diameter, so that little work is
        spent on zeros; never more than Cellpose's own tile. The networks of Cellpose 4 keep theirs.

    Raises
    ------
    BadInput
        When the network cannot take tiles of that size.
    """
    version = installed_cellpose()
    own = version.own_tile(net)
    if tile == "cellpose" or (tile == "fit" and not version.scales_objects):
        return own
    if tile == "fit":
        edges = np.array([max(image.shape[-2:]) for image in examples.images])
        rescaled = np.median(edges * net.diam_mean.item() / examples.diameters)
        return int(min(max(STEP * np.ceil(rescaled / STEP), 4 * STEP), own))
    if tile % 8 or (own == 256 and tile != own):
        raise BadInput(
            f"{option('tile', tile)}: the network cannot be trained on tiles of that size",
            expected="a multiple of 8" if own != 256 else "256",
            cure=f"leave {option('tile')} out",
        )
    return tile
