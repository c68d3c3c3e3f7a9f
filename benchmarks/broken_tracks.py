"""What crops offer to correct: errors of the base model in crops where tracks break, in uncertain and in random ones.

    python benchmarks/broken_tracks.py --movie IMAGES.tif --labels LABELS.tif [--seeds 10] [--out DIR]

A movie (TYX) is cut into fields that count as movies, as in ``rounds.py``. For each seed and way of choosing, the crops
of a first round are chosen with the demo's base, and its errors in them are counted against the label images: true
objects without a match at an IoU of 0.5, and found ones without. A crop with more errors has more to teach, but only
training shows whether a model learns more from it: that is what ``rounds.py --movie`` measures.

It prints a table and writes ``broken_tracks.csv``, with one row per crop.
"""

import argparse
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rounds import movies_of, write_movies

from cpretrain.images.timelapse import TimeLapse
from cpretrain.metrics.overlaps import find_overlaps
from cpretrain.models.trained import UsedModel, find_model
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction.frame import segment_frame
from cpretrain.rounds.crop_selection import Candidate, candidates, choose
from cpretrain.runtime.console import set_output
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings

WAYS = ("broken-tracks", "uncertain", "random")


def remember_runs(model: UsedModel) -> None:
    """Let the network see each image only once, since the same frames are looked at with each seed."""
    segmenter = model.segmenter
    run, masks = segmenter.run, segmenter.masks
    known: dict[Any, Any] = {}

    def once(image: np.ndarray, diameter: float | None = None) -> Any:
        key = (image.tobytes(), image.shape, diameter)
        if key not in known:
            known[key] = run(image, diameter)
        return known[key]

    def masks_once(flows: Any, settings: Any) -> Any:
        key = (id(flows), settings.cellprob_threshold)
        if key not in known:
            known[key] = masks(flows, settings)
        return known[key].copy()

    segmenter.run, segmenter.masks = once, masks_once  # type: ignore[method-assign]


def errors_in(crop: Candidate, size: int, truth: np.ndarray, found: np.ndarray) -> tuple[int, int]:
    """Return the number of true objects with their centre in a crop, and of those on either side without a match."""
    overlaps = find_overlaps(truth, found)
    match = overlaps.iou >= 0.5
    unmatched = [
        np.setdiff1d(ids, ids[side[match]])
        for ids, side in ((overlaps.true_ids, overlaps.true), (overlaps.predicted_ids, overlaps.predicted))
    ]
    here = [inside(labels, ids, crop, size) for labels, ids in zip((truth, found), unmatched, strict=True)]
    return inside(truth, overlaps.true_ids, crop, size), sum(here)


def inside(labels: np.ndarray, ids: np.ndarray, crop: Candidate, size: int) -> int:
    """Return how many of these objects have their centre in a crop."""
    centres = [np.argwhere(labels == one).mean(axis=0) for one in ids]
    low = np.array([crop.y, crop.x])
    return sum(bool(((low <= centre) & (centre < low + size)).all()) for centre in centres)


def main() -> None:
    """Print and write what the crops of each way hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--movie", type=Path, required=True, help="movie, TYX")
    parser.add_argument("--labels", type=Path, required=True, help="its label images, TYX")
    parser.add_argument("--windows", type=int, nargs=2, default=(2, 3), help="rows and columns of fields")
    parser.add_argument("--fields", type=int, default=3, help="of these fields, the first ones")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--crops", type=int, default=5)
    parser.add_argument("--look-at", type=int, default=24)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    set_output(quiet=True)
    model = find_model(DATA / "base_nuclei", PredictSettings(device="cpu"))
    remember_runs(model)
    truth = movies_of(options, "labels")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        paths = sorted(write_movies(Path(place), options).glob("*.tif"))[: options.fields]

        @cache
        def found(path: Path, frame: int) -> np.ndarray:
            with TimeLapse(path) as movie:
                return segment_frame(movie.frame(frame), model).labels[0]

        for seed in range(options.seeds):
            for way in WAYS:
                settings = RoundSettings(size=options.size, choose=way, device="cpu")
                asked = None if way == "random" else model
                offered = candidates(paths, settings, (seed, 1), options.look_at, model=asked)
                for crop in choose(offered, options.crops, options.size):
                    labels = truth[crop.movie.name][crop.frame]
                    objects, errors = errors_in(crop, options.size, labels, found(crop.movie, crop.frame))
                    at_break = way == "broken-tracks" and crop.at_break
                    rows.append(
                        {
                            "seed": seed,
                            "way": way,
                            "movie": crop.movie.name,
                            "frame": crop.frame,
                            "at_break": at_break,
                        }
                        | {"objects": objects, "errors": errors}
                    )
            pd.DataFrame(rows).to_csv(options.out / "broken_tracks.csv", index=False)
            print(f"seed {seed}", flush=True)
    report(pd.DataFrame(rows))


def report(table: pd.DataFrame) -> None:
    """Print objects and errors in each way's crops, mean over seeds, with the standard error between seeds."""
    of_seed = table.groupby(["way", "seed"], sort=False)[["objects", "errors", "at_break"]].mean()
    for way, rows in of_seed.groupby("way", sort=False):
        errors = rows["errors"]
        print(
            f"{way:14} {rows['objects'].mean():5.2f} objects and {errors.mean():.2f} ± "
            f"{errors.std() / len(errors) ** 0.5:.2f} errors a crop; {rows['at_break'].mean():.0%} at breaks"
        )


if __name__ == "__main__":
    main()
