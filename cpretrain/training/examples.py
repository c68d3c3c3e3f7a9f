"""Training images with the flows that the network should learn, and randomly augmented batches of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.models.versions import flows_of, installed_cellpose

SMALLEST_DIAMETER = 5.0
"""Cellpose's own limit: smaller objects count as this large when a crop is rescaled."""


HALF = 0.5
"""A pixel of an augmented image is ignored if it lies in ignored pixels by more than this, as the nearest one would."""

Ignored = NDArray[np.bool_] | None


@dataclass(frozen=True)
class Batch:
    """Augmented images of a training step.

    Parameters
    ----------
    images : torch.Tensor, shape (batch, channels, tile, tile)
        Inputs of the network.
    flows : ndarray or torch.Tensor, shape (batch, 3, tile, tile)
        Targets, in the form for Cellpose's loss function.
    ignored : torch.Tensor of bool, shape (batch, tile, tile), optional
        Pixels that the loss leaves out; None if no image of the run has any. Pixels outside an image are not ignored:
        they are black, and background.
    """

    images: Any
    flows: Any
    ignored: Any = None


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
    ignored : list of ndarray of bool, shape (Y, X), or None
        Pixels of each image that the loss leaves out; empty if no image has any.
    """

    images: list[NDArray[np.float32]]
    flows: list[NDArray[np.float32]]
    diameters: NDArray[np.float64]
    mean_diameter: float
    ignored: list[Ignored] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)


def prepare(
    images: Sequence[NDArray[np.float32]],
    labels: Sequence[NDArray[Any]],
    device: Any,
    diameter: float | None = None,
    ignored: Sequence[Ignored] = (),
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
    ignored : sequence of ndarray of bool, shape (Y, X), or None
        Pixels of each image that are unknown; by default all are known.
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
    some = any(one is not None and one.any() for one in ignored)
    return Examples(
        list(images),
        flows,
        np.where(np.isnan(diameters), mean, diameters),
        mean,
        list(ignored) if some else [],
    )


def batches(
    examples: Examples,
    order: NDArray[np.int64],
    batch_size: int,
    tile: int,
    net: Any,
    vary: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> Iterator[Batch]:
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
    Batch
        As in Cellpose, random numbers come from NumPy's global generator.
    """
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        images = [examples.images[index] for index in chosen]
        images = [vary(image) for image in images] if vary else images
        flows = [examples.flows[index] for index in chosen]
        diameters = examples.diameters[chosen]
        if not examples.ignored:
            yield Batch(*installed_cellpose().augment(images, flows, diameters, tile, net))
            continue
        ignored = [examples.ignored[index] for index in chosen]
        marked = [_with_ignored(image, pixels) for image, pixels in zip(images, ignored, strict=True)]
        turned, targets = installed_cellpose().augment(marked, flows, diameters, tile, net)
        yield Batch(turned[:, :-1], targets, turned[:, -1] > HALF)


def _with_ignored(image: NDArray[np.float32], ignored: Ignored) -> NDArray[np.float32]:
    """Return the image with its ignored pixels as a last channel of 0 and 1, so that they move with it."""
    channel = np.zeros((1, *image.shape[1:]), np.float32)
    if ignored is not None:
        channel[0] = ignored
    return np.concatenate([image, channel])
