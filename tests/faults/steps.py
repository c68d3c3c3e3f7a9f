"""The steps to kill, each on its own small data, and the comparison of their results."""

from abc import ABC, abstractmethod
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import numpy as np
import tifffile

from cpretrain.dataset.crops_table import read_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.pipeline.experiment import correct_and_cut, read_experiment, run_experiment
from cpretrain.prediction import predict
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.tracking import track
from tests.support.movies import DRIFT, write_movie
from tests.support.paths import DATA as TEST_DATA
from tests.support.paths import FIELDS

TIMES = ("evaluation", "batch.csv", "losses.csv")
"""Tables with these in their names hold times."""
TRACKED = TEST_DATA / "tracking" / "mitocheck.npz"
NATIVE = DriftSettings(engine="native")


class Step(ABC):
    """A step on its own data.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of its data.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def make_data(self) -> None:
        """Write its input."""

    @abstractmethod
    def __call__(self, out: Path) -> None:
        """Do it; all results go below `out`."""


class Drift(Step):
    """Drift correction of four movies."""

    batch: BatchSettings | None = None

    def make_data(self) -> None:
        """Write the movies."""
        for seed in range(4):
            write_movie(self.folder / f"Film {seed} ü.tif", DRIFT, seed=seed)

    def __call__(self, out: Path) -> None:
        """Correct them."""
        correct_drift(self.folder, out=out, settings=NATIVE, batch=self.batch)


class DriftOnWorkers(Drift):
    """The same on two workers."""

    batch = BatchSettings(workers=2)


class Predict(Step):
    """Segmentation of a movie, frame by frame."""

    def make_data(self) -> None:
        """Write the movie."""
        field = tifffile.imread(FIELDS / "images" / "IXMtest_A16_s2.tif")
        frames = np.stack([field[place : place + 80, 60 + place : 160 + place] for place in (60, 64, 69)])
        self.folder.mkdir()
        tifffile.imwrite(self.folder / "Zelle 1.tif", frames, imagej=True, metadata={"axes": "TYX"})

    def __call__(self, out: Path) -> None:
        """Segment it."""
        predict(
            DATA / "base_nuclei",
            self.folder,
            out=out,
            settings=PredictSettings(device="cpu", geojson=True, rois=True),
        )


class Track(Step):
    """Tracks of three movies, in every format."""

    def make_data(self) -> None:
        """Write label images of nuclei, and the movies."""
        nuclei = np.load(TRACKED)
        for part in ("movie", "labels"):
            (self.folder / part).mkdir(parents=True)
            for number in range(3):
                frames = np.roll(nuclei[part], number, axis=2)
                path = self.folder / part / f"Film {number} ü.tif"
                tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"})

    def __call__(self, out: Path) -> None:
        """Track the objects."""
        track(self.folder / "labels", images=self.folder / "movie", out=out)


class Run(Step):
    """The whole pipeline on three movies, with a short training."""

    def make_data(self) -> None:
        """Write the movies, and draw on their crops."""
        folder = self.folder
        folder.mkdir()
        for seed in range(3):
            write_movie(folder / "raw" / f"Film {seed}.tif", DRIFT, seed=seed)
        (folder / "experiment.toml").write_text(f"""
raw = "raw"
[drift]
engine = "native"
[crops]
per_image = 2
size = 50
[train]
name = "cells"
base = "{DATA / "base_nuclei"}"
epochs = 2
tile = 64
device = "cpu"
[evaluate]
thresholds = "0.5"
device = "cpu"
""")
        drawn = copytree(folder, folder.with_name("drawn"))
        correct_and_cut(read_experiment(drawn / "experiment.toml"))
        (folder / "ground_truth").mkdir()
        for crop in read_crops(drawn / "training_images").values():
            labels = tifffile.imread(drawn / "training_images" / crop.file) * 0
            labels[10:20, 10:20], labels[30:40, 30:42] = 3, 9
            tifffile.imwrite(folder / "ground_truth" / crop.file, labels)

    def __call__(self, out: Path) -> None:
        """Run it in a copy of its folder."""
        copytree(self.folder, out, dirs_exist_ok=True)
        run_experiment(out / "experiment.toml")


STEPS: dict[str, type[Step]] = {"drift": Drift, "drift on workers": DriftOnWorkers, "track": Track}
if cellpose_major() == 3:  # the model that comes with the package is one of Cellpose 3
    STEPS |= {"predict": Predict, "run": Run}


def contents(folder: Path) -> dict[str, str]:
    """Return all files of a result by name, with digests of those that hold no times or versions."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() if _is_compared(path) else ""
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "batch.csv"
    }


def _is_compared(path: Path) -> bool:
    if any(word in path.name for word in TIMES):
        return False
    return path.suffix in (".tif", ".csv", ".geojson", ".zip", ".xml") or path.name == "weights"
