"""What each setting for ten crops gains: average precision with and without it, time and memory, on several data sets.

    python benchmarks/training_gains.py OUT --data NAME=FOLDER … [--seeds 0 1 2] [--gains NAME …] [--minutes N]
        [--device cuda] [--processes N] [--base FILE] [--epochs 101] [--precision bfloat16]
        [--schedule cosine]

A FOLDER holds fields of view in ``images`` and their label images in ``labels``. Twelve fields, always the same ones,
are for testing; for each seed, ten crops of 100 × 100 pixels are cut from the others, and a run with each gain and one
without any start from the same base with the same crops. All are scored on the whole test fields. A run that is done is
not repeated (OUT holds one file for each), so a matrix that was stopped goes on.

The table compares each gain with the reference on the same crops: the mean difference over test fields and seeds, with
a 95 % interval that resamples fields, as the verdict of ``cpretrain evaluate`` does. "Helps" means that the interval
lies above 0 on at least two data sets and below 0 on none. Seconds and gigabytes are ratios to the reference; seconds
are those of the processor on a CPU, which other programs disturb less.
"""

import argparse
import json
import multiprocessing
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from fields import FIELDS

from cpretrain.crops.crop_image import add_border
from cpretrain.evaluation.confidence_intervals import Clusters, Interval, mean_interval
from cpretrain.pipeline.demo import DATA
from cpretrain.storage.atomic import write_text

CROPS, SIZE, BORDER, FEWEST = 10, 100, 2, 3
THRESHOLDS = tuple(np.arange(0.5, 0.95, 0.05).round(2))
SHOWN = (0.5, 0.75, 0.9)
REFERENCE = {
    "epochs": 101,
    "learning_rate": 0.005,
    "weight_decay": 1e-5,
    "optimizer": "adamw",
    "batch_size": 8,
}
"""Cellpose's own defaults, with as many epochs as make its learning rate fall at the end."""

