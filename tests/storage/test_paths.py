"""Every public function of a step takes a path as text, as `pathlib.Path`, or as any path-like object."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain import correct_drift, measure_drift
from cpretrain.combination import combine
from cpretrain.crops import cut_crops
from cpretrain.errors import BadInput
from cpretrain.evaluation import evaluate
from cpretrain.evaluation.agreement import agree
from cpretrain.export import export_model
from cpretrain.masks.importing import import_masks
from cpretrain.pipeline.demo import run_demo
from cpretrain.pipeline.experiment import run_experiment
from cpretrain.prediction import predict
from cpretrain.rounds import finish_round, round_status, start_round
from cpretrain.settings.combination import CombineSettings
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.paths import to_path
from cpretrain.training import retrain, sweep


class PathLike:
    """Neither text nor a `pathlib.Path`, like `os.DirEntry`."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


KINDS = pytest.mark.parametrize("kind", [str, Path, PathLike], ids=["text", "Path", "path-like"])
TRAIN = TrainSettings(name="a", base="nuclei", test_fraction=0.2)


@KINDS
def test_a_path(kind, tmp_path):
    assert to_path(kind(tmp_path)) == tmp_path
    assert isinstance(to_path(kind(tmp_path)), Path)
    assert to_path(None) is None


MISSING = {
    "drift": lambda p: correct_drift(p, out=p),
    "measure_drift": lambda p: measure_drift(p),
    "crops": lambda p: cut_crops(p, out=p),
    "masks": lambda p: import_masks(p, p, out=p),
    "train": lambda p: retrain(p, p, settings=TRAIN, out=p, validation=(p, p)),
    "sweep": lambda p: sweep(p, p, settings=TRAIN, grid={"epochs": (1, 2)}, out=p),
    "evaluate": lambda p: evaluate(
        p, images=p, masks=p, against=p, out=p, annotator=p, frames=p, frame_masks=p
    ),
    "agree": lambda p: agree(p, p, out=p),
    "predict": lambda p: predict(p, p, out=p),
    "combine": lambda p: combine({"a": p, "b": p}, out=p),
    "export": lambda p: export_model(p, out=p),
    "round start": lambda p: start_round(p, out=p),
    "round finish": lambda p: finish_round(p),
    "round status": lambda p: round_status(p),
    "run": lambda p: run_experiment(p),
}


@KINDS
@pytest.mark.parametrize("step", MISSING)
def test_what_is_not_there_is_said_of_any_kind_of_path(step, kind, tmp_path):
    with pytest.raises(BadInput):
        MISSING[step](kind(tmp_path / "not there"))


@KINDS
def test_the_demo_in_a_folder_of_other_things(kind, tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(BadInput, match="already used for something else"):
        run_demo(kind(tmp_path))


@KINDS
def test_steps_on_real_files(kind, tmp_path):
    scene = np.random.default_rng(0).integers(1, 250, (90, 90)).astype(np.uint16)
    (tmp_path / "raw").mkdir()
    frames = np.stack([scene[:80, :80], scene[2:82, 3:83]])
    tifffile.imwrite(tmp_path / "raw" / "a.tif", frames, imagej=True, metadata={"axes": "TYX"})
    settings = DriftSettings(engine="native")
    assert measure_drift(kind(tmp_path / "raw" / "a.tif"), settings=settings).drift.tolist()[1] == [0, -2, -3]
    [moved] = correct_drift(kind(tmp_path / "raw"), out=kind(tmp_path / "c"), settings=settings).done
    assert moved.corrected == tmp_path / "c" / "a.tif"
    assert correct_drift(kind(tmp_path / "raw" / "a.tif"), settings=settings).done
    cut = cut_crops(
        kind(tmp_path / "c"), out=kind(tmp_path / "crops"), settings=CropSettings(size=40, per_image=2)
    )
    for folder in ("drawn", "other"):
        (tmp_path / folder).mkdir()
        for crop in cut.crops:
            labels = np.zeros((44, 44), np.uint16)
            labels[9:20, 9:20], labels[30:40, 25:40] = 1, 2
            tifffile.imwrite(tmp_path / folder / crop.file, labels)
    made = import_masks(kind(tmp_path / "drawn"), kind(cut.folder), out=kind(tmp_path / "masks"))
    assert made.objects == 4
    assert agree(kind(tmp_path / "drawn"), kind(tmp_path / "other"), out=kind(tmp_path / "agreed")).folder
    rule = CombineSettings(rule="order")
    classes = {"a": kind(tmp_path / "drawn"), "b": kind(tmp_path / "other")}
    assert combine(classes, out=kind(tmp_path / "both"), settings=rule).classes["a"]["objects"] == 4
    assert os.path.isfile(tmp_path / "both" / "classes.csv")
