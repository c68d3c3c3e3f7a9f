"""Objects in 3D by ``predict --volume flows``, with models that were trained on crops in XY only or in three planes.

    python benchmarks/stacks.py [--stacks mild dense] [--seeds 0 1 2] [--epochs 20] [--crops 12] [--base]
        [--device auto] [--precision float32] [--folder DIR] [--out FILE]

Stacks of nuclei are simulated, because their true shape must be known in 3D: ellipsoids with textured brightness,
blurred by a point spread function that is longer along z, averaged over the thickness of a plane, with photon noise.
In `mild` the planes are 3 pixels apart, in `dense` 4, with more nuclei and a longer blur. For each of these and each
seed, as many crops are cut from two stacks in XY only, and in XY, XZ and YZ in turn; their ground truth is the true
section, as a person would draw it. Both models start from the demo's base, with the same settings. They segment a
third stack: with flows in 3D, and plane by plane with objects joined (`stitch`). Average precision counts objects in
3D, by the IoU of their voxels.
Cellpose 3 only.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from simulated_stack import HOWS, How, simulate

from cpretrain.crops.crop_image import add_border
from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.crops_table import Crop
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.metrics.scores import average_precision
from cpretrain.models.trained import find_model
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction.frame import segment_frame
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training.retraining import retrain

BASE = DATA / "base_nuclei"
THRESHOLDS = (0.5, 0.75)
PLANES = {"xy": ("xy",), "xy, xz, yz": ("xy", "xz", "yz")}
SIZE, PIXEL = 48, 0.3
"""Edge length of a crop in pixels, and size of a pixel in µm."""


@dataclass
class Row:
    """A model's score on the third stack."""

    stack: str
    seed: int
    trained_on: str
    volume: str
    objects: int
    ap_50: float
    ap_75: float
    train_seconds: float
    predict_seconds: float


def write_stacks(folder: Path, how: How, seed: int, names: str) -> dict[str, NDArray[np.uint16]]:
    """Simulate stacks, write them, and return their true labels at the resolution of a pixel in all directions."""
    truth = {}
    for number, name in enumerate(names):
        stack, labels = simulate(how, seed * 100 + number)
        shape = (1, len(stack), 1, *stack.shape[1:])
        size = Calibration((how.anisotropy * PIXEL, PIXEL, PIXEL), "µm")
        write_frames(folder / f"{name}.tif", [stack[:, np.newaxis]], shape, stack.dtype, size)
        truth[f"{name}.tif"] = labels
    return truth


def true_section(labels: NDArray[np.uint16], crop: Crop, anisotropy: int) -> NDArray[np.uint16]:
    """Return the true objects in a crop."""
    if crop.plane == "xy":
        plane, (row, column) = labels[crop.z * anisotropy + anisotropy // 2], crop.corner
    else:
        plane = labels[:, crop.y] if crop.plane == "xz" else labels[:, :, crop.x]
        row, column = crop.z * anisotropy, crop.corner[1]
    there = plane[row : row + crop.height, column : column + crop.width]
    return add_border(there, crop.border)


def train(
    folder: Path, name: str, seed: int, options: argparse.Namespace, how: How, truth: dict
) -> tuple[Path, float]:
    """Cut crops of two stacks in some planes, and retrain on them; return the model's folder and the time."""
    settings = CropSettings(per_image=options.crops // 2, size=SIZE, seed=seed, planes=PLANES[name])
    crops = cut_crops(folder / "raw", out=folder / name / "images", settings=settings).crops
    masks = folder / name / "masks"
    masks.mkdir()
    for crop in crops:
        tifffile.imwrite(masks / crop.file, true_section(truth[crop.source], crop, how.anisotropy))
    other = folder / "validation"
    started = time.perf_counter()
    how_to_train = TrainSettings(
        name=name,
        base=str(BASE),
        epochs=options.epochs,
        seed=seed,
        device=options.device,
        precision=options.precision,
        schedule="cosine",
    )
    validation = other / "images", other / "masks"
    model = retrain(
        folder / name / "images", masks, settings=how_to_train, out=folder / "models", validation=validation
    )
    return model.folder, time.perf_counter() - started


def cut_validation(folder: Path, how: How, seed: int) -> None:
    """Cut the one crop that training asks for as validation, from a stack of its own."""
    truth = write_stacks(folder / "validation" / "raw", how, seed + 50, "v")
    crop = cut_crops(
        folder / "validation" / "raw",
        out=folder / "validation" / "images",
        settings=CropSettings(per_image=1, size=SIZE),
    ).crops[0]
    (folder / "validation" / "masks").mkdir()
    labels = true_section(truth[crop.source], crop, how.anisotropy)
    tifffile.imwrite(folder / "validation" / "masks" / crop.file, labels)


def score(model: Path, how: How, seed: int, options: argparse.Namespace) -> Iterator[tuple]:
    """Segment the third stack in two ways, and yield objects, average precision and time of each."""
    stack, labels = simulate(how, seed * 100 + 90)
    true = labels[how.anisotropy // 2 :: how.anisotropy]
    how_to_predict = PredictSettings(device=options.device, precision=options.precision)
    for volume in ("flows", "stitch"):
        used = find_model(str(model), how_to_predict.replace(volume=volume))
        started = time.perf_counter()
        found = segment_frame(stack[:, np.newaxis], used, how.anisotropy).labels
        seconds = time.perf_counter() - started
        precision = average_precision([true], [found], THRESHOLDS).average_precision[0]
        yield volume, len(np.unique(found)) - 1, *map(float, precision), seconds


def rows(options: argparse.Namespace, aside: Path) -> Iterator[Row]:
    """Yield a row for each kind of stack, seed, model, and way of segmenting."""
    for kind in options.stacks:
        how = HOWS[kind]
        for seed in options.seeds:
            folder = aside / kind / str(seed)
            truth = write_stacks(folder / "raw", how, seed, "ab")
            cut_validation(folder, how, seed)
            models = {"nothing (base)": (BASE, 0.0)} if options.base else {}
            for name in PLANES:
                models[name] = train(folder, name, seed, options, how, truth)
            for name, (model, seconds) in models.items():
                for volume, objects, low, high, taken in score(model, how, seed, options):
                    yield Row(kind, seed, name, volume, objects, low, high, seconds, taken)


def main() -> None:
    """Print a row for each model and way of segmenting, and the means over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stacks", nargs="+", default=list(HOWS), choices=list(HOWS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--crops", type=int, default=12, help="from both stacks together")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--base", action="store_true", help="also score the base, without training")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path, help="a table of the rows")
    options = parser.parse_args()
    done: list[Row] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as aside:
        for row in rows(options, Path(aside)):
            done.append(row)
            print(*vars(row).values(), sep="\t", flush=True)
            if options.out:
                with open(options.out, "w", newline="") as file:
                    writer = csv.DictWriter(file, list(vars(row)))
                    writer.writeheader()
                    writer.writerows(map(vars, done))
    print("stacks  trained on       volume   AP 0.5 (of each seed)      AP 0.75 (of each seed)")
    for key in dict.fromkeys((row.stack, row.trained_on, row.volume) for row in done):
        same = [row for row in done if (row.stack, row.trained_on, row.volume) == key]
        columns = [[row.ap_50 for row in same], [row.ap_75 for row in same]]
        shown = (f"{np.mean(column):.3f} ({', '.join(f'{one:.3f}' for one in column)})" for column in columns)
        print(f"{key[0]:7} {key[1]:16} {key[2]:7}", *shown, sep="  ")


if __name__ == "__main__":
    main()
