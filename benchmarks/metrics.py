"""Scores compared with those of Cellpose and of StarDist (if it is installed): equality and time.

    python benchmarks/metrics.py [LABELS …] [--objects 3000] [--rounds 3]

LABELS are folders of label images (default: the demo's); each image is scored against a copy of itself that is moved,
with objects lost, merged and cut. The second table times one image with many objects, with each implementation in turn,
after a round that is not counted; it lists medians, and their ratios to ours.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from cellpose import metrics
from fields import FIELDS

from cpretrain.metrics.scores import average_precision

THRESHOLDS = np.round(np.arange(0.5, 1, 0.05), 2)


def spoiled(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return labels moved by up to two pixels, with a tenth of the objects lost, a tenth merged, a tenth cut in two."""
    rng = np.random.default_rng(seed)
    guess = np.roll(labels, tuple(rng.integers(-2, 3, 2)), (0, 1)).astype(np.int64)
    ids = rng.permutation(np.unique(guess[guess > 0]))
    lost, merged, cut = np.array_split(ids[: 3 * (len(ids) // 10)], 3)
    change = np.arange(guess.max() + 1)
    change[lost] = 0
    change[merged] = np.roll(merged, 1)[0] if len(merged) else 0
    guess = change[guess]
    half = np.isin(guess, cut) & (np.indices(guess.shape)[1] % 8 < 4)
    return sequential(guess + half * (guess.max() + 1))


def sequential(labels: np.ndarray) -> np.ndarray:
    """Number objects 1…N, as both others require."""
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape)


def many_objects(number: int) -> np.ndarray:
    """Return a label image with this many disks of different sizes."""
    side = int(np.ceil(np.sqrt(number)))
    radii = np.random.default_rng(0).integers(8, 16, number)
    image = np.zeros((32 * side, 32 * side), np.int64)
    y, x = np.mgrid[-16:16, -16:16]
    for k, radius in enumerate(radii):
        row, column = 32 * np.array(divmod(k, side))
        image[row : row + 32, column : column + 32][y**2 + x**2 < radius**2] = k + 1
    return image


def stardist_scores(true: np.ndarray, predicted: np.ndarray) -> dict[str, np.ndarray] | None:
    """Return StarDist's numbers under our names, by threshold; None if it is not installed."""
    try:
        from stardist.matching import matching
    except ImportError:
        return None
    found = matching(true, predicted, thresh=tuple(THRESHOLDS))
    names = {"accuracy": "average_precision", "mean_matched_score": "matched_iou"}
    names |= {name: name for name in ("precision", "recall", "f1")}
    return {ours: np.array([getattr(one, theirs) for one in found], float) for theirs, ours in names.items()}


def differences(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the largest difference from each of the others on one image."""
    ours = average_precision([true], [predicted], THRESHOLDS)
    _, *counts = (part[0] for part in metrics.average_precision([true], [predicted], THRESHOLDS))
    tp, fp, fn = (count.astype(float) for count in counts)  # Cellpose divides in 32 bits
    found = {"Cellpose, TP FP FN": np.abs(np.concatenate([*ours][1:]) - (tp, fp, fn)).max()}
    found["Cellpose, average precision"] = np.abs(tp / (tp + fp + fn) - ours.average_precision[0]).max()
    for name, theirs in (stardist_scores(true, predicted) or {}).items():
        both = np.isfinite(ours.of(name)[0])
        found[f"StarDist, {name}"] = np.abs(theirs - ours.of(name)[0])[both].max(initial=0)
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", nargs="*", type=Path, default=[FIELDS / "labels"])
    parser.add_argument("--objects", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    files = sorted(path for folder in options.labels for path in folder.glob("*.tif"))
    worst: dict[str, float] = {}
    objects = 0
    for seed, path in enumerate(files):
        true = sequential(tifffile.imread(path))
        objects += int(true.max())
        for name, difference in differences(true, spoiled(true, seed)).items():
            worst[name] = max(worst.get(name, 0.0), float(difference))
    print(
        f"{len(files)} label images, {objects} objects, {len(THRESHOLDS)} IoU thresholds: largest difference"
    )
    for name, difference in worst.items():
        print(f"  {name:32s}{difference:10.1e}")

    true = many_objects(options.objects)
    predicted = spoiled(true, 0)
    ways: dict[str, Callable[[], object]] = {
        "cpretrain": lambda: average_precision([true], [predicted], THRESHOLDS),
        "Cellpose": lambda: metrics.average_precision([true], [predicted], THRESHOLDS),
    }
    if stardist_scores(true[:64], predicted[:64]):
        ways["StarDist"] = lambda: stardist_scores(true, predicted)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds + 1):
        for way, work in ways.items():
            start = time.perf_counter()
            work()
            seconds[way].append(time.perf_counter() - start)
    print(
        f"\n{true.max()} objects in {true.shape[0]} × {true.shape[1]} pixels, {os.cpu_count()} cores: s, times ours"
    )
    ours = np.median(seconds["cpretrain"][1:])
    for way, taken in seconds.items():
        median = np.median(taken[1:])
        print(f"  {way:20s}{median:9.3f}{median / ours:9.1f}")


if __name__ == "__main__":
    main()
