"""Differences between Cellpose 3 and 4: one class for each, and the choice of the installed one."""

import inspect
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cpretrain.models.inference import lay_out
from cpretrain.models.weights import cellpose_major

SCALE_RANGE = 0.5
"""Cellpose's own range: crops are scaled by 0.75 to 1.25."""

STEPS = 200
"""Number of steps that pixels follow the flow in Cellpose, in an image that is not rescaled."""


class CellposeVersion(Protocol):
    """Properties in which one major version of Cellpose differs from others."""

    network_channels: int
    """Channels that the network takes."""

    optimizers: tuple[str, ...]
    """Names of the optimizers that it can train with."""

    long_run: int
    """Number of epochs from which its learning rate is lowered at the end."""

    segments_in_16_bits: bool
    """True if it segments in 16 bits by itself."""

    scales_objects: bool
    """True if images are rescaled so that objects have the diameter that the network expects."""

    def in_encoder(self, name: str) -> bool:
        """Return whether the parameter or module with this name belongs to the encoder, which describes the image."""

    def blocks(self, net: Any) -> list[Any]:
        """Return the transformer's blocks; none in a network without one."""

    def load_options(self, in_16_bits: bool) -> dict[str, Any]:
        """Return the keyword arguments of ``CellposeModel``."""

    def lay_out(self, net: Any, device: Any, in_16_bits: bool) -> None:
        """Prepare a network that only segments, in place, so that it is fast."""

    def own_tile(self, net: Any) -> int:
        """Return the edge length in pixels of the tiles that the network was trained on."""

    def augment(
        self,
        images: Sequence[NDArray[np.float32]],
        flows: Sequence[NDArray[np.float32]],
        diameters: NDArray[np.float64],
        tile: int,
        net: Any,
    ) -> tuple[Any, Any]:
        """Rotate, flip, scale and crop images and flows to tiles; see `cpretrain.training.examples.batches`."""

    def steps(self, model: Any, diameter: float | None) -> int:
        """Return the number of steps that pixels follow the flow, rounded as in Cellpose."""


class Cellpose3:
    """Cellpose 3.1: two channels, objects rescaled to one diameter."""

    network_channels = 2
    optimizers: tuple[str, ...] = ("adamw", "sgd")
    long_run = 101
    segments_in_16_bits = False
    scales_objects = True

    def in_encoder(self, name: str) -> bool:
        """Return whether it belongs to the half that makes the image smaller."""
        return name.startswith("downsample.")

    def blocks(self, net: Any) -> list[Any]:
        """Return nothing: the network is convolutional."""
        return []

    def load_options(self, in_16_bits: bool) -> dict[str, Any]:
        """Return the loading options: not in MKL-DNN's form, which cannot be trained, and is not the fastest."""
        return {"mkldnn": False}

    def lay_out(self, net: Any, device: Any, in_16_bits: bool) -> None:
        """Lay out the weights as the device convolves fastest."""
        lay_out(net, device, in_16_bits)

    def own_tile(self, net: Any) -> int:
        """Return the edge length of Cellpose's own tiles."""
        return 224

    def augment(
        self,
        images: Sequence[NDArray[np.float32]],
        flows: Sequence[NDArray[np.float32]],
        diameters: NDArray[np.float64],
        tile: int,
        net: Any,
    ) -> tuple[Any, Any]:
        """Augment a batch; images are rescaled to the network's diameter."""
        import torch
        from cellpose import transforms

        turned, targets = transforms.random_rotate_and_resize(
            list(images),
            Y=list(flows),
            rescale=diameters / net.diam_mean.item(),
            scale_range=SCALE_RANGE,
            xy=(tile, tile),
        )[:2]
        return torch.from_numpy(turned).to(net.device), targets

    def steps(self, model: Any, diameter: float | None) -> int:
        """Return the number of steps, which grows with the objects."""
        scale = model.diam_mean / (diameter or model.diam_labels)
        return int(1 / scale * STEPS)


