"""Retraining on crops that are drawn in part, with what was not drawn taken for background, or ignored.

    python benchmarks/partly_drawn.py [--seeds 0 1 2] [--epochs 60] [--crops 2] [--share 0.5] [--folder DIR]
        [--base FILE] [--device cuda] [--precision bfloat16] [--size 100] [--tile fit] [--batch-size 8]
        [--window 200] [--ways NAME …] [--out FILE.json]

For each seed, crops are cut from fields of the demo (or of DIR, with folders images and labels) and split by field.
From one and the same base, models are retrained on these ground truths of the training crops:

- all: every outline;
- half, background: half of the outlines deleted at random, as if there were no objects;
- half, ignored: the same, with each deleted outline, and `MARGIN` pixels around it, marked to be ignored, as somebody
  would who skips objects and draws an area of class Ignore* around them;
- region, background: only objects in one half of each crop, cut at random, and those that touch it, are drawn;
- region, ignored: the same, with everything else outside the region ignored, as by ``--undrawn ignore``.

All are scored on the fields that none was trained on (or on a window in the middle of each), drawn completely:
average precision at three IoU thresholds, the mean over fields. Differences are paired by seed.
"""

import argparse
import json
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from fields import FIELDS
from numpy.typing import NDArray

from cpretrain.crops.crop_image import add_border
from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.pairs import load_pairs
from cpretrain.dataset.reading import read_for_network
from cpretrain.dataset.splitting import Split, split_pairs
from cpretrain.labels.ignored import ignored_file, write_ignored
from cpretrain.labels.own_file import write_labels
from cpretrain.metrics.scores import average_precision
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import find_base
from cpretrain.runtime.console import set_output
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training.retraining import retrain

BASE = Path(str(files("cpretrain"))) / "demo_data" / "base_nuclei"
THRESHOLDS = (0.5, 0.75, 0.9)
MARGIN = 3
WAYS = ("all", "half, background", "half, ignored", "region, background", "region, ignored")
Drawn = tuple[NDArray[Any], NDArray[np.bool_]]


