"""Segmentation with Cellpose 3.1 or 4.2 behind one small interface.

Cellpose's own normalization is switched off in training and in segmentation (see ``normalization.py``), and every
array passed to it is a copy, because Cellpose changes its inputs in place.
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
from cpretrain.images.border_objects import without_border_objects
from cpretrain.images.valid_box import Box
from cpretrain.models.device import find_device
from cpretrain.models.download import download
from cpretrain.models.inference import multiplies_in_16_bits, warn_if_slow
from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import DIAMETERS, ModelWeights, stored_weights
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.spelling import option
from cpretrain.settings.prediction import Precision
from cpretrain.settings.segmentation import SegmentSettings

os.environ.setdefault("TQDM_DISABLE", "1")  # no progress bars by Cellpose; read when tqdm is imported

TILES_ON_CPU = 2
"""Maximum number of tiles per batch on a CPU. Eight, Cellpose's own number, took a third more time."""

RAW = {"normalize": False}  # a dict, because a plain False would switch a global of Cellpose off


@dataclass(frozen=True)
class Flows:
    """Output of the network for one image, or for a stack in 3D.

    Parameters
    ----------
    towards_centre : ndarray of float32, shape (2, Y, X) or (3, Z, Y, X)
        Direction from each pixel, (z,) y and x, to the centre of its object.
    cell_probability : ndarray of float32, shape (Y, X) or (Z, Y, X)
        Log-odds that a pixel belongs to an object; its logistic function is the probability.
    steps : int
        Number of steps that pixels follow the flow.
    """

    towards_centre: NDArray[np.float32]
    cell_probability: NDArray[np.float32]
    steps: int


class Segmenter:
    """A Cellpose model ready to segment or to be trained on.

    Parameters
    ----------
    base : ModelWeights
        The weights, from ``find_base``. Missing weights of a zoo model are downloaded.
    device : str
        ``cpu``, ``cuda``, ``mps``, or ``auto`` for the fastest available one.
    for_training : bool
        Load a network that can be trained, as Cellpose has it, in 32 bits.
    batch_size : int
        Tiles per batch, at most two on a CPU; halved if a GPU has too little memory for them.
    precision : {'auto', 'float32', 'bfloat16'}
        Numbers that the network computes with when it segments; ``auto``: see `computed_precision`.

    Attributes
    ----------
    precision : {'float32', 'bfloat16'}
        Numbers that it does compute with.

    Raises
    ------
    BadInput
        When the weights or the device are not available.
    """

    def __init__(
        self,
        base: ModelWeights,
        device: str = "auto",
        for_training: bool = False,
        batch_size: int = 8,
        precision: Precision = "auto",
    ) -> None:
        from cellpose import models

        self.base, self.device = base, find_device(device)
        self.batch_size = min(batch_size, TILES_ON_CPU) if self.device.type == "cpu" else batch_size
        self._version = installed_cellpose()
        self.precision = computed_precision("float32" if for_training else precision, self.device)
        in_16_bits = self.precision == "bfloat16"
        options = self._version.load_options(in_16_bits)
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
        if in_16_bits:
            warn_if_slow(self.device)
        if not for_training:
            self._version.lay_out(self.model.net, self.device, in_16_bits)

    def segment(self, image: NDArray[np.float32], settings: SegmentSettings) -> NDArray[np.uint32]:
        """Segment one image: `run` and then `masks`.

        Parameters
        ----------
        image : ndarray of float32, shape (channels, Y, X)
            From ``network_input``.
        settings : SegmentSettings
            Thresholds and diameter.

        Returns
        -------
        ndarray of uint32, shape (Y, X)
            Labels, 0 for background, equal to the result of Cellpose's own ``eval``.
        """
        return self.masks(self.run(image, settings.diameter), settings)

    def segment_inside(
        self, image: NDArray[np.float32], settings: SegmentSettings, box: Box | None
    ) -> NDArray[np.uint32]:
        """Segment the part of an image that holds data, as every step that counts objects does; the rest is background.

        Parameters
        ----------
        image : ndarray of float32, shape (channels, Y, X)
            From ``network_input``.
        settings : SegmentSettings
            Thresholds and diameter.
        box : tuple of slice or None
            Rows and columns that hold data, from ``valid_box``; None if there are none.

        Returns
        -------
        ndarray of uint32, shape (Y, X)
            Labels, 0 for background.
        """
        labels = np.zeros(image.shape[-2:], np.uint32)
        if box is not None:
            labels[box] = self.segment(image[(slice(None), *box)], settings)
        return labels

    def run(self, image: NDArray[np.float32], diameter: float | None = None) -> Flows:
        """Run the network on one image; this is the slow part.

        Parameters
        ----------
        image : ndarray of float32, shape (channels, Y, X)
            From ``network_input``.
        diameter : float, optional
            Diameter of the objects in pixels; by default the model's own (Cellpose 4: no rescaling).
        """
        size = image.shape[-2:]
        towards, probability = self._run_network(image, diameter, channel_axis=0)
        return Flows(
            towards.reshape(2, *size), probability.reshape(size), self._version.steps(self.model, diameter)
        )

    def run_volume(
        self,
        stack: NDArray[np.float32],
        diameter: float | None = None,
        anisotropy: float = 1.0,
        smooth: float = 0.0,
    ) -> Flows:
        """Run the network on a stack, along each of its three axes, for flows in 3D.

        Parameters
        ----------
        stack : ndarray of float32, shape (channels, Z, Y, X)
            From ``network_input``, for all planes together.
        diameter : float, optional
            Diameter of the objects in pixels; by default the model's own.
        anisotropy : float
            Distance between neighbouring planes, in pixels.
        smooth : float
            Standard deviation, in pixels, of the Gaussian filter that smooths the flows; 0 for none.
        """
        size = stack.shape[1:]
        towards, probability = self._run_network(
            stack,
            diameter,
            channel_axis=0,
            z_axis=1,
            do_3D=True,
            anisotropy=anisotropy,
            flow3D_smooth=smooth,
        )
        return Flows(
            towards.reshape(3, *size), probability.reshape(size), self._version.steps(self.model, diameter)
        )

    def _run_network(self, image: NDArray[np.float32], diameter: float | None, **how: Any) -> list[NDArray]:
        """Run Cellpose up to flows and cell probability, with fewer tiles per batch if memory runs short."""
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
                        f"device {self.device}: not enough memory for one tile",
                        found=str(error).splitlines()[0],
                        cure=f"use {option('device', 'cpu')}, or stop other programs that use the GPU",
                    ) from error
                self.batch_size //= 2
                torch.cuda.empty_cache()

    def _finite(self, flows: list[NDArray]) -> list[NDArray]:
        """Check the network's output: images are finite, so if it is not, the weights are damaged."""
        if all(np.isfinite(values).all() for values in flows):
            return flows
        raise BadInput(
            f"{self.base.path or self.base.name}: the network returns numbers that are not finite",
            found="NaN or infinity in flows or cell probability",
            cure=_ANOTHER,
        )

    def masks(self, flows: Flows, settings: SegmentSettings) -> NDArray[np.uint32]:
        """Derive objects from the network's output; it can be repeated with other thresholds.

        Parameters
        ----------
        flows : Flows
            From `run`.
        settings : SegmentSettings
            Flow threshold, cellprob threshold, smallest object, steps, and whether objects at the border count;
            Cellpose's defaults where left open.

        Returns
        -------
        ndarray of uint32, shape (Y, X) or (Z, Y, X)
            Labels, 0 for background.
        """
        from cellpose import dynamics

        settings, in_3d = settings.filled(), flows.cell_probability.ndim == 3
        with quietly():
            labels = dynamics.resize_and_compute_masks(
                flows.towards_centre,
                flows.cell_probability,
                niter=settings.niter or flows.steps,
                flow_threshold=settings.flow_threshold,
                cellprob_threshold=settings.cellprob_threshold,
                min_size=settings.min_size,
                do_3D=in_3d,
                device=find_device("cpu") if in_3d and self.device.type == "mps" else self.device,
            )
        found = np.asarray(labels, np.uint32)
        return without_border_objects(found) if settings.exclude_on_edges else found

    def stitch(self, planes: NDArray[np.uint32], threshold: float, min_size: int) -> NDArray[np.uint32]:
        """Join the objects of neighbouring planes into objects in 3D, as Cellpose does.

        Parameters
        ----------
        planes : ndarray of uint32, shape (Z, Y, X)
            Labels of each plane, segmented separately, small objects included.
        threshold : float
            Lowest IoU at which objects of neighbouring planes are joined.
        min_size : int
            Smallest object in voxels.

        Returns
        -------
        ndarray of uint32, shape (Z, Y, X)
            Labels, 0 for background.
        """
        from cellpose import utils

        with quietly():
            joined = utils.stitch3D(planes.copy(), stitch_threshold=threshold)
            return np.asarray(utils.fill_holes_and_remove_small_masks(joined, min_size=min_size), np.uint32)


