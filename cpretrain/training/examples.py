"""Training images with the flows that the network should learn, and randomly augmented batches of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.models.versions import flows_of, installed_cellpose

SMALLEST_DIAMETER = 5.0
"""Cellpose's own limit: smaller objects count as this large when a crop is rescaled."""


@dataclass(frozen=True)
class Examples:
    """Images and their targets; flows are computed once.

    Parameters
    ----------
    images : list of ndarray of float32, shape (channels, Y, X)
        Results of ``network_input``.
    flows : list of ndarray of float32, shape (3, Y, X)
        Cell (1) or background (0), and the flow along y and x towards the centre of the object.
    diameters : ndarray of float64, shape (images,)
        Median diameter of each image's objects in pixels; for an image without objects, the mean of the others.
    mean_diameter : float
        Mean diameter of the images with objects, in pixels.
    """

    images: list[NDArray[np.float32]]
    flows: list[NDArray[np.float32]]
    diameters: NDArray[np.float64]
    mean_diameter: float

    def __len__(self) -> int:
        return len(self.images)


def prepare(
    images: Sequence[NDArray[np.float32]],
    labels: Sequence[NDArray[Any]],
    device: Any,
    diameter: float | None = None,
) -> Examples:
    """Compute the flows of label images and the diameters of their objects.

    Parameters
    ----------
    images : sequence of ndarray of float32, shape (channels, Y, X)
        Results of ``network_input``.
    labels : sequence of ndarray of int, shape (Y, X)
        Ground truth of each image, 0 for background.
    device : torch.device
        Device to compute on.
    diameter : float, optional
        Diameter for images without objects if no image has any.
    """
    flows, diameters = [], np.full(len(images), np.nan)
    for index, label in enumerate(labels):
        if not label.any():
            flows.append(np.zeros((3, *label.shape), np.float32))
            continue
        flow, diameter_here = flows_of(label, device)
        flows.append(flow)
        diameters[index] = max(diameter_here, SMALLEST_DIAMETER)
    known = diameters[~np.isnan(diameters)]
    mean = float(known.mean()) if known.size else diameter or 30.0
    return Examples(list(images), flows, np.where(np.isnan(diameters), mean, diameters), mean)


def batches(
    examples: Examples,
    order: NDArray[np.int64],
    batch_size: int,
    tile: int,
    net: Any,
    vary: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Yield batches of images and flows, rotated, flipped, scaled and cut to tiles by Cellpose's own function.

    Parameters
    ----------
    examples : Examples
        Images to draw from.
    order : ndarray of int, shape (N,)
        Indices of the images, in order.
    batch_size, tile : int
        Images per batch, and the edge length of a tile in pixels.
    net : torch.nn.Module
        Cellpose's network, which determines the diameter that Cellpose 3 rescales objects to, and the device.
    vary : callable, optional
        Changes the grey values of an image; by default they stay.

    Yields
    ------
    torch.Tensor, ndarray or torch.Tensor
        Images, shape (batch, channels, tile, tile), and flows in the form for Cellpose's loss function. As in Cellpose,
        random numbers come from NumPy's global generator.
    """
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        images = [examples.images[index] for index in chosen]
        images = [vary(image) for image in images] if vary else images
        flows = [examples.flows[index] for index in chosen]
        yield installed_cellpose().augment(images, flows, examples.diameters[chosen], tile, net)
