"""Effect of zeros around an image on the scaling of grey values.

    python benchmarks/normalization.py [--epochs 20] [--folder DIR]

Average precision with percentiles of the valid pixels only (this tool's rule) and of all pixels (Cellpose's own), on
real fields of the demo (or of DIR, with folders images and labels):

- predicting with the demo's base: unchanged whole fields, crops of 100 × 100 pixels with a border of two zeros, and
  whole fields inside a canvas of zeros, as left by a drift correction;
- retraining on such crops under each rule for some epochs (0: skip this), and predicting whole fields that were not
  trained on. Cellpose 3 only.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from fields import FIELDS

from cpretrain.crops.crop_image import add_border
from cpretrain.metrics.scores import average_precision
from cpretrain.models.normalization import Normalization
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import find_base
from cpretrain.pipeline.demo import DATA
from cpretrain.runtime.console import progress
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training.defaults import with_defaults
from cpretrain.training.examples import prepare
from cpretrain.training.loop import Run
from cpretrain.training.optimisation import repeatable

BASE = DATA / "base_nuclei"
THRESHOLDS = (0.5, 0.75, 0.9)
RULES = {
    name: Normalization(valid_pixels=valid) for name, valid in (("valid pixels", True), ("all pixels", False))
}
SIZE, BORDER, CROPS_A_FIELD = 100, 2, 4

Pair = tuple[np.ndarray, np.ndarray]


def read_fields(folder: Path) -> list[Pair]:
    """Read images and labels of a folder, by name."""
    images = sorted((folder / "images").glob("*.tif"))
    return [(tifffile.imread(image), tifffile.imread(folder / "labels" / image.name)) for image in images]


def crops_of(fields: list[Pair]) -> Iterator[Pair]:
    """Cut crops with objects at random positions, with a border of zeros."""
    rng = np.random.default_rng(0)
    for image, labels in fields:
        cut = 0
        while cut < CROPS_A_FIELD:
            y, x = (int(rng.integers(0, edge - SIZE)) for edge in image.shape)
            window = slice(y, y + SIZE), slice(x, x + SIZE)
            if labels[window].any():
                yield add_border(image[window], BORDER), add_border(labels[window], BORDER)
                cut += 1


def padded(fields: list[Pair], share: float) -> list[Pair]:
    """Place fields on a canvas of which zeros make up `share` of the pixels, on two sides."""
    grow = 1 / np.sqrt(1 - share) - 1
    width = lambda image: [(0, round(grow * edge)) for edge in image.shape]  # noqa: E731
    return [(np.pad(image, width(image)), np.pad(labels, width(image))) for image, labels in fields]


def score(segmenter: Segmenter, pairs: list[Pair], rule: Normalization) -> np.ndarray:
    """Return the average precision at each threshold, averaged over the images."""
    predicted = [
        segmenter.segment(network_input(image[np.newaxis], how=rule), EvaluateSettings())
        for image, _ in pairs
    ]
    return average_precision([labels for _, labels in pairs], predicted, THRESHOLDS).average_precision.mean(
        axis=0
    )


def retrained(crops: list[Pair], rule: Normalization, epochs: int) -> Segmenter:
    """Retrain the base on crops that were scaled by a rule."""
    settings = with_defaults(TrainSettings(epochs=epochs, batch_size=4, device="cpu"))
    with repeatable(0, "cpu"):
        segmenter = Segmenter(find_base(str(BASE)), "cpu", for_training=True)
        inputs = [network_input(image[np.newaxis], how=rule) for image, _ in crops]
        run = Run(segmenter, prepare(inputs, [labels for _, labels in crops], segmenter.device), settings)
        with progress("train", run.steps_left) as step:
            while not run.finished:
                run.run_epoch(step)
    return segmenter


def main() -> None:
    """Print one table for prediction and one for retraining."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=FIELDS)
    options = parser.parse_args()
    fields = read_fields(options.folder)
    base = Segmenter(find_base(str(BASE)), "cpu")
    what = {
        "whole fields": fields,
        "crops with a border": list(crops_of(fields)),
        "fields, 10 % padding": padded(fields, 0.1),
        "fields, 30 % padding": padded(fields, 0.3),
    }
    print(f"average precision at IoU {THRESHOLDS}, {len(fields)} fields")
    for name, pairs in what.items():
        for rule_name, rule in RULES.items():
            print(f"  base       {name:22} {rule_name:14}", row(score(base, pairs, rule)), flush=True)
    if not options.epochs:
        return
    seen, unseen = fields[: 3 * len(fields) // 4], fields[3 * len(fields) // 4 :]
    print(
        f"retrained for {options.epochs} epochs on crops of {len(seen)} fields, scored on {len(unseen)} others"
    )
    for rule_name, rule in RULES.items():
        segmenter = retrained(list(crops_of(seen)), rule, options.epochs)
        print(
            f"  retrained  {'whole fields':22} {rule_name:14}",
            row(score(segmenter, unseen, rule)),
            flush=True,
        )
    print(
        f"  base       {'whole fields':22} {'valid pixels':14}",
        row(score(base, unseen, RULES["valid pixels"])),
    )


def row(precision: np.ndarray) -> str:
    """Format average precisions side by side."""
    return " ".join(f"{value:.3f}" for value in precision)


if __name__ == "__main__":
    main()