class Cellpose4:
    """Cellpose 4.2 (Cellpose-SAM): three channels, objects of any diameter."""

    network_channels = 3
    optimizers: tuple[str, ...] = ("adamw",)
    long_run = 100
    segments_in_16_bits = True
    scales_objects = False

    def in_encoder(self, name: str) -> bool:
        """Return whether it belongs to the transformer; the neck that follows it is for the trained part."""
        return name.startswith("encoder.") and not name.startswith("encoder.neck.")

    def blocks(self, net: Any) -> list[Any]:
        """Return the blocks of the transformer."""
        return list(net.encoder.blocks)

    def load_options(self, in_16_bits: bool) -> dict[str, Any]:
        """Return the loading options: it can be loaded in 16 bits."""
        return {"use_bfloat16": in_16_bits}

    def lay_out(self, net: Any, device: Any, in_16_bits: bool) -> None:
        """Leave the network as it was loaded."""

    def own_tile(self, net: Any) -> int:
        """Return the edge length of the tiles of the network's encoder."""
        return 256 if net.backbone == "sam_vitl" else 384

    def augment(
        self,
        images: Sequence[NDArray[np.float32]],
        flows: Sequence[NDArray[np.float32]],
        diameters: NDArray[np.float64],
        tile: int,
        net: Any,
    ) -> tuple[Any, Any]:
        """Augment a batch; images keep their scale."""
        from cellpose import transforms

        return transforms.random_rotate_and_resize(
            list(images),
            lbls=list(flows),
            rescale=np.ones(len(images), np.float32),
            scale_range=SCALE_RANGE,
            bsize=tile,
            device=net.device,
        )[:2]

    def steps(self, model: Any, diameter: float | None) -> int:
        """Return the number of steps, which grows with the diameter if one is given."""
        return int(STEPS / (30 / diameter if diameter else 1))


def installed_cellpose() -> CellposeVersion:
    """Return the installed version of Cellpose.

    Raises
    ------
    BadInput
        When Cellpose is not installed, or its version is not supported.
    """
    return Cellpose3() if cellpose_major() == 3 else Cellpose4()


def network_of_shapes() -> Any:
    """Return the network of Cellpose-SAM with shapes in place of weights (torch's device ``meta``), in no time."""
    import torch
    from cellpose import vit

    with torch.device("meta"):
        return vit.CPSAM()


def flows_of(labels: NDArray[Any], device: Any) -> tuple[NDArray[np.float32], float]:
    """Compute the network's target output for a label image, and the median diameter of its objects.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        Objects 1…N, at least one; 0 for background.
    device : torch.device
        Where to compute.

    Returns
    -------
    ndarray of float32, shape (3, Y, X)
        Cell (1) or background (0), and the flow along y and x towards the centre of the object.
    float
        Median diameter of the objects in pixels.
    """
    from cellpose import dynamics, utils

    # a copy, because Cellpose renumbers it in place
    (flow,) = dynamics.labels_to_flows([labels.astype(np.int32)], device=device)
    return flow[1:], float(utils.diameters(flow[0])[0])


def loss_of(flows: Any, predicted: Any, device: Any, ignored: Any = None) -> Any:
    """Return Cellpose's own loss for a prediction of the network.

    Parameters
    ----------
    flows : ndarray or torch.Tensor, shape (batch, 3, Y, X)
        Targets, in the form that Cellpose's augmentation returns.
    predicted : torch.Tensor, shape (batch, 3, Y, X)
        Output of the network.
    device : torch.device
        Where to compute.
    ignored : torch.Tensor of bool, shape (batch, Y, X), optional
        Pixels to leave out: the loss, a mean over pixels, is then that over the others, and 0 if there are none.
    """
    from cellpose import train

    if ignored is not None and ignored.any():
        known = ~ignored
        if not known.any():
            return 0 * predicted.sum()
        # Cellpose's loss looks at the second axis for the three values of a pixel, so a list of pixels will do
        predicted, flows = predicted.movedim(1, -1)[known], _listed(flows, known)
    return train._loss_fn_seg(flows, predicted, device)


def _listed(flows: Any, pixels: Any) -> Any:
    """Return the values of some pixels, shape (pixels, 3), of flows as either version makes them."""
    if isinstance(flows, np.ndarray):
        return np.moveaxis(flows, 1, -1)[pixels.cpu().numpy()]
    return flows.movedim(1, -1)[pixels]


def outlines_of_labels(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of the outlines of labels, as Cellpose's window draws them.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        0 for background.

    Returns
    -------
    ndarray of bool, shape (Y, X)
    """
    from cellpose.utils import masks_to_outlines

    outlines: NDArray[np.bool_] = masks_to_outlines(labels)
    return outlines


def train_defaults() -> dict[str, Any]:
    """Return Cellpose's own training defaults, read from the signature of the installed ``train_seg``."""
    from cellpose import train

    given = {name: p.default for name, p in inspect.signature(train.train_seg).parameters.items()}
    return {
        "epochs": given["n_epochs"],
        "learning_rate": given["learning_rate"],
        "weight_decay": given["weight_decay"],
        "optimizer": "sgd" if given["SGD"] else "adamw",
        "batch_size": given["batch_size"],
    }
