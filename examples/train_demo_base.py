"""Train the demo's base model from scratch: how ``cpretrain/demo_data/base_nuclei`` was made.

The 12 fluorescence images are from the 2018 Data Science Bowl (CC0), none of them from the demo's own set. The
weights are kept in 16-bit numbers, which halves the file; Cellpose 3 loads them as they are.

Run it with ``python examples/train_demo_base.py [FILE]``. It takes about a quarter of an hour on two CPU cores.
"""

import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import skimage.io
import tifffile

from cpretrain.atomic import write_aside
from cpretrain.base_models import SCRATCH, find_base
from cpretrain.progress import progress, say
from cpretrain.segmenter import Segmenter, network_input, steps_of, with_defaults
from cpretrain.settings import TrainSettings

DATA = Path(str(files("cpretrain"))) / "demo_data"
SETTINGS = TrainSettings(epochs=140, images_per_epoch=48, batch_size=4, tile=112, seed=1, device="cpu")


def main(target: Path = DATA / "base_nuclei") -> None:
    """Train and write the weights to `target`."""
    import torch

    pictures = sorted((DATA / "base_training" / "images").glob("*.png"))
    images = [network_input(skimage.io.imread(path)[np.newaxis]) for path in pictures]
    labels = [tifffile.imread(path.parents[1] / "labels" / f"{path.stem}.tif") for path in pictures]
    torch.manual_seed(SETTINGS.seed)
    segmenter = Segmenter(find_base(SCRATCH), SETTINGS.device, for_training=True)
    settings = with_defaults(SETTINGS)
    with TemporaryDirectory() as folder, progress("train", steps_of(settings, len(images))) as step:
        weights, losses = segmenter.train(images, labels, settings, Path(folder), on_step=step)
        state = torch.load(weights, weights_only=True)
    halved = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    with write_aside(target) as aside:
        torch.save(halved, aside)
    say(f"{target}: training loss {losses.train[-1]:.3f} after {settings.epochs} epochs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
