"""The whole pipeline on real images that come with the package.

The raw time-lapses are windows that wander over real fields of view (so the drift is known and every pixel is
real), with fresh photon noise in each frame. In place of drawings in QuPath, the public annotation of the same fields
is cut at the positions of the crops and written in the form that QuPath exports.
"""

import shutil
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.crops.crop_image import add_border
from cpretrain.dataset.crops_table import read_crops
from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.labels.tiff_plane import read_plane
from cpretrain.models.weights import find_base
from cpretrain.pipeline.experiment import Experiment, correct_and_cut, read_experiment, train_and_evaluate
from cpretrain.registration.shifts_table import read_shifts
from cpretrain.runtime.console import info
from cpretrain.runtime.summary import Summary
from cpretrain.storage.paths import PathLike, to_path

DATA = Path(str(files("cpretrain"))) / "demo_data"
FRAMES, WINDOW, LARGEST_STEP = 6, 384, 7
CALIBRATION = Calibration((1.0, 0.656, 0.656), "µm", 300.0)
EXPERIMENT = """# The demo, as you would write it for images of your own. Paths are relative to this file.
raw = "raw"
ground_truth = "ground_truth"

[train]
name = "U2OS nuclei"
base = "base_nuclei"
# Fourteen movies of 24 validate, so that the answer is worth something.
train_fraction = 0.4
# These make it quick on two processor cores; leave them out to train as Cellpose does by default.
epochs = 16
schedule = "cosine"
batch_size = 4
tile = 112
seed = 0
device = "cpu"

[evaluate]
device = "cpu"
"""


def run_demo(folder: PathLike) -> Summary:
    """Run the pipeline in `folder`; finished steps are not repeated.

    Raises
    ------
    BadInput
        When a step fails, or another Cellpose than 3 is installed: the demo's base model is a network of Cellpose 3.
    """
    started, folder = time.monotonic(), to_path(folder)
    if (folder / "raw").exists() and not (folder / "experiment.toml").exists():
        raise BadInput(f"{folder}: is already used for something else", cure="choose another folder")
    find_base(DATA / "base_nuclei")  # another Cellpose is refused before anything is written
    info(
        f"Demo in {folder.resolve()}: about 5 minutes on two processor cores, 10 if other programs are running."
    )
    experiment = _prepare(folder)
    moved = correct_and_cut(experiment)
    info(f"drift: off by at most {_largest_error(experiment):g} pixels from the known drift")
    _annotate(experiment)
    report = train_and_evaluate(experiment)
    report.failed.update(moved.failed)
    report.lines.append(f"took {time.monotonic() - started:.0f} s")
    return report


def _prepare(folder: Path) -> Experiment:
    """Write ``experiment.toml`` and the raw time-lapses, unless they exist."""
    folder.mkdir(parents=True, exist_ok=True)
    toml = folder / "experiment.toml"
    if not toml.exists():
        shutil.copyfile(DATA / "base_nuclei", folder / "base_nuclei")
        toml.write_text(EXPERIMENT, encoding="utf-8")
    for field in _fields():
        target = folder / "raw" / field.name
        if not target.exists():
            frames = list(_wander(read_plane(field).pixels, _path(field)))
            shape = (FRAMES, 1, 1, WINDOW, WINDOW)
            write_frames(
                target,
                [frame[np.newaxis, np.newaxis] for frame in frames],
                shape,
                frames[0].dtype,
                CALIBRATION,
            )
    return read_experiment(toml)


def _fields() -> list[Path]:
    return sorted((DATA / "fields" / "images").glob("*.tif"))


def _path(field: Path) -> NDArray[np.int64]:
    """Return the corner of the window in each frame, shape (frames, 2): a random walk.

    The package holds the part of each field that its windows reach, so the walk touches all four edges.
    """
    rng = np.random.default_rng([2, *field.stem.encode()])
    corners = rng.integers(-LARGEST_STEP, LARGEST_STEP + 1, (FRAMES, 2)).cumsum(axis=0)
    return corners - corners.min(axis=0)


def _wander(field: NDArray[np.uint16], corners: NDArray[np.int64]) -> Iterator[NDArray[np.uint16]]:
    rng = np.random.default_rng(int(field.sum()))
    for y, x in corners:
        window = field[y : y + WINDOW, x : x + WINDOW]
        yield rng.poisson(window).astype(np.uint16)


def _largest_error(experiment: Experiment) -> float:
    """Return the largest difference between measured and true drift over all movies and frames, in pixels."""
    errors = []
    for field in _fields():
        corners = _path(field)
        measured = read_shifts(_corrected(experiment, field).with_suffix(".shifts.csv")).drift[:, 1:]
        errors.append(np.abs(measured - (corners[0] - corners)).max())
    return float(max(errors))


def _corrected(experiment: Experiment, field: Path) -> Path:
    return experiment.raw.parent / "corrected" / field.name


def _annotate(experiment: Experiment) -> None:
    """Stand in for the annotator: write the public annotation of each crop in the form that QuPath exports."""
    target = experiment.ground_truth
    info(
        "masks: nobody draws in the demo; a public annotation of the same images takes its place, exported as QuPath "
        "would"
    )
    target.mkdir(exist_ok=True)
    rng = np.random.default_rng(3)
    for crop in read_crops(experiment.raw.parent / "training_images").values():
        field = DATA / "fields" / "images" / crop.source
        labels = read_plane(DATA / "fields" / "labels" / crop.source).pixels
        drift = read_shifts(_corrected(experiment, field).with_suffix(".shifts.csv")).drift[:, 1:]
        place = np.round(drift.max(axis=0) - drift[crop.frame]).astype(int)
        y, x = _path(field)[crop.frame] + (crop.y, crop.x) - place
        cut = add_border(labels[y : y + crop.height, x : x + crop.width], crop.border)
        path = target / f"{Path(crop.file).stem}-labelled.tif"
        if not path.exists():
            tifffile.imwrite(path, _as_qupath(cut, rng), compression="lzw")


def _as_qupath(labels: NDArray[np.uint16], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Number the objects in random order, in 8 bits, like QuPath's instance labels."""
    ids = np.unique(labels[labels > 0])
    numbers = np.zeros(int(labels.max()) + 1, np.uint8)
    numbers[ids] = rng.permutation(ids.size) + 1
    return numbers[labels]
