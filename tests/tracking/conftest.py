"""A movie of real nuclei that drifts by known shifts, corrected by cpretrain, and its label images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cpretrain import DriftCurve, TimeLapse, correct_drift, undo_drift
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.registration.canvas import canvas_for
from cpretrain.settings.drift import DriftSettings
from tests.support.paths import DATA

CALIBRATION = Calibration((1.0, 0.645, 0.645), "µm", 1800.0)
FRAMES = 8
DRIFT = [(0, 0), (2, -3), (4, -5), (4, -4), (5, -1), (3, 2), (1, 4), (0, 6)]
"""Drift of the sample in y, x."""
MARGIN = 8


@dataclass
class Experiment:
    """Folders of an experiment, and what is known of it."""

    folder: Path
    raw_labels: np.ndarray

    @property
    def corrected(self) -> Path:
        return self.folder / "corrected"

    @property
    def predictions(self) -> Path:
        return self.folder / "segmented"


def _moving_window(movie: np.ndarray) -> np.ndarray:
    """Cut a window out of each frame, shape (T, 1, 1, Y, X), so that the sample drifts in it."""
    _, height, width = movie.shape
    cut = [
        movie[t, MARGIN - y : height - MARGIN - y, MARGIN - x : width - MARGIN - x]
        for t, (y, x) in enumerate(DRIFT)
    ]
    return np.stack(cut)[:, np.newaxis, np.newaxis]


def _write(path: Path, movie: np.ndarray) -> None:
    write_frames(
        path, iter(movie[:, :, 0, np.newaxis].reshape(movie.shape)), movie.shape, movie.dtype, CALIBRATION
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Raw, corrected and segmented movie; do not write into it."""
    folder = tmp_path_factory.mktemp("experiment")
    nuclei = np.load(DATA / "tracking" / "mitocheck.npz")
    raw, raw_labels = (_moving_window(nuclei[name][:FRAMES]) for name in ("movie", "labels"))
    _write(folder / "raw" / "nuclei.tif", raw)
    rows = [f"{t},0,{y},{x},False,False" for t, (y, x) in enumerate(DRIFT)]
    table = folder / "known.shifts.csv"
    table.write_text("\n".join(["frame,drift_z,drift_y,drift_x,clipped,uncertain", *rows]) + "\n")
    correct_drift(folder / "raw", settings=DriftSettings(engine="native", shifts=table))
    curve = DriftCurve(np.array([(0, y, x) for y, x in DRIFT], np.float32))
    _write(folder / "segmented" / "nuclei.tif", undo_drift(raw_labels, curve).values)
    with TimeLapse(folder / "corrected" / "nuclei.tif") as corrected:
        assert corrected.shape[1:] == canvas_for(curve, raw.shape[1:]).shape
    return Experiment(folder, raw_labels)