def computed_precision(asked: Precision, device: Any) -> Precision:
    """Return the numbers that a network computes with when it segments.

    Parameters
    ----------
    asked : {'auto', 'float32', 'bfloat16'}
        ``auto``: 16 bits for Cellpose 4, as Cellpose itself does, unless the device is a processor without
        instructions for them; else 32.
    device : torch.device
        Where it computes.

    Returns
    -------
    {'float32', 'bfloat16'}
    """
    if asked != "auto":
        return asked
    in_16_bits = installed_cellpose().segments_in_16_bits and multiplies_in_16_bits(device)
    return "bfloat16" if in_16_bits else "float32"


def _check_complete(base: ModelWeights, net: Any) -> None:
    """Check that every weight of the network came from the file: Cellpose ignores those that do not fit."""
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
            base, f"{len(missing)} weights missing or of the wrong size, for example {missing[0]}"
        )


def _check_numbers(base: ModelWeights, net: Any) -> None:
    """Check that the weights are finite, and that the diameter of objects is one that an image can be scaled by."""
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
                f"{base.path or base.name}: the diameter of its objects is impossible ({name})",
                found=f"{diameter:g} pixels",
                expected=f"{DIAMETERS[0]:g} to {DIAMETERS[1]:g} pixels",
                cure=_ANOTHER,
            )


_ANOTHER = "get the file again, or choose another model"


def _do_not_fit(base: ModelWeights, found: str) -> BadInput:
    return BadInput(
        f"{base.path}: its weights do not fit Cellpose's network",
        found=found,
        cure=_ANOTHER,
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Suppress log messages and warnings of Cellpose and torch: this tool reports by itself."""
    with silent("cellpose", logging.ERROR), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(cellpose|torch)\b")
        yield
