"""From files to what the network takes: training images, their labels, and what is left out on the way."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.reading import read_for_network, read_image
from cpretrain.errors import BadInput
from cpretrain.labels.encodings import read_label_image
from cpretrain.models.normalization import Normalization
from cpretrain.runtime.console import say, warn
from cpretrain.settings.training import TrainSettings

NAMED = 5
"""So many files are named in a message."""


def network_inputs(
    pairs: Sequence[Pair], settings: TrainSettings, how: Normalization | None = None
) -> tuple[list[NDArray[np.float32]], list[NDArray[Any]]]:
    """Images ready for the network, and their labels; images without contrast are named."""
    channels = settings.channel, settings.second_channel
    images = [read_for_network(pair.image, *channels, how)[1] for pair in pairs]
    flat = [pair.image.name for pair, image in zip(pairs, images, strict=True) if not image[0].any()]
    if flat:
        warn(f"{len(flat)} images have no contrast in channel {settings.channel}: {names(flat)}")
    return images, [read_label_image(pair.mask).labels for pair in pairs]


def with_enough_objects(pairs: Sequence[Pair], fewest: int) -> tuple[list[Pair], list[Pair]]:
    """Divide training images into those with enough objects and those to leave out, which are named.

    Raises
    ------
    BadInput
        When none has an object, or enough of them.
    """
    enough = [pair for pair in pairs if pair.objects >= fewest]
    sparse = [pair for pair in pairs if pair.objects < fewest]
    if not any(pair.objects for pair in enough):
        most = max((pair.objects for pair in pairs), default=0)
        raise BadInput(
            f"no training image has {max(fewest, 1)} objects or more",
            found=f"at most {most}",
            cure="draw more, cut larger crops, or lower --min-train-masks",
        )
    if sparse:
        few = "no objects" if fewest == 1 else f"fewer than {fewest} objects"
        warn(
            f"{len(sparse)} of {len(pairs)} training images have {few} and are left out: "
            + names(pair.image.name for pair in sparse)
        )
    empty = sum(not pair.objects for pair in enough)
    if empty:
        say(f"train: {empty} training images without objects show the network what is background")
    return enough, sparse


def names(files: Any) -> str:
    """The first few names of a list, for a message."""
    listed = list(files)
    return ", ".join(listed[:NAMED]) + (f" and {len(listed) - NAMED} more" if len(listed) > NAMED else "")


def say_unused_channels(pairs: Sequence[Pair], settings: TrainSettings) -> None:
    """Say which channels the network will not see; all images have the same number of them."""
    channels = len(read_image(pairs[0].image))
    used = {channel for channel in (settings.channel, settings.second_channel) if channel is not None}
    if channels > len(used):
        say(f"images have {channels} channels: {' and '.join(map(str, sorted(used)))} used, the others not")
