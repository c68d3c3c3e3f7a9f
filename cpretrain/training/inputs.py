"""Read training images and labels into network inputs, and note what is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.pairs import Pair, read_labels_of
from cpretrain.dataset.reading import left_out_note, read_for_network
from cpretrain.errors import BadInput
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.images.valid_box import Box
from cpretrain.labels.measure import too_small_note
from cpretrain.models.normalization import Normalization
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.listing import first_names
from cpretrain.runtime.spelling import option
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings


@dataclass(frozen=True)
class Inputs:
    """Images prepared for the network, and their labels.

    Parameters
    ----------
    images : list of ndarray of float32, shape (channels, Y, X)
        Results of ``network_input``.
    labels : list of ndarray of int, shape (Y, X)
        Ground truth, 0 for background.
    boxes : list of tuple of slice or None
        Rows and columns that hold data, for each image.
    left_out : dict of str to int
        Number of pixels that are not finite, by image name.
    flat : list of str
        Names of images without contrast.
    ignored : list of ndarray of bool, shape (Y, X), or None
        Pixels of each image that are unknown; None if all are known.
    """

    images: list[NDArray[np.float32]]
    labels: list[NDArray[Any]]
    boxes: list[Box | None]
    left_out: dict[str, int]
    flat: list[str]
    ignored: list[NDArray[np.bool_] | None]


def network_inputs(
    pairs: Sequence[Pair], settings: TrainSettings, how: Normalization | None = None
) -> Inputs:
    """Read images and their labels.

    Parameters
    ----------
    pairs : sequence of Pair
        Images and masks.
    settings : TrainSettings
        Channels.
    how : Normalization, optional
        Scaling of grey values.

    Raises
    ------
    BadInput
        When a file cannot be read, or lacks a channel.
    """
    channels = settings.channel, settings.second_channel
    read = {pair.image: read_for_network(pair.image, *channels, how) for pair in pairs}
    drawn = [read_labels_of(pair) for pair in pairs]
    return Inputs(
        [one.ready for one in read.values()],
        [image.labels for image in drawn],
        [one.box for one in read.values()],
        {image.name: one.left_out for image, one in read.items()},
        [image.name for image, one in read.items() if not one.ready[0].any()],
        [image.ignored for image in drawn],
    )


def look_again(train: Inputs, test: Inputs, channel: int) -> list[str]:
    """Check the training and test images for oddities, and return one sentence for each."""
    notes = left_out_note(train.left_out | test.left_out)
    flat = [*train.flat, *test.flat]
    if flat:
        notes.append(f"{len(flat)} images have no contrast in channel {channel}: {first_names(flat)}")
    areas = [np.bincount(labels.reshape(-1))[1:] for labels in test.labels]
    return notes + too_small_note(np.concatenate([*areas, np.zeros(0, int)]), EvaluateSettings().min_size)


def with_enough_objects(pairs: Sequence[Pair], fewest: int) -> tuple[list[Pair], list[Pair]]:
    """Divide training images into those with enough objects and those to leave out, which are reported.

    Raises
    ------
    BadInput
        When no image has any objects, or none has enough.
    """
    enough = [pair for pair in pairs if pair.objects >= fewest]
    sparse = [pair for pair in pairs if pair.objects < fewest]
    if not any(pair.objects for pair in enough):
        most = max((pair.objects for pair in pairs), default=0)
        raise BadInput(
            f"no training image has {max(fewest, 1)} or more objects",
            found=f"at most {most}",
            cure=f"draw more, cut larger crops, or lower {option('min_train_masks')}",
        )
    if sparse:
        few = "no objects" if fewest == 1 else f"fewer than {fewest} objects"
        warning(
            f"{len(sparse)} of {len(pairs)} training images have {few} and are left out: "
            + first_names(pair.image.name for pair in sparse)
        )
    empty = sum(not pair.objects for pair in enough)
    if empty:
        info(f"train: {empty} training images without objects teach the network what background is")
    return enough, sparse


def report_channels(pairs: Sequence[Pair], settings: TrainSettings) -> int:
    """Return the number of channels, the same for all images, and report those that the network will not use."""
    channels = describe_image(pairs[0].image).channels
    used = {channel for channel in (settings.channel, settings.second_channel) if channel is not None}
    if channels > len(used):
        info(
            f"images have {channels} channels: {' and '.join(map(str, sorted(used)))} used, the others ignored"
        )
    return channels