GAINS: dict[str, dict[str, Any]] = {
    "reference": {},
    "grey values varied": {"vary_grey_values": True},
    "mean of 10 epochs": {"average_epochs": 10},
    "encoder frozen": {"freeze": "encoder"},
    "best epoch": {"test_fraction": 0.2},
    "last epoch, test set": {"test_fraction": 0.2, "keep": "last"},
    "stopped early": {"test_fraction": 0.2, "patience": 30},
    "bfloat16": {"precision": "bfloat16"},
    "cosine": {"schedule": "cosine"},
    "cosine, 50 epochs": {"schedule": "cosine", "epochs": 50},
    "cosine, 25 epochs": {"schedule": "cosine", "epochs": 25},
    "varied, mean": {"vary_grey_values": True, "average_epochs": 10},
    "varied, frozen": {"vary_grey_values": True, "freeze": "encoder"},
    "varied, mean, frozen": {"vary_grey_values": True, "average_epochs": 10, "freeze": "encoder"},
    "varied, stopped early": {"vary_grey_values": True, "test_fraction": 0.2, "patience": 30},
    "varied, cosine, 50 epochs": {"vary_grey_values": True, "schedule": "cosine", "epochs": 50},
    "varied, mean, cosine, 50 epochs": {
        "vary_grey_values": True, "average_epochs": 10, "schedule": "cosine", "epochs": 50,
    },
    "varied, frozen, cosine, 50 epochs": {
        "vary_grey_values": True, "freeze": "encoder", "schedule": "cosine", "epochs": 50,
    },
    "varied, cosine, 25 epochs": {"vary_grey_values": True, "schedule": "cosine", "epochs": 25},
    "cellpose": {},
    "not trained": {},
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One run of the matrix."""

    gain: str
    data: str
    folder: Path
    seed: int
    base: Path
    device: str
    epochs: int | None = None
    test_fields: int = 12
    precision: str = "float32"
    schedule: str = "cellpose"

    @property
    def file(self) -> str:
        """Name of the file for its result."""
        return f"{self.data}-{self.gain.replace(', ', '+').replace(' ', '_')}-{self.seed}.json"


@dataclass
class Row:
    """Result of one run: average precision for each test field and threshold, and what the training took."""

    gain: str
    data: str
    seed: int
    fields: list[str]
    precision: list[list[float]]
    seconds: float = 0.0
    processor_seconds: float = 0.0
    gigabytes: float = 0.0
    epochs: int = 0
    device: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def fields_of(folder: Path, test: int) -> tuple[list[Path], list[Path]]:
    """Return the fields to cut crops from, and those to test on, in an order that depends on their names alone."""
    every = sorted((folder / "images").glob("*.tif"), key=lambda path: zlib.crc32(path.name.encode()))
    return every[test:], every[:test]


def labels_for(image: Path) -> np.ndarray:
    """Read the labels of a field."""
    return tifffile.imread(image.parents[1] / "labels" / image.name)


def cut(fields: list[Path], seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield ten crops with at least three objects and their labels, from as many fields as there are."""
    random = np.random.default_rng(seed)
    order = [fields[index] for index in random.permutation(len(fields))]
    for number in range(CROPS):
        path = order[number % len(order)]
        image, labels = tifffile.imread(path), labels_for(path)
        while True:
            corner = [random.integers(0, size - SIZE + 1) for size in labels.shape]
            box = tuple(slice(start, start + SIZE) for start in corner)
            if len(np.unique(labels[box])) > FEWEST:
                break
        yield add_border(image[box], BORDER), add_border(labels[box], BORDER)


def carry_out(task: Task) -> Row:
    """Train, and score on the test fields."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    training, test = fields_of(task.folder, task.test_fields)
    row = Row(task.gain, task.data, task.seed, [path.name for path in test], [], device=task.device)
    segmenter = _trained(task, row, list(cut(training, task.seed)))
    row.precision = _score(segmenter, test)
    return row


def _trained(task: Task, row: Row, crops: list[tuple[np.ndarray, np.ndarray]]) -> Any:
    """Return the model that the task asks for, and note in the row what it took."""
    from cpretrain.models.segmenter import Segmenter
    from cpretrain.models.weights import find_base

    segmenter = Segmenter(find_base(task.base), task.device, for_training=True)
    if task.gain == "not trained":
        return segmenter
    before = time.perf_counter(), time.process_time()
    if task.gain == "cellpose":
        _train_as_cellpose_does(segmenter, crops, task)
    else:
        _train(segmenter, crops, task, row)
    row.seconds, row.processor_seconds = time.perf_counter() - before[0], time.process_time() - before[1]
    return segmenter


def _train(segmenter: Any, crops: list[tuple[np.ndarray, np.ndarray]], task: Task, row: Row) -> None:
    import torch

    from cpretrain.models.preprocessing import network_input
    from cpretrain.settings.training import TrainSettings
    from cpretrain.training.defaults import with_defaults
    from cpretrain.training.examples import prepare
    from cpretrain.training.loop import Run, TestSet
    from cpretrain.training.optimisation import repeatable

    for_all = REFERENCE | {"precision": task.precision, "schedule": task.schedule, "seed": task.seed}
    chosen = for_all | GAINS[task.gain] | ({"epochs": task.epochs} if task.epochs else {})
    settings = with_defaults(TrainSettings.model_validate({"name": "gain", **chosen}))
    images = [network_input(image[np.newaxis]) for image, _ in crops]
    labels = [label for _, label in crops]
    aside = round(settings.test_fraction * len(crops))
    if task.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    with repeatable(task.seed, task.device):
        examples = prepare(images[aside:], labels[aside:], segmenter.device)
        test = TestSet(
            prepare(images[:aside], labels[:aside], segmenter.device, examples.mean_diameter),
            labels[:aside], [(slice(BORDER, -BORDER),) * 2] * aside,
        ) if aside else None  # fmt: skip
        run = Run(segmenter, examples, settings, test)
        while not run.finished:
            run.run_epoch()
    segmenter.model.net.load_state_dict(run.kept.weights)
    row.epochs, row.gigabytes, row.settings = run.curves.epochs, run.peak_memory / 1e9, chosen


def _train_as_cellpose_does(segmenter: Any, crops: list[tuple[np.ndarray, np.ndarray]], task: Task) -> None:
    """Train with Cellpose's own function and tile, on the same images in the same scale of grey values."""
    import tempfile

    from cellpose import train

    from cpretrain.models.preprocessing import network_input
    from cpretrain.models.segmenter import quietly

    with tempfile.TemporaryDirectory() as folder, quietly():
        train.train_seg(
            segmenter.model.net,
            train_data=[network_input(image[np.newaxis]) for image, _ in crops],
            train_labels=[label.astype(np.int32) for _, label in crops],
            normalize={"normalize": False}, n_epochs=task.epochs or REFERENCE["epochs"],
            learning_rate=REFERENCE["learning_rate"], weight_decay=REFERENCE["weight_decay"],
            batch_size=REFERENCE["batch_size"], min_train_masks=0, save_path=folder, model_name="weights",
        )  # fmt: skip
    net = segmenter.model.net
    segmenter.model.diam_labels, segmenter.model.diam_mean = net.diam_labels.item(), net.diam_mean.item()


def _score(segmenter: Any, fields: list[Path]) -> list[list[float]]:
    from cpretrain.metrics.scores import average_precision
    from cpretrain.models.preprocessing import network_input
    from cpretrain.settings.evaluation import EvaluateSettings

    segmenter.model.net.eval()
    inputs = [network_input(tifffile.imread(path)[np.newaxis]) for path in fields]
    predicted = [segmenter.segment(image, EvaluateSettings()) for image in inputs]
    truth = [labels_for(path) for path in fields]
    return average_precision(truth, predicted, THRESHOLDS).average_precision.round(4).tolist()


def difference(rows: dict[tuple[str, str, int], Row], gain: str, data: str) -> Interval | None:
    """Return the mean gain over IoU thresholds, fields and seeds, where both runs are there."""
    seeds = [
        seed
        for name, set_, seed in rows
        if (name, set_) == (gain, data) and ("reference", data, seed) in rows
    ]
    if not seeds:
        return None
    changes = [
        np.mean(rows[gain, data, seed].precision, axis=1)
        - np.mean(rows["reference", data, seed].precision, axis=1)
        for seed in seeds
    ]
    fields = len(changes[0])
    clusters = Clusters(tuple(range(fields)) * len(seeds), fields, fields)
    return mean_interval(np.concatenate(changes), clusters, limits=(-1, 1))


def summarise(out: Path) -> str:
    """Return the table: one line for each gain and data set, then a verdict for each gain."""
    read = [Row(**json.loads(path.read_text("utf-8"))) for path in sorted(out.glob("*.json"))]
    rows = {(row.gain, row.data, row.seed): row for row in read}
    lines = [
        "| gain | data | seeds | AP at 0.5 / 0.75 / 0.9 | reference | difference, mean over 0.5 to 0.9 | epochs | "
        "seconds | GB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    verdicts = []
    for gain in GAINS:
        found = []
        for data in dict.fromkeys(row.data for row in read):
            change = difference(rows, gain, data)
            if change is not None:
                lines.append(_line(rows, gain, data, change))
                found.append(change)
        if found and gain not in ("reference", "not trained"):
            verdicts.append(f"- {gain}: {_verdict(found)}")
    return "\n".join([*lines, "", *verdicts, ""])


def _line(rows: dict[tuple[str, str, int], Row], gain: str, data: str, change: Interval) -> str:
    with_it = [row for key, row in rows.items() if key[:2] == (gain, data)]
    without = [rows["reference", data, row.seed] for row in with_it if ("reference", data, row.seed) in rows]
    epochs = np.mean([row.epochs for row in with_it])
    return (
        f"| {gain} | {data} | {len(with_it)} | {_shown(with_it)} | {_shown(without)} | "
        f"{change.estimate:+.3f} ({change.low:+.3f} to {change.high:+.3f}) | {epochs:.0f} | "
        f"{_ratio(with_it, without, 'seconds')} | {_ratio(with_it, without, 'gigabytes')} |"
    )


def _shown(rows: list[Row]) -> str:
    mean = np.mean([row.precision for row in rows], axis=(0, 1))
    return " / ".join(f"{mean[THRESHOLDS.index(threshold)]:.3f}" for threshold in SHOWN)


def _ratio(rows: list[Row], reference: list[Row], what: str) -> str:
    what = "processor_seconds" if what == "seconds" and rows[0].device == "cpu" else what
    above, below = (sum(getattr(row, what) for row in side) for side in (rows, reference))
    return f"{above / below:.2f}" if above and below else ""


def _verdict(changes: list[Interval]) -> str:
    better = sum(change.low > 0 for change in changes)
    worse = sum(change.high < 0 for change in changes)
    where = f"(better on {better}, worse on {worse} of {len(changes)} data sets)"
    if better >= 2 and not worse:
        return f"helps {where}"
    return f"{'does harm' if worse and not better else 'not shown to help'} {where}"


def tasks_of(options: argparse.Namespace) -> list[Task]:
    """List the runs that are not done yet, those of the first seed first, so that a part is worth something."""
    sets = dict(one.split("=", 1) for one in options.data)
    tasks = [
        Task(
            gain,
            name,
            Path(folder),
            seed,
            options.base,
            options.device,
            options.epochs,
            options.test_fields,
            options.precision,
            options.schedule,
        )
        for seed in options.seeds
        for gain in options.gains
        for name, folder in sets.items()
    ]
    return [task for task in tasks if not (options.out / task.file).exists()]


def main() -> None:
    """Run what is not done, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", nargs="+", default=[f"BBBC039={FIELDS}"], metavar="NAME=FOLDER")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gains", nargs="+", default=list(GAINS), choices=list(GAINS))
    parser.add_argument("--base", type=Path, default=DATA / "base_nuclei")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--test-fields", type=int, default=12)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--precision", default="float32", help="of every run, unless its gain says otherwise")
    parser.add_argument("--schedule", default="cellpose", help="of every run, unless its gain says otherwise")
    parser.add_argument(
        "--one-process",
        action="store_true",
        help="for all runs on a CPU, so that their memory cannot be told apart",
    )
    parser.add_argument("--minutes", type=float, default=1e6, help="start no run after this time")
    parser.add_argument("--epochs", type=int, help="of every run, for a trial of the script")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    end, waiting = time.monotonic() + 60 * options.minutes, tasks_of(options)
    with multiprocessing.get_context("spawn").Pool(
        options.processes, maxtasksperchild=None if options.device == "cuda" or options.one_process else 1
    ) as pool:
        for task, row in pool.imap_unordered(_in_time, ((task, end) for task in waiting)):
            if row is not None:
                write_text(options.out / task.file, json.dumps(asdict(row)))
                print(
                    f"{task.data:10} {task.gain:34} seed {task.seed}: AP {_shown([row])}, {row.seconds:.1f} s",
                    flush=True,
                )
    print(summarise(options.out))


def _in_time(what: tuple[Task, float]) -> tuple[Task, Row | None]:
    task, end = what
    return task, carry_out(task) if time.monotonic() < end else None


if __name__ == "__main__":
    main()
