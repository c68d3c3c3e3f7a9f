"""A real training run ends in a complete model folder; what does not fit is said before it starts."""

import csv
import json

import numpy as np
import pytest
import tifffile

from cpretrain.base_models import cellpose_major
from cpretrain.dataset import read_split
from cpretrain.errors import BadInput
from cpretrain.provenance import sha256
from cpretrain.settings import TrainSettings
from cpretrain.training import retrain

pytestmark = pytest.mark.cellpose


@pytest.fixture(scope="module")
def quick(tiny_model) -> TrainSettings:
    tile = 64 if cellpose_major() == 3 else 256
    return TrainSettings(
        name="Zellen ü",
        base=str(tiny_model),
        epochs=2,
        batch_size=4,
        tile=tile,
        test_fraction=0.3,
        device="cpu",
    )


def test_the_model_folder_is_complete(training_folders, quick, tmp_path):
    images, masks = training_folders
    result = retrain(images, masks, quick)
    assert result.folder == tmp_path / "models" / "Zellen ü"
    assert {path.name for path in result.folder.iterdir()} == {
        "weights", "model.json", "split.csv", "losses.csv", "losses.png",
    }  # fmt: skip
    record = json.loads((result.folder / "model.json").read_text(encoding="utf-8"))
    assert record["base"]["sha256"] == sha256(quick.base)
    assert record["weights_sha256"] == sha256(result.folder / "weights") != record["base"]["sha256"]
    assert len(record["inputs"]) == 12
    assert record["settings"]["learning_rate"] == {3: 0.005, 4: 1e-5}[cellpose_major()]
    parts = read_split(result.folder / "split.csv")
    assert [len(side) for side in (parts.train, parts.validation, parts.test)] == [3, 1, 2]
    assert all(pair.image.is_file() and pair.mask.is_file() for pair in parts.train)
    with open(result.folder / "losses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["test_loss"]) for row in rows] == [True, False]

    unchanged = (result.folder / "weights").stat().st_mtime_ns
    assert retrain(images, masks, quick).folder == result.folder
    assert (result.folder / "weights").stat().st_mtime_ns == unchanged
    with pytest.raises(BadInput, match="there is a model of that name"):
        retrain(images, masks, quick.replace(seed=1))
    with pytest.raises(BadInput, match="retrained here already"):
        retrain(images, masks, quick.replace(base=str(result.folder), name="again"))


@pytest.mark.parametrize("name", ["", "  ", "a/b", ".hidden", ".."])
def test_a_name_that_cannot_be_a_folder(training_folders, quick, name):
    with pytest.raises(BadInput, match="cannot be the name of a model"):
        retrain(*training_folders, quick.replace(name=name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": "no such model"}, "there is no such file and no model of that name"),
        ({"min_train_masks": 50}, "no training image has 50 objects or more\n  found: at most 9"),
        ({"channel": 3}, r"Zelle \d \[d=2\]\.tif: channel 3 asked for"),
    ],
)
def test_settings_that_do_not_fit_leave_nothing_behind(training_folders, quick, tmp_path, change, message):
    with pytest.raises(BadInput, match=message):
        retrain(*training_folders, quick.replace(**change))
    assert not list(tmp_path.glob("models/*"))


def test_images_without_a_mask_and_masks_of_another_size_are_all_named(training_folders, quick, tmp_path):
    images, masks = training_folders
    (masks / "Zelle 2 [d=2].tif").unlink()
    tifffile.imwrite(masks / "Zelle 4 [d=2].tif", np.eye(90, 100, dtype=np.uint16))
    with pytest.raises(BadInput) as caught:
        retrain(images, masks, quick)
    assert "Zelle 2 [d=2].tif" in str(caught.value)
    assert "90 × 100" in str(caught.value)
    assert not (tmp_path / "models").exists()


def test_interrupted_training_leaves_no_half_model(training_folders, quick, tmp_path, monkeypatch):
    import cellpose.train

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cellpose.train, "_loss_fn_seg", interrupted)
    with pytest.raises(KeyboardInterrupt):
        retrain(*training_folders, quick)
    assert not list((tmp_path / "models").iterdir())
