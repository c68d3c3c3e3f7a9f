"""Retraining compared with Cellpose's own command line: time, memory, and average precision, on the same images.

    python benchmarks/training.py [--seeds 0 1 2] [--epochs 101] [--crops 1] [--share 0.8] [--folder DIR]
        [--ways "" "--schedule cosine --epochs 50 --precision bfloat16"] [--fields 6]

For each seed, crops of 100 × 100 pixels are cut from fields of the demo (or of DIR, with folders images and labels)
and split by field. ``python -m cellpose --train`` and ``cpretrain train`` then start from the demo's base, one after
the other, each in a separate process, with the same epochs, learning rate, weight decay and optimizer; each of the
`--ways` adds options of ``cpretrain train``, of which the last ones count. All are scored on the whole fields that none
was trained on (or on the first few of them). Cellpose 3 only: its networks can be trained on a CPU.
With fewer than 100 epochs Cellpose's learning rate never falls, and the quality of the last epoch is a matter of luck.

Seconds are those of the whole process, imports included; processor seconds (user and system) are steadier if other
programs run on the machine. Ratios are to Cellpose's command line at the same seed.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from fields import FIELDS

from cpretrain.crops.crop_image import add_border
from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.pairs import load_pairs
from cpretrain.dataset.splitting import Split, split_pairs
from cpretrain.pipeline.demo import DATA
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.evaluation import EvaluateSettings

BASE = DATA / "base_nuclei"
THRESHOLDS = (0.5, 0.75, 0.9)


@dataclass
class Taken:
    """Resources that a process took."""

    seconds: float
    processor_seconds: float
    gigabytes: float


def run(*command: object) -> Taken:
    """Run a command; a failure ends the benchmark, with its output."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, *map(str, command)], stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(said.read())
    return Taken(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20)


def cut(folder: Path, seed: int, options: argparse.Namespace) -> Split:
    """Cut crops and their labels, and split them by field."""
    fields: Path = options.folder
    settings = CropSettings(per_image=options.crops, seed=seed)
    crops = cut_crops(fields / "images", out=folder / "images", settings=settings).crops
    (folder / "masks").mkdir(parents=True)
    for crop in crops:
        labels = tifffile.imread(fields / "labels" / crop.source)
        inside = labels[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
        tifffile.imwrite(folder / "masks" / crop.file, add_border(inside, crop.border))
    return split_pairs(load_pairs(folder / "images", folder / "masks"), options.share, seed=seed)


def train_with_cellpose(parts: Split, folder: Path, options: argparse.Namespace) -> tuple[Taken, Path]:
    """Train with Cellpose's command line, and return the time and the weights."""
    folder.mkdir()
    for pair in parts.train:
        (folder / pair.image.name).write_bytes(pair.image.read_bytes())
        (folder / f"{pair.image.stem}_masks.tif").write_bytes(pair.mask.read_bytes())
    taken = run(
        "-m", "cellpose", "--train", "--dir", folder, "--pretrained_model", BASE, "--model_name_out", "weights",
        "--n_epochs", options.epochs, "--learning_rate", options.learning_rate,
        "--weight_decay", options.weight_decay, "--SGD", int(options.optimizer == "sgd"),
        "--batch_size", options.batch_size, "--min_train_masks", 1,
    )  # fmt: skip
    return taken, folder / "models" / "weights"


def train_with_cpretrain(
    folder: Path, way: str, seed: int, options: argparse.Namespace
) -> tuple[Taken, Path]:
    """Train with this tool, and return the time and the weights."""
    name = f"way {options.ways.index(way)}"
    taken = run(
        "-m", "cpretrain.cli", "train", "--images", folder / "images", "--masks", folder / "masks",
        "--name", name, "--base", BASE, "--device", "cpu", "--seed", seed,
        "--epochs", options.epochs, "--learning-rate", options.learning_rate,
        "--weight-decay", options.weight_decay, "--optimizer", options.optimizer,
        "--batch-size", options.batch_size, "--train-fraction", options.share,
        *shlex.split(way),
    )  # fmt: skip
    return taken, folder / "models" / name / "weights"


def score(weights: Path, fields: list[Path]) -> np.ndarray:
    """Return the average precision on whole fields, averaged over the fields, at each threshold."""
    from cpretrain.metrics.scores import average_precision
    from cpretrain.models.preprocessing import network_input
    from cpretrain.models.segmenter import Segmenter
    from cpretrain.models.weights import find_base

    segmenter = Segmenter(find_base(str(weights)), "cpu")
    inputs = [network_input(tifffile.imread(field)[np.newaxis]) for field in fields]
    predicted = [segmenter.segment(image, EvaluateSettings()) for image in inputs]
    truth = [tifffile.imread(field.parents[1] / "labels" / field.name) for field in fields]
    return average_precision(truth, predicted, THRESHOLDS).average_precision.mean(axis=0)


def main() -> None:
    """Print one row per seed and way of training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=101)
    parser.add_argument("--crops", type=int, default=1, help="from each field")
    parser.add_argument("--share", type=float, default=0.8, help="of the crops that are trained on")
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--weight-decay", type=float, default=1e-5)
    parser.add_argument("--optimizer", default="adamw", choices=("adamw", "sgd"))
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--ways", nargs="+", default=[""], help="further options of cpretrain train")
    parser.add_argument("--fields", type=int, help="unseen fields to score (default: all)")
    parser.add_argument("--folder", type=Path, default=FIELDS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores; training crops, {vars(options)}")
    print("seed  trained with           seconds  processor s  ratio s  ratio p.s.   GB    AP 0.5  0.75   0.9")
    with tempfile.TemporaryDirectory() as aside:
        for seed in options.seeds:
            folder = (options.out or Path(aside)) / str(seed)
            parts = cut(folder, seed, options)
            unseen = sorted({options.folder / "images" / pair.movie for pair in parts.validation})[
                : options.fields
            ]
            print(
                f"{seed:4}  {'base':18} {' ' * 46}", *(f"{ap:6.3f}" for ap in score(BASE, unseen)), flush=True
            )
            theirs, weights = train_with_cellpose(parts, folder / "cellpose", options)
            report(seed, "cellpose --train", theirs, theirs, score(weights, unseen))
            for way in options.ways:
                ours, weights = train_with_cpretrain(folder, way, seed, options)
                report(seed, f"cpretrain {way}", ours, theirs, score(weights, unseen))


def report(seed: int, name: str, taken: Taken, reference: Taken, precision: np.ndarray) -> None:
    """Print a row."""
    ratios = taken.seconds / reference.seconds, taken.processor_seconds / reference.processor_seconds
    print(
        f"{seed:4}  {name}\n{'':26} {taken.seconds:9.1f} {taken.processor_seconds:12.1f} "
        f"{ratios[0]:8.2f} {ratios[1]:11.2f} {taken.gigabytes:5.2f}   ",
        *(f"{ap:6.3f}" for ap in precision),
        flush=True,
    )


if __name__ == "__main__":
    main()
