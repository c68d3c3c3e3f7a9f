"""Reruns of every step: an output that is gone, truncated or edited is made again, and intact ones are kept."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.combination import combine
from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.evaluation import comparison, evaluate
from cpretrain.evaluation.threshold_surface import ThresholdGrid
from cpretrain.labels.object_table import measure_objects, write_objects
from cpretrain.masks.importing import import_masks
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction import predict
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.hashing import sha256
from cpretrain.training import retrain, sweep
from tests.conftest import write_training_folders
from tests.support.movies import DRIFT, write_movie

SKIPPED = "complete and unchanged"


@dataclass
class Step:
    """A step on its own small data, and the record that it writes."""

    run: Callable[[], object]
    record: Path
    also: tuple[str, ...] = ()
    """Files that are tried, where trying all of them takes too long."""

    @property
    def outputs(self) -> list[Path]:
        listed = list(json.loads(self.record.read_text(encoding="utf-8"))["outputs"])
        return [self.record.parent / name for name in self.also or listed]


def drift(folder, _):
    for seed in range(2):
        write_movie(folder / "raw" / f"Film {seed} ü.tif", DRIFT, seed=seed)
    run = partial(correct_drift, folder / "raw", settings=DriftSettings(engine="native"))
    return Step(run, folder / "corrected" / "Film 0 ü.json")


def crops(folder, _):
    (folder / "raw").mkdir()
    for name in ("a", "b"):
        pixels = np.random.default_rng(1).integers(1, 200, (3, 120, 130)).astype(np.uint16)
        tifffile.imwrite(folder / "raw" / f"{name}.tif", pixels, imagej=True, metadata={"axes": "TYX"})
    return Step(partial(cut_crops, folder / "raw"), folder / "training_images" / "crops.json")


def masks(folder, disks):
    images, drawn = write_training_folders(folder, disks)
    return Step(partial(import_masks, drawn, images, out=folder / "out"), folder / "out" / "masks.json")


def combination(folder, disks):
    labels = np.stack([disks[1], disks[1] * 0])
    for name in ("one", "two"):
        (folder / name).mkdir()
        tifffile.imwrite(folder / name / "a.tif", labels, imagej=True, metadata={"axes": "TYX"})
        measured = (measure_objects(f[np.newaxis], np.full((1, *f.shape), 0.5, np.float32)) for f in labels)
        write_objects(folder / name / "a.objects.csv", "a.tif", "", measured)
    run = partial(combine, {"one": folder / "one", "two": folder / "two"}, out=folder / "out")
    return Step(run, folder / "out" / "combine.json")


def prediction(folder, disks, base):
    (folder / "raw").mkdir()
    frames = np.stack([disks[0], disks[0][::-1]])
    tifffile.imwrite(folder / "raw" / "a.tif", frames, imagej=True, metadata={"axes": "TYX"})
    settings = PredictSettings(device="cpu", geojson=True, rois=True, png=True)
    return Step(
        partial(predict, base, folder / "raw", out=folder / "out", settings=settings),
        folder / "out" / "a.json",
    )


def settings_of_training(base) -> TrainSettings:
    tile = 64 if cellpose_major() == 3 else 256
    return TrainSettings(
        name="cells", base=str(base), epochs=1, batch_size=4, tile=tile, test_fraction=0.3, device="cpu"
    )


def training(folder, disks, base):
    images, drawn = write_training_folders(folder, disks)
    run = partial(retrain, images, drawn, settings=settings_of_training(base))
    return Step(run, folder / "models" / "cells" / "model.json", ("weights",))


def search(folder, disks, base):
    images, drawn = write_training_folders(folder, disks)
    run = partial(
        sweep, images, drawn, settings=settings_of_training(base), grid={"learning_rate": (1e-4, 1e-3)}
    )
    return Step(run, folder / "models" / "cells.sweep" / "sweep.json", ("sweep.csv", "../cells/weights"))


def evaluation(folder, disks, base):
    images, drawn = write_training_folders(folder, disks)
    model = retrain(images, drawn, settings=settings_of_training(base)).folder
    run = partial(evaluate, model, settings=EvaluateSettings(thresholds="0.5,0.75", device="cpu"))
    return Step(run, model / "evaluation.json", ("evaluation_summary.csv", "report.html"))


def tuning(folder, disks, base):
    evaluated = evaluation(folder, disks, base)
    model = evaluated.record.parent
    settings = EvaluateSettings(thresholds="0.5", device="cpu", tune=True)
    return Step(partial(evaluate, model, settings=settings), model / "tuning.json")


QUICK = {"drift": drift, "crops": crops, "masks": masks, "combine": combination}
WITH_MODEL = {
    "predict": prediction,
    "train": training,
    "sweep": search,
    "evaluate": evaluation,
    "tune": tuning,
}
SLOW = ("sweep", "evaluate", "tune")
STEPS = [
    *(pytest.param(make, id=name) for name, make in QUICK.items()),
    *(
        pytest.param(make, id=name, marks=[pytest.mark.cellpose, *[pytest.mark.slow] * (name in SLOW)])
        for name, make in WITH_MODEL.items()
    ),
]
HARM = {
    "deleted": Path.unlink,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "edited": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"#"),
}


@pytest.fixture
def step(request, tmp_path, disks, monkeypatch):
    """The step on its data, done once."""
    small = partial(ThresholdGrid, flow_thresholds=(0.4, 0.8), cellprob_thresholds=(0.0,))
    monkeypatch.setattr(comparison, "ThresholdGrid", small)
    made = request.param(tmp_path, disks, *_model(request) if request.param in WITH_MODEL.values() else ())
    made.run()
    return made


def _model(request):
    """Return the demo's model, which finds the disks; for Cellpose 4, one that finds anything."""
    return (DATA / "base_nuclei" if cellpose_major() == 3 else request.getfixturevalue("tiny_model"),)


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "batch.csv"}


