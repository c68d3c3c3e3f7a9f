"""``experiment.toml``: paths, settings, and where a run stops and resumes."""

import json

import pytest
import tifffile

from cpretrain.batch.runner import Batch
from cpretrain.dataset.crops_table import read_crops
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline import experiment
from cpretrain.pipeline.experiment import read_experiment, run_experiment
from cpretrain.settings.batch import BatchSettings
from tests.support.movies import DRIFT, write_movie

pytestmark = pytest.mark.cellpose


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raw = ", "cannot be read"),
        ("", "raw: field required"),
        ("raw = 'raw'\n[crop]\nsize = 3", "crop: extra inputs are not permitted"),
        ("raw = 'raw'\n[crops]\nsize = 0", "crops: input should be greater than or equal to 1"),
        ("raw = 'raw'\n[train]\ntrain_fraction = 1.5", "train: input should be less than 1"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "experiment.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        read_experiment(path)


def test_no_such_file(tmp_path):
    with pytest.raises(BadInput, match=r"experiment\.toml: cannot be read"):
        read_experiment(tmp_path / "experiment.toml")


def test_paths_are_relative_to_the_file(tmp_path, tiny_model):
    (tmp_path / "base").write_bytes(b"")
    text = "raw = 'my raw'\nframes = 'whole'\n[drift]\nmask = 'dust.tif'\n[train]\nname = 'a'\nbase = 'base'"
    (tmp_path / "experiment.toml").write_text(text)
    read = read_experiment(tmp_path / "experiment.toml")
    assert read.raw == tmp_path / "my raw"
    assert read.ground_truth == tmp_path / "ground_truth"
    assert read.train.base == str(tmp_path / "base")
    assert (read.drift.mask, read.drift.shifts) == (tmp_path / "dust.tif", None)
    assert (read.frames, read.second_person) == (tmp_path / "whole", None)


def test_workers_are_chosen_in_the_file_and_by_options(tmp_path, monkeypatch):
    path = tmp_path / "experiment.toml"
    path.write_text("raw = 'raw'\n[batch]\nworkers = 3\ncluster = 'slurm.toml'\n")
    used = []
    monkeypatch.setattr(experiment, "correct_and_cut", lambda read: used.append(read.batch) or Batch())
    for batch in (None, BatchSettings(), BatchSettings(workers=2), BatchSettings(workers="auto")):
        run_experiment(path, batch=batch)
    cluster = tmp_path / "slurm.toml"
    assert used == [BatchSettings(workers=workers, cluster=cluster) for workers in (3, 3, 2, "auto")]


def test_stops_for_drawing_and_goes_on_from_there(tmp_path, tiny_model):
    folder = tmp_path / "Versuch [1] ü"
    folder.mkdir()
    for seed in range(3):
        write_movie(folder / "raw" / f"Film {seed}.tif", DRIFT, seed=seed)
    tile = 64 if cellpose_major() == 3 else 256
    (folder / "experiment.toml").write_text(f"""
raw = "raw"
[drift]
engine = "native"
[crops]
per_image = 2
size = 50
[train]
name = "cells"
base = "{tiny_model}"
epochs = 1
tile = {tile}
device = "cpu"
[evaluate]
thresholds = "0.5"
device = "cpu"
""")
    report = run_experiment(folder / "experiment.toml")
    assert report.data["next"] == "draw"
    assert not (folder / "models").exists()
    crops = read_crops(folder / "training_images").values()
    assert len(crops) == 6
    (folder / "ground_truth").mkdir()
    for crop in crops:
        labels = tifffile.imread(folder / "training_images" / crop.file) * 0
        labels[10:20, 10:20], labels[30:40, 30:42] = 3, 9
        tifffile.imwrite(folder / "ground_truth" / crop.file, labels, compression="lzw")
    report = run_experiment(folder / "experiment.toml")
    assert report.data["model"] == folder / "models" / "cells"
    assert set(report.data["average_precision"]) == {"base", "retrained"}
    assert "retrained" in report.lines[0]
    weights = (folder / "models" / "cells" / "weights").stat().st_mtime_ns
    assert "tracks" not in report.data
    with open(folder / "experiment.toml", "a") as file:
        file.write("[predict]\nframes_only = '0'\ndevice = 'cpu'\n[track]\nmax_missing = 0\nrois = false\n")
    report = run_experiment(folder / "experiment.toml")
    assert (folder / "models" / "cells" / "weights").stat().st_mtime_ns == weights
    check_tracks(folder, report)


def check_tracks(folder, report):
    """Each movie's objects are tracked where it lies in the corrected movie, and the settings are those of the file."""
    names = [f"Film {seed}" for seed in range(3)]
    assert [movie["source"].name for movie in report.data["tracks"]] == [f"{name}.tif" for name in names]
    for name in names:
        assert not (folder / "tracks" / f"{name}_RoiSet.zip").exists()
        record = json.loads((folder / "tracks" / f"{name}.json").read_text())
        assert record["settings"]["max_missing"] == 0
        shapes = []
        for part in ("corrected", "tracks"):
            with TimeLapse(folder / part / f"{name}.tif") as movie:
                shapes.append(movie.shape)
        assert shapes[0] == shapes[1]
        assert (record["raw"], record["movie"]) == (True, f"corrected/{name}.tif")
    assert sum("raw positions by its drift" in line for line in report.lines) == len(names)