def cut(folder: Path, seed: int, options: argparse.Namespace) -> tuple[Split, dict[str, NDArray[Any]]]:
    """Cut crops, split them by field, and return the complete labels of each."""
    settings = CropSettings(per_image=options.crops, seed=seed, size=options.size)
    crops = cut_crops(options.folder / "images", out=folder / "images", settings=settings).crops
    labels = {}
    for crop in crops:
        whole = tifffile.imread(options.folder / "labels" / crop.source)
        inside = whole[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
        labels[crop.file] = add_border(inside, crop.border)
        write_labels(folder / "all" / crop.file, labels[crop.file])
    return split_pairs(load_pairs(folder / "images", folder / "all"), options.share, seed=seed), labels


def half(labels: NDArray[Any], rng: np.random.Generator) -> Drawn:
    """Delete each object with a probability of one half, and return the rest and what to ignore."""
    from scipy.ndimage import binary_dilation

    numbers = np.unique(labels[labels > 0])
    deleted = np.isin(labels, numbers[rng.random(numbers.size) < 0.5])
    ignored = binary_dilation(deleted, iterations=MARGIN) if deleted.any() else deleted
    return np.where(deleted, 0, labels), ignored & ((labels == 0) | deleted)


def region(labels: NDArray[Any], rng: np.random.Generator) -> Drawn:
    """Keep the objects that touch one half of the image, and return them and what to ignore."""
    inside = np.zeros(labels.shape, bool)
    side, (height, width) = rng.integers(4), labels.shape
    rows = (slice(None, height // 2), slice(height // 2, None), slice(None), slice(None))[side]
    columns = (slice(None), slice(None), slice(None, width // 2), slice(width // 2, None))[side]
    inside[rows, columns] = True
    drawn = np.where(np.isin(labels, labels[inside & (labels > 0)]), labels, 0)
    return drawn, ~inside & (drawn == 0)


def draw(parts: Split, labels: dict[str, NDArray[Any]], folder: Path, way: str, seed: int) -> int:
    """Write the ground truth of the training crops, and return the number of objects drawn."""
    rng, drawn = np.random.default_rng([7, seed]), 0
    kind, _, treated = way.partition(", ")
    for pair in parts.train:
        complete = labels[pair.image.name]
        kept, ignored = half(complete, rng) if kind == "half" else region(complete, rng)
        kept = complete if kind == "all" else kept
        path = folder / way / "masks" / pair.image.name
        write_labels(path, kept)
        if treated == "ignored":
            write_ignored(ignored_file(path), ignored)
        image = folder / way / "images" / pair.image.name
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(pair.image.read_bytes())
        drawn += np.unique(kept[kept > 0]).size
    crops = folder / "images" / "crops.csv"
    (folder / way / "images" / "crops.csv").write_bytes(crops.read_bytes())
    return drawn


def train(parts: Split, folder: Path, way: str, seed: int, options: argparse.Namespace) -> Path:
    """Retrain the base on one kind of ground truth, and return the weights."""
    settings = TrainSettings(
        name="model", base=str(options.base), epochs=options.epochs, schedule="cosine", seed=seed,
        learning_rate=options.learning_rate, optimizer="adamw", device=options.device, min_train_masks=0,
        batch_size=options.batch_size, tile=options.tile, precision=options.precision,
    )  # fmt: skip
    validation = folder / "validation"
    for pair in parts.validation:
        for source in (pair.image, pair.mask):
            target = validation / source.parent.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    result = retrain(
        folder / way / "images", folder / way / "masks", settings=settings,
        validation=(validation / "images", validation / "all"),
    )  # fmt: skip
    return result.folder / "weights"


def score(weights: Path, fields: list[Path], device: str, window: int = 0) -> list[float]:
    """Return the average precision on fields, averaged over the fields, at each threshold."""
    segmenter = Segmenter(find_base(str(weights)), device)
    read = [middle(read_for_network(field).ready, window) for field in fields]
    predicted = [segmenter.segment(image, EvaluateSettings()) for image in read]
    truth = [middle(tifffile.imread(field.parents[1] / "labels" / field.name), window) for field in fields]
    return average_precision(truth, predicted, THRESHOLDS).average_precision.mean(axis=0).tolist()


def middle(image: NDArray[Any], window: int) -> NDArray[Any]:
    """Return a window in the middle of an image, of at most this many pixels along y and x (0: all of it)."""
    cut = [
        slice((n - window) // 2, (n + window) // 2) if 0 < window < n else slice(None)
        for n in image.shape[-2:]
    ]
    return np.ascontiguousarray(image[..., cut[0], cut[1]])


def run(seed: int, folder: Path, rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    """Train and score in all ways with one seed; print a row for each, and add it to `rows`."""
    parts, labels = cut(folder, seed, options)
    unseen = sorted({options.folder / "images" / pair.movie for pair in parts.validation})[: options.fields]
    if options.score_base:
        rows.append(
            {"seed": seed, "way": "base", "ap": score(options.base, unseen, options.device, options.window)}
        )
    for way in options.ways:
        started = time.perf_counter()
        drawn = draw(parts, labels, folder, way, seed)
        weights = train(parts, folder, way, seed, options)
        seconds = time.perf_counter() - started
        rows.append(
            {
                "seed": seed,
                "way": way,
                "ap": score(weights, unseen, options.device, options.window),
                "drawn": drawn,
            }
            | {"crops": len(parts.train), "fields": len(unseen), "seconds": round(seconds, 1)}
        )
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        print(
            f"{seed:4}  {way:20}{drawn:6}{seconds:8.0f}   ",
            *(f"{ap:6.3f}" for ap in rows[-1]["ap"]),
            flush=True,
        )


def summarise(rows: list[dict[str, Any]]) -> None:
    """Print the mean over seeds for each way, and the gain by ignoring, paired by seed."""
    found = {way: np.array([row["ap"] for row in rows if row["way"] == way]) for way in ("base", *WAYS)}
    for way, ap in found.items():
        if len(ap):
            print(f"mean  {way:34}   ", *(f"{mean:6.3f}" for mean in ap.mean(axis=0)))
    for kind in ("half", "region"):
        if not len(found[f"{kind}, ignored"]) == len(found[f"{kind}, background"]) > 0:
            continue
        gain = found[f"{kind}, ignored"] - found[f"{kind}, background"]
        for level, values in zip(THRESHOLDS, gain.T, strict=True):
            better, each = int((values > 0).sum()), " ".join(f"{value:+.3f}" for value in values)
            print(
                f"{kind}: ignored - background, AP {level:4}: {values.mean():+.3f}, "
                f"better in {better} of {len(values)}: {each}"
            )


def main() -> None:
    """Print one row per seed and way of drawing, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--crops", type=int, default=2, help="from each field")
    parser.add_argument("--size", type=int, default=100, help="edge length of a crop in pixels")
    parser.add_argument("--share", type=float, default=0.5, help="of the fields that are trained on")
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--tile", default="fit")
    parser.add_argument("--fields", type=int, help="unseen fields to score (default: all)")
    parser.add_argument(
        "--window", type=int, default=0, help="pixels in the middle of a field to score (0: all)"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--precision", default="float32", choices=["float32", "bfloat16"], help="of the training"
    )
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS, help="of drawing")
    parser.add_argument("--folder", type=Path, default=FIELDS)
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--score-base", action="store_true", help="score the base too")
    parser.add_argument("--out", type=Path, help="JSON file of all rows")
    options = parser.parse_args()
    set_output(quiet=True)
    print({name: str(value) for name, value in vars(options).items()})
    print(f"seed  {'drawn':20} objects seconds   AP 0.5   0.75    0.9")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as aside:
        for seed in options.seeds:
            run(seed, Path(aside) / str(seed), rows, options)
    summarise(rows)


if __name__ == "__main__":
    main()