@pytest.mark.parametrize("step", STEPS, indirect=True)
def test_what_is_whole_is_not_done_again(step, capsys):
    before = stamps(step.record.parent)
    step.run()
    assert stamps(step.record.parent) == before
    said = capsys.readouterr().err
    assert SKIPPED in said or "drift" in step.record.read_text("utf-8")
    assert "making it again" not in said


@pytest.mark.parametrize("step", STEPS, indirect=True)
def test_an_output_that_is_harmed_is_made_again(step, capsys):
    first = {path: sha256(path) for path in step.outputs}
    for path, harm in product(step.outputs, HARM):
        capsys.readouterr()
        HARM[harm](path)
        step.run()
        said = capsys.readouterr().err
        assert path.is_file(), (path, harm)
        if path.suffix != ".zip":  # which holds the time
            assert sha256(path) == first[path], (path, harm)
        assert f"{path.name} {'is gone' if harm == 'deleted' else 'was changed'}" in said
        before = stamps(step.record.parent)
        step.run()
        assert stamps(step.record.parent) == before, (path, harm)
        assert "making it again" not in capsys.readouterr().err


@pytest.mark.parametrize("step", [param for param in STEPS if param.id in QUICK], indirect=True)
def test_a_result_of_0_1_is_done_as_long_as_all_of_it_is_there(step):
    record = json.loads(step.record.read_text(encoding="utf-8"))
    for name in ("outputs", "record_sha256"):
        record.pop(name)
    outputs = step.outputs
    step.record.write_text(json.dumps(record), encoding="utf-8")
    before = stamps(step.record.parent)
    step.run()
    assert stamps(step.record.parent) == before
    outputs[-1].unlink()
    step.run()
    assert outputs[-1].is_file()
    assert "outputs" in json.loads(step.record.read_text(encoding="utf-8"))
