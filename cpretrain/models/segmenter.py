"""The one place that knows Cellpose: 3.1 and 4.2 behind one small interface.

Cellpose's own normalisation is left out on both ways in (see ``normalization.py``), and every array handed over is
a copy, because Cellpose changes its inputs in place.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.valid_box import Box
from cpretrain.models.device import find_device
from cpretrain.models.download import download
from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import DIAMETERS, ModelWeights, stored_weights
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.spelling import option
from cpretrain.settings.segmentation import SegmentSettings

os.environ.setdefault("TQDM_DISABLE", "1")  # Cellpose's own bars; read when tqdm is imported

TILES_ON_CPU = 2
"""Tiles that the network takes at once on a CPU, at most. Eight, Cellpose's own number, took a third more time."""

RAW = {"normalize": False}  # a dict, because a plain False would switch a global of Cellpose off


@dataclass(frozen=True)
class Flows:
    """What the network says of one image, or of a stack in 3D.

    Parameters
    ----------
    towards_centre : ndarray of float32, (2, Y, X) or (3, Z, Y, X)
        For each pixel the direction, (z,) y and x, to the centre of its object.
    cell_probability : ndarray of float32, (Y, X) or (Z, Y, X)
        Above 0 where a pixel rather belongs to an object; its logistic function is the probability.
    steps : int
        How many steps pixels follow the flow.
    """

    towards_centre: NDArray[np.float32]
    cell_probability: NDArray[np.float32]
    steps: int


class Segmenter:
    """A Cellpose model ready to segment or to be trained on.

    Parameters
    ----------
    base : ModelWeights
        From ``find_base``. Missing weights of a zoo model are downloaded.
    device : str
        ``cpu``, ``cuda``, ``mps``, or ``auto`` for the fastest there is.
    for_training : bool
        On a CPU, Cellpose 3 segments with a network that cannot be trained; 4 does so in 16-bit numbers.
    batch_size : int
        Tiles that the network takes at once, on a CPU two at most; halved where a GPU has too little memory for them.

    Raises
    ------
    BadInput
        When the weights cannot be had, or the device is not there.
    """

    def __init__(
        self, base: ModelWeights, device: str = "auto", for_training: bool = False, batch_size: int = 8
    ) -> None:
        from cellpose import models

        self.base, self.device = base, find_device(device)
        self.batch_size = min(batch_size, TILES_ON_CPU) if self.device.type == "cpu" else batch_size
        self._version = installed_cellpose()
        options = self._version.load_options(for_training, self.device.type == "cpu")
        options["device"] = self.device
        if base.path is not None and not base.path.is_file():
            download(base)
        options["pretrained_model"] = str(base.path) if base.path else False
        with quietly():
            try:
                self.model = models.CellposeModel(**options)
            except RuntimeError as error:  # from torch, for tensors of other sizes
                raise _do_not_fit(base, str(error).splitlines()[-1].strip()) from error
        _check_complete(base, self.model.net)
        _check_numbers(base, self.model.net)

    def segment(self, image: NDArray[np.float32], settings: SegmentSettings) -> NDArray[np.uint32]:
        """Segment one image: `run` and then `masks`.

        Parameters
        ----------
        image : ndarray of float32, (channels, Y, X)
            From ``network_input``.
        settings : SegmentSettings
            Thresholds and diameter.

        Returns
        -------
        ndarray of uint32, (Y, X)
            Labels, 0 for background; what Cellpose's own ``eval`` gives.
        """
        return self.masks(self.run(image, settings.diameter), settings)

    def segment_inside(
        self, image: NDArray[np.float32], settings: SegmentSettings, box: Box | None
    ) -> NDArray[np.uint32]:
        """Segment what of an image holds data, as every step does that counts objects; zeros around it are background.

        Parameters
        ----------
        image : ndarray of float32, shape (channels, Y, X)
            From ``network_input``.
        settings : SegmentSettings
            Thresholds and diameter.
        box : tuple of slice or None
            Rows and columns that hold data, from ``valid_box``.

        Returns
        -------
        ndarray of uint32, shape (Y, X)
            Labels of the size of the image.
        """
        labels = np.zeros(image.shape[-2:], np.uint32)
        if box is not None:
            labels[box] = self.segment(image[(slice(None), *box)], settings)
        return labels

    def run(self, image: NDArray[np.float32], diameter: float | None = None) -> Flows:
        """Run the network on one image; this is the slow part.

        Parameters
        ----------
        image : ndarray of float32, (channels, Y, X)
            From ``network_input``.
        diameter : float, optional
            Of the objects, in pixels; by default the model's own (Cellpose 4: no rescaling).
        """
        size = image.shape[-2:]
        towards, probability = self._run_network(image, diameter, channel_axis=0)
        return Flows(
            towards.reshape(2, *size), probability.reshape(size), self._version.steps(self.model, diameter)
        )

    def run_volume(
        self, stack: NDArray[np.float32], diameter: float | None = None, anisotropy: float = 1.0
    ) -> Flows:
        """Run the network on a stack, along each of its three axes, for flows in 3D.

        Parameters
        ----------
        stack : ndarray of float32, (channels, Z, Y, X)
            From ``network_input``, of all planes together.
        diameter : float, optional
            Of the objects, in pixels; by default the model's own.
        anisotropy : float
            Distance of two planes, in pixels.
        """
        size = stack.shape[1:]
        towards, probability = self._run_network(
            stack, diameter, channel_axis=0, z_axis=1, do_3D=True, anisotropy=anisotropy
        )
        return Flows(
            towards.reshape(3, *size), probability.reshape(size), self._version.steps(self.model, diameter)
        )

    def _run_network(self, image: NDArray[np.float32], diameter: float | None, **how: Any) -> list[NDArray]:
        """Run Cellpose without its last step; flows and cell probability. Fewer tiles at once where memory is short."""
        import torch

        while True:
            try:
                with quietly():
                    _, (_, *flows), *_ = self.model.eval(
                        image.copy(),
                        normalize=dict(RAW),
                        diameter=diameter,
                        compute_masks=False,
                        batch_size=self.batch_size,
                        **how,
                    )
                return self._finite(flows)
            except torch.OutOfMemoryError as error:
                if self.batch_size == 1:
                    raise BadInput(
                        f"device {self.device}: has too little memory for one tile",
                        found=str(error).splitlines()[0],
                        cure=f"use {option('device', 'cpu')}, or end what else uses the GPU",
                    ) from error
                self.batch_size //= 2
                torch.cuda.empty_cache()

    def _finite(self, flows: list[NDArray]) -> list[NDArray]:
        """Return what the network gave; images are finite, so it is the weights where that is not."""
        if all(np.isfinite(values).all() for values in flows):
            return flows
        raise BadInput(
            f"{self.base.path or self.base.name}: the network gives numbers that are not finite",
            found="NaN or infinity in flows or cell probability",
            cure=_ANOTHER,
        )

    def masks(self, flows: Flows, settings: SegmentSettings) -> NDArray[np.uint32]:
        """Make objects out of what the network gave; to be repeated with other thresholds.

        Parameters
        ----------
        flows : Flows
            From `run`.
        settings : SegmentSettings
            Flow threshold, cellprob threshold and smallest object; where they are left open, Cellpose's own.

        Returns
        -------
        ndarray of uint32, (Y, X) or (Z, Y, X)
            Labels, 0 for background.
        """
        from cellpose import dynamics

        settings, in_3d = settings.filled(), flows.cell_probability.ndim == 3
        with quietly():
            labels = dynamics.resize_and_compute_masks(
                flows.towards_centre,
                flows.cell_probability,
                niter=flows.steps,
                flow_threshold=settings.flow_threshold,
                cellprob_threshold=settings.cellprob_threshold,
                min_size=settings.min_size,
                do_3D=in_3d,
                device=find_device("cpu") if in_3d and self.device.type == "mps" else self.device,
            )
        return np.asarray(labels, np.uint32)

    def stitch(self, planes: NDArray[np.uint32], threshold: float, min_size: int) -> NDArray[np.uint32]:
        """Join the objects of neighbouring planes to objects in 3D, as Cellpose does.

        Parameters
        ----------
        planes : ndarray of uint32, (Z, Y, X)
            Labels of each plane by itself, small objects included.
        threshold : float
            IoU from which objects of neighbouring planes are one.
        min_size : int
            Smallest object in voxels.
        """
        from cellpose import utils

        with quietly():
            joined = utils.stitch3D(planes.copy(), stitch_threshold=threshold)
            return np.asarray(utils.fill_holes_and_remove_small_masks(joined, min_size=min_size), np.uint32)


