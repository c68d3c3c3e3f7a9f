"""Train the demo's base model from scratch: how ``cpretrain/demo_data/base_nuclei`` was made.

The 12 fluorescence images are from the 2018 Data Science Bowl (CC0), none of them from the demo's own set. The
weights are rounded, so that the package stays small; Cellpose 3 loads them directly.

Run it with ``python examples/train_demo_base.py [FILE]``. It takes about a quarter of an hour on two CPU cores.
"""

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import skimage.io
import tifffile
import torch

from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import SCRATCH, find_base
from cpretrain.runtime.console import info, progress
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import write_aside
from cpretrain.training.defaults import with_defaults
from cpretrain.training.examples import prepare
from cpretrain.training.loop import Run
from cpretrain.training.optimisation import repeatable

DATA = Path(str(files("cpretrain"))) / "demo_data"
SETTINGS = TrainSettings(epochs=140, images_per_epoch=48, batch_size=4, tile=112, device="cpu")
SEED_OF_WEIGHTS = 1


def rounded(weights: torch.Tensor) -> torch.Tensor:
    """Return the weights in 16 bits; those of a layer as multiples of a power of two near a sixteenth of their spread.

    The file is half as large as in 32 bits, and halves again when it is compressed.
    """
    if weights.ndim < 2 or not weights.is_floating_point():
        return weights.half() if weights.is_floating_point() else weights
    step = 2.0 ** (weights.std(correction=0) / 16).log2().round()
    return ((weights / step).round() * step).half()


def main(target: Path = DATA / "base_nuclei") -> None:
    """Train and write the weights to `target`."""
    pictures = sorted((DATA / "base_training" / "images").glob("*.png"))
    images = [network_input(skimage.io.imread(path)[np.newaxis]) for path in pictures]
    labels = [tifffile.imread(path.parents[1] / "labels" / f"{path.stem}.tif") for path in pictures]
    with repeatable(SEED_OF_WEIGHTS, SETTINGS.device):
        segmenter = Segmenter(find_base(SCRATCH), SETTINGS.device, for_training=True)
        run = Run(segmenter, prepare(images, labels, segmenter.device), with_defaults(SETTINGS))
        with progress("train", run.steps_left) as step:
            while not run.finished:
                run.run_epoch(step)
    state = {name: rounded(weights) for name, weights in run.net.state_dict().items()}
    with write_aside(target) as aside:
        torch.save(state, aside)
    info(f"{target}: training loss {run.curves.training_loss[-1]:.3f} after {run.curves.epochs} epochs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
