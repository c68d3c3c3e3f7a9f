"""The models to compare, and a reader for their images and masks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpretrain.dataset.reading import NetworkImage, read_for_network
from cpretrain.evaluation.second_annotator import DrawnFile
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.size_check import check_size
from cpretrain.models.device import find_device
from cpretrain.models.record import ModelSettings
from cpretrain.models.segmenter import Segmenter, computed_precision
from cpretrain.models.weights import ModelWeights
from cpretrain.runtime.process_cache import cached_in_process
from cpretrain.runtime.spelling import command
from cpretrain.settings.base import Device
from cpretrain.settings.evaluation import EvaluateSettings


@dataclass(frozen=True)
class Load:
    """Loads the segmenter of a base model once per process.

    Parameters
    ----------
    device : str
        Device to compute on.
    """

    device: Device

    def __call__(self, base: ModelWeights) -> Segmenter:
        """Return the segmenter of `base`."""
        return cached_in_process(("segmenter", base, self.device), lambda _: Segmenter(base, self.device))

    @property
    def computing(self) -> dict[str, str]:
        """What the models compute on and with, for the record."""
        device = find_device(self.device)
        return {"device": str(device), "precision": computed_precision("auto", device)}


@dataclass(frozen=True)
class ComparedModel:
    """A model in the comparison.

    Parameters
    ----------
    name : str
        ``base`` or ``retrained``.
    base : ModelWeights
        Its weights.
    settings : EvaluateSettings
        Its thresholds and diameter, nothing left open.
    """

    name: str
    base: ModelWeights
    settings: EvaluateSettings

    @property
    def used(self) -> dict[str, Any]:
        """Thresholds, diameter and smallest object, by setting name; steps and border where they were set."""
        names = ["flow_threshold", "cellprob_threshold", "diameter", "min_size"]
        names += [name for name in ("niter", "exclude_on_edges") if getattr(self.settings, name)]
        return {name: getattr(self.settings, name) for name in names}


class Reader:
    """Reader of images and masks for a model.

    Parameters
    ----------
    model : ModelSettings
        Its channels, and the normalization of grey values.
    """

    def __init__(self, model: ModelSettings) -> None:
        self.model = model

    def image(self, path: Path) -> NetworkImage:
        """Read an image, as stored and as network input."""
        model = self.model
        return read_for_network(path, model.channel, model.second_channel, model.normalization)

    def drawn(self, file: DrawnFile, size: tuple[int, int]) -> LabelImage:
        """Read what was drawn on an image with the given height and width.

        Raises
        ------
        BadInput
            When it cannot be read, or has a different size.
        """
        drawn = file.read()
        cure = f"import the masks with {command('masks')}, which knows the border of training images"
        check_size(file.mask, drawn.labels.shape, size, cure)
        return drawn
