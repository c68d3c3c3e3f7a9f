"""Segment one frame, a plane or a stack, into numbered objects; padding never holds any."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.border_objects import without_border_objects
from cpretrain.images.valid_box import Box, valid_stack_box
from cpretrain.models.normalization import as_one_image, not_finite
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Flows
from cpretrain.models.trained import UsedModel

Ready = Callable[[NDArray[Any]], NDArray[np.float32]]
"""Function from the grey values of a plane, shape (C, Y, X), to the network's input."""


@dataclass(frozen=True)
class Segmented:
    """The objects of one frame.

    Parameters
    ----------
    labels : ndarray of uint32, shape (Z, Y, X)
        0 for background; no two objects of the frame share a number.
    probability : ndarray of float32, shape (Z, Y, X)
        Probability that a pixel belongs to an object according to the network, from 0 to 1.
    left_out : int
        Number of pixels that are not finite, in the channels used.
    flows : ndarray of float32, shape (2, Z, Y, X) or (3, Z, Y, X), or None
        Where asked for: the direction, (z,) y and x, in which the network sees the centre of the object.
    """

    labels: NDArray[np.uint32]
    probability: NDArray[np.float32]
    left_out: int = 0
    flows: NDArray[np.float32] | None = None


def segment_frame(
    frame: NDArray[Any], model: UsedModel, anisotropy: float = 1.0, ready: Ready | None = None
) -> Segmented:
    """Segment a frame.

    The network sees only the box that holds data; zeros around it, left by a drift correction, are background.

    Parameters
    ----------
    frame : ndarray, shape (Z, C, Y, X)
        Grey values.
    model : UsedModel
        The model.
    anisotropy : float
        Distance between neighbouring planes in pixels, for flows in 3D.
    ready : callable, optional
        Function that prepares a plane for the network; by default it is scaled by its own grey values.

    Returns
    -------
    Segmented
    """
    size = (frame.shape[0], *frame.shape[2:])
    labels, probability = np.zeros(size, np.uint32), np.zeros(size, np.float32)
    inside, left_out = valid_stack_box(frame), not_finite(frame[:, model.places(frame.shape[1])])
    in_3d = model.settings.volume == "flows" and len(frame) > 1
    towards = np.zeros((2 + in_3d, *size), np.float32) if model.settings.flows else None
    if inside is None:
        return Segmented(labels, probability, left_out, towards)
    planes, *_ = inside
    box = inside[1:]
    cut = frame[planes]
    if model.settings.volume == "flows" and len(cut) > 1:
        labels[inside], flows = _in_3d(cut[(..., *box)], model, anisotropy)
        probability[inside] = logistic(flows.cell_probability)
        if towards is not None:
            towards[(slice(None), *inside)] = flows.towards_centre
        return Segmented(labels, probability, left_out, towards)
    stitched = model.settings.volume == "stitch" and len(cut) > 1
    whole_objects = {"min_size": -1, "exclude_on_edges": False}  # judged when the planes are joined
    in_plane = model.settings.model_copy(update=whole_objects if stitched else {})
    for z, plane in enumerate(cut, planes.start):
        flows = run_plane((ready or reader_of(model))(plane), model, box)
        labels[z][box] = model.segmenter.masks(flows, in_plane)
        probability[z][box] = logistic(flows.cell_probability)
        if towards is not None:
            towards[(slice(-2, None), z, *box)] = flows.towards_centre
    if stitched:
        settings = model.settings
        joined = model.segmenter.stitch(labels[planes], settings.stitch_threshold, settings.min_size)
        labels[planes] = joined
        if settings.exclude_on_edges:
            labels[inside] = without_border_objects(joined[(slice(None), *box)])
        return Segmented(labels, probability, left_out, towards)
    return Segmented(_numbered_on(labels), probability, left_out, towards)


def reader_of(model: UsedModel) -> Ready:
    """Return a function that prepares planes as in training, each scaled by its own grey values."""
    settings = model.settings
    return lambda plane: network_input(plane, model.channel, settings.second_channel, model.normalization)


def run_plane(ready: NDArray[np.float32], model: UsedModel, box: Box) -> Flows:
    """Run the network on the part of a plane that holds data.

    Parameters
    ----------
    ready : ndarray of float32, shape (channels, Y, X)
        Network input for the whole plane.
    model : UsedModel
        The model.
    box : tuple of slice
        Rows and columns that hold data.

    Returns
    -------
    Flows
        Flows and cell probability, in the size of the box.
    """
    return model.segmenter.run(ready[(slice(None), *box)], model.settings.diameter)


def logistic(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn the network's cell probability, which is in log-odds, into a probability from 0 to 1.

    Parameters
    ----------
    values : ndarray of float32, any shape
        Log-odds.
    """
    return (1 / (1 + np.exp(-np.clip(values, -50, 50)))).astype(np.float32)


def _in_3d(stack: NDArray[Any], model: UsedModel, anisotropy: float) -> tuple[NDArray[np.uint32], Flows]:
    """Segment a stack with flows in 3D; all planes are scaled alike, because the network also runs across them."""
    z, _, y, x = stack.shape
    ready = reader_of(model)(as_one_image(stack)).reshape(-1, z, y, x)
    settings = model.settings
    flows = model.segmenter.run_volume(ready, settings.diameter, anisotropy, settings.flow3d_smooth)
    return model.segmenter.masks(flows, model.settings), flows


def _numbered_on(planes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Renumber the objects so that each plane's numbers continue those of the plane before."""
    before = 0
    for plane in planes:
        highest = int(plane.max(initial=0))
        plane[plane > 0] += np.uint32(before)
        before += highest
    return planes