def _check_complete(base: ModelWeights, net: Any) -> None:
    """Make sure that every weight of the network came from the file; Cellpose leaves out what does not fit."""
    if base.path is None:
        return
    shapes = {name.removeprefix("module."): value.shape for name, value in stored_weights(base.path).items()}
    missing = [
        name
        for name, value in net.state_dict().items()
        if not name.startswith("diam_") and shapes.get(name) != value.shape
    ]
    if missing:
        raise _do_not_fit(
            base, f"{len(missing)} weights missing or of another size, for example {missing[0]}"
        )


def _check_numbers(base: ModelWeights, net: Any) -> None:
    """Make sure that the weights are finite, and that objects have a diameter that an image can be scaled by."""
    import torch

    broken = [name for name, value in net.state_dict().items() if not torch.isfinite(value).all()]
    if broken and not all(name.startswith("diam_") for name in broken):
        raise BadInput(
            f"{base.path or base.name}: holds weights that are not finite",
            found=f"NaN or infinity in {len(broken)} of {len(net.state_dict())} tensors, for example {broken[0]}",
            cure=f"the training that made it went wrong; {_ANOTHER}",
        )
    for name in ("diam_mean", "diam_labels") if installed_cellpose().scales_objects else ():
        diameter = float(getattr(net, name).item())
        if not DIAMETERS[0] <= diameter <= DIAMETERS[1]:
            raise BadInput(
                f"{base.path or base.name}: its objects have a diameter that cannot be ({name})",
                found=f"{diameter:g} pixels",
                expected=f"{DIAMETERS[0]:g} to {DIAMETERS[1]:g} pixels",
                cure=_ANOTHER,
            )


_ANOTHER = "get the file anew, or choose another model"


def _do_not_fit(base: ModelWeights, found: str) -> BadInput:
    return BadInput(
        f"{base.path}: its weights do not fit Cellpose's network",
        found=found,
        cure=_ANOTHER,
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Keep what Cellpose and torch log and warn of off stderr: this tool speaks for itself."""
    with silent("cellpose", logging.ERROR), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(cellpose|torch)\b")
        yield
