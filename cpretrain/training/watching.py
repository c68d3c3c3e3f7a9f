"""What can be seen of a training while it runs: curves for TensorBoard, and pictures of images that it does not see."""

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.models.segmenter import quietly
from cpretrain.models.versions import outlines_of_labels
from cpretrain.runtime.spelling import option
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import write_aside
from cpretrain.training.curves import COLUMNS
from cpretrain.training.loop import Run, TestSet
from cpretrain.training.optimisation import untouched_generators

SHOWN = 2
"""Number of images in a picture."""

ENLARGED = 3
DRAWN, FOUND = (86, 180, 233), (213, 94, 0)
"""Colours that colour-blind people can distinguish (Okabe and Ito): blue for ground truth, orange for the model."""


class Watching:
    """Writes what is to be seen of a run, after each epoch.

    Parameters
    ----------
    folder : pathlib.Path
        Where; made if there is anything to write.
    settings : TrainSettings
        ``tensorboard`` and ``picture_every``.
    shown : TestSet or None
        Images to draw, which are never trained on.
    """

    def __init__(self, folder: Path, settings: TrainSettings, shown: TestSet | None) -> None:
        self.folder, self.settings, self.shown = folder, settings, shown
        self._writer = _writer(folder) if settings.tensorboard else None

    def after_epoch(self, run: Run) -> None:
        """Write what the last epoch added."""
        epoch = run.curves.epochs - 1
        if self._writer:
            for name in COLUMNS[1:]:
                value = getattr(run.curves, name)[-1]
                if not math.isnan(value):
                    self._writer.add_scalar(name, value, epoch)
            self._writer.add_scalar("learning_rate", run.rates[epoch], epoch)
            self._writer.flush()
        every = self.settings.picture_every
        if every and self.shown and (epoch % every == 0 or run.finished):
            self.folder.mkdir(parents=True, exist_ok=True)
            draw(self.folder / f"epoch_{epoch:04}.png", run, self.shown)

    def close(self) -> None:
        """Finish the file for TensorBoard."""
        if self._writer:
            self._writer.close()

    def keep(self, model: Path) -> None:
        """Copy what was written into the folder of the finished model."""
        if self.folder.is_dir():
            shutil.copytree(self.folder, model / self.folder.name, dirs_exist_ok=True)


def draw(path: Path, run: Run, shown: TestSet) -> None:
    """Draw the first images side by side, with the outlines of the ground truth and of what the model finds now."""
    from PIL import Image

    with quietly(), untouched_generators(run.device.type):
        found = [
            run.segmenter.segment_inside(image, EvaluateSettings(), box)
            for image, box in zip(shown.examples.images[:SHOWN], shown.boxes[:SHOWN], strict=True)
        ]
    panels = [
        _panel(image[0], truth, labels)
        for image, truth, labels in zip(
            shown.examples.images[:SHOWN], shown.truth[:SHOWN], found, strict=True
        )
    ]
    picture = np.zeros(
        (max(panel.shape[0] for panel in panels), sum(panel.shape[1] for panel in panels), 3), np.uint8
    )
    left = 0
    for panel in panels:
        picture[: panel.shape[0], left : left + panel.shape[1]] = panel
        left += panel.shape[1]
    with write_aside(path) as aside:
        Image.fromarray(picture).save(aside, format="png")


def _panel(grey: NDArray[np.float32], truth: NDArray[Any], found: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an enlarged image with both outlines, ndarray of uint8, shape (Y, X, 3)."""
    larger = np.ones((ENLARGED, ENLARGED), np.uint8)
    rgb = np.repeat((np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    rgb = np.kron(rgb, larger[..., np.newaxis])
    for labels, colour in ((truth, DRAWN), (found, FOUND)):
        rgb[outlines_of_labels(np.kron(labels, larger))] = colour
    return rgb


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BadInput(
            f"{option('tensorboard', True)}: the package tensorboard is not installed",
            cure="install it with pip install 'cpretrain[tensorboard]'",
        ) from error
    return SummaryWriter(str(folder))
