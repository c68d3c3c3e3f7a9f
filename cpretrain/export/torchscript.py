"""A model's network as TorchScript, which runs without Cellpose, and an example of its input and output."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.reading import read_image
from cpretrain.images.valid_box import valid_box
from cpretrain.models.segmenter import Segmenter, quietly
from cpretrain.models.trained import UsedModel
from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import find_base

STEP, SMALLEST, LARGEST = 16, 64, 256
"""Sides of a tile for Cellpose 3, in pixels: multiples of the step. Cellpose 4 takes only the largest one."""


@dataclass(frozen=True)
class Example:
    """An example input, as stored and as scaled for the network.

    Parameters
    ----------
    image : ndarray of float32, shape (1, channels, Y, X)
        Grey values as in the file.
    scaled : ndarray of float32, shape (1, channels, Y, X)
        The same values scaled by percentiles.
    """

    image: NDArray[np.float32]
    scaled: NDArray[np.float32]


def channel_names() -> list[str]:
    """Return the purpose of each of the network's channels."""
    return ["objects", "nuclei", "empty"][: installed_cellpose().network_channels]


def example_of(path: Path, model: UsedModel, eps: float) -> Example:
    """Make an example from a training image: the centre of its data, in the channels that the network takes.

    Parameters
    ----------
    path : pathlib.Path
        The image.
    model : UsedModel
        Channels, and percentiles.
    eps : float
        Constant added to the difference of the two percentiles.
    """
    planes = read_image(path)
    planes = planes[(slice(None), *(valid_box(planes) or (slice(None), slice(None))))]
    side = LARGEST
    if installed_cellpose().scales_objects:
        side = int(np.clip(min(planes.shape[1:]) // STEP * STEP, SMALLEST, LARGEST))
    image = np.zeros((1, len(channel_names()), side, side), np.float32)
    chosen = [model.channel, *([model.settings.second_channel] if model.settings.second_channel else [])]
    for place, number in enumerate(chosen):
        middle = _middle(planes[number - 1], side)
        image[0, place] = np.where(np.isfinite(middle), middle, 0)
    low, high = np.percentile(image, model.normalization.percentiles, axis=(-2, -1), keepdims=True)
    return Example(image, ((image - low) / (high - low + eps)).astype(np.float32))


def trace_network(model: UsedModel, example: Example, path: Path) -> NDArray[np.float32]:
    """Write the network as TorchScript, and return its output for the example.

    Parameters
    ----------
    model : UsedModel
        The model.
    example : Example
        Input to trace the network with.
    path : pathlib.Path
        The file to write.

    Returns
    -------
    ndarray of float32, shape (1, 3, Y, X)
        Flow along y and along x, times 5, and the logit of the cell probability.
    """
    import torch

    class FlowsOnly(torch.nn.Module):
        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, image: torch.Tensor) -> Any:
            return self.net(image)[0]

    with quietly(), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter(
            "ignore", torch.jit.TracerWarning
        )  # Cellpose 4: about sizes, which are constant
        weights = find_base(str(model.base.path))
        net = Segmenter(weights, "cpu", for_training=True).model.net.eval()
        scaled = torch.from_numpy(example.scaled)
        traced = torch.jit.trace(FlowsOnly(net), scaled)
        traced.save(str(path))
        return np.asarray(traced(scaled).numpy(), np.float32)


def _middle(plane: NDArray[Any], side: int) -> NDArray[np.float32]:
    """Crop the centre, with mirrored edges if the plane is too small."""
    short = [max(0, side - length) for length in plane.shape]
    padded = np.pad(plane, [(gap // 2, gap - gap // 2) for gap in short], mode="symmetric")
    y, x = ((length - side) // 2 for length in padded.shape)
    return padded[y : y + side, x : x + side].astype(np.float32)
