"""A real training run produces a complete model folder; misfits are reported before it starts."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.hashing import sha256
from cpretrain.training import retrain
from cpretrain.training.loop import Run
from cpretrain.training.retraining import _chosen_by_few
from tests.training.conftest import TILE, same_weights, weights_of

pytestmark = pytest.mark.cellpose
MAJOR = cellpose_major()


@pytest.fixture(scope="module")
def short(tiny_model) -> TrainSettings:
    return TrainSettings(
        name="Zellen ü",
        base=str(tiny_model),
        epochs=2,
        batch_size=4,
        tile=TILE,
        test_fraction=0.3,
        device="cpu",
    )


def record_of(folder):
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("images", "keep", "warned"),
    [(0, "best", False), (2, "best", True), (5, "best", False), (2, "last", False)],
)
def test_an_epoch_chosen_by_few_images_is_warned_of(short, images, keep, warned):
    notes = _chosen_by_few([None] * images, short.replace(keep=keep))
    assert [note.startswith(f"{images} images set aside") for note in notes] == [True] * warned


def test_the_model_folder_is_complete(training_folders, short, tmp_path, capsys):
    images, masks = training_folders
    result = retrain(images, masks, settings=short)
    assert result.folder == tmp_path / "models" / "Zellen ü"
    assert {path.name for path in result.folder.iterdir()} == {
        "weights", "model.json", "README.md", "split.csv", "losses.csv", "losses.png",
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"Zellen ü"}
    said = capsys.readouterr().err
    assert "epochs 2 (given), learning rate" in said
    assert "(default of Cellpose" in said
    assert "2 epochs: the learning rate starts at 0" in said

    assert "set aside to choose the epoch: with so few, chance decides" in said

    record = record_of(result.folder)
    assert any("set aside to choose the epoch" in text for text in record["warnings"])
    assert record["base"]["sha256"] == sha256(short.base)
    assert record["weights_sha256"] == sha256(result.folder / "weights") != record["base"]["sha256"]
    assert len(record["inputs"]) == 12
    assert record["settings"]["learning_rate"] == {3: 0.005, 4: 1e-5}[MAJOR]
    assert record["normalization"] == {"percentiles": [1.0, 99.0], "valid_pixels": True, "of": "frame"}
    assert record["curves"]["training_loss"][-1] == pytest.approx(record["final_training_loss"], abs=1e-6)
    assert (record["tile"], record["epochs_trained"], record["interrupted"]) == (TILE, 2, False)
    parts = read_split(result.folder / "split.csv")
    assert [len(side) for side in (parts.train, parts.validation, parts.test)] == [3, 1, 2]
    assert all(pair.image.is_file() and pair.mask.is_file() for pair in parts.train)
    with open(result.folder / "losses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["test_loss"] and row["test_average_precision"] for row in rows)
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# Zellen ü\n\nA Cellpose {MAJOR} model that segments `Zellen ü`")
    assert "3 training images with 27 objects" in card

    loaded = Segmenter(find_base(str(result.folder)), "cpu")
    assert loaded.segment(np.zeros(({3: 2, 4: 3}[MAJOR], 60, 70), np.float32), EvaluateSettings()).shape == (
        60,
        70,
    )

    unchanged = (result.folder / "weights").stat().st_mtime_ns
    assert retrain(images, masks, settings=short).folder == result.folder
    assert (result.folder / "weights").stat().st_mtime_ns == unchanged
    with pytest.raises(BadInput, match="a model of that name exists"):
        retrain(images, masks, settings=short.replace(seed=1))
    with pytest.raises(BadInput, match="retrained here already"):
        retrain(images, masks, settings=short.replace(base=str(result.folder), name="again"))


@pytest.mark.parametrize("name", ["", "  ", "a/b", ".hidden", ".."])
def test_a_name_that_cannot_be_a_folder(training_folders, short, name):
    with pytest.raises(BadInput, match="cannot be the name of a model"):
        retrain(*training_folders, settings=short.replace(name=name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": "no such model"}, "no such file, and no model of that name"),
        ({"min_train_masks": 50}, "no training image has 50 or more objects\n  found: at most 9"),
        ({"channel": 3}, r"Zelle \d \[d=2\]\.tif: channel 3 asked for"),
        ({"tile": 100}, "tile=100: the network cannot be trained on tiles of that size"),
        ({"patience": 3, "test_fraction": 0}, "patience=: needs images"),
    ],
)
def test_settings_that_do_not_fit_leave_nothing_behind(training_folders, short, tmp_path, change, message):
    with pytest.raises(BadInput, match=message):
        retrain(*training_folders, settings=short.replace(**change))
    assert not list(tmp_path.glob("models/*"))


def test_images_without_a_mask_and_masks_of_another_size_are_all_named(training_folders, short, tmp_path):
    images, masks = training_folders
    (masks / "Zelle 2 [d=2].tif").unlink()
    tifffile.imwrite(masks / "Zelle 4 [d=2].tif", np.eye(90, 100, dtype=np.uint16))
    with pytest.raises(BadInput) as caught:
        retrain(images, masks, settings=short)
    assert "Zelle 2 [d=2].tif" in str(caught.value)
    assert "90 × 100" in str(caught.value)
    assert not (tmp_path / "models").exists()


def test_what_is_left_out_is_said(training_folders, short, capsys):
    images, masks = training_folders
    for number in range(6):
        path = images / f"Zelle {number} [d=2].tif"
        planes = np.stack([tifffile.imread(path)] * 5)
        tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "CYX"})
        tifffile.imwrite(path.with_name(f"{path.stem}_flows.tif"), planes)  # as Cellpose leaves them
    split_without_empty = short.replace(test_fraction=0, train_fraction=0.9, channel=2)
    for number in (0, 1):
        tifffile.imwrite(masks / f"Zelle {number} [d=2].tif", np.zeros((100, 100), np.uint16))
    record = record_of(retrain(images, masks, settings=split_without_empty).folder)
    said = capsys.readouterr().err
    left_out = record["images"]["left out of training, too few objects"]
    assert left_out
    assert f"{len(left_out)} of 5 training images have no objects and are left out: {left_out[0]}" in said
    assert "6 files that Cellpose wrote in an earlier training run (*_flows.tif) are ignored" in said
    assert "images have 5 channels: 2 used, the others ignored" in said

    record = record_of(
        retrain(
            images, masks, settings=split_without_empty.replace(name="negatives", min_train_masks=0)
        ).folder
    )
    assert record["images"]["train"] == 5
    assert record["diameter"] == pytest.approx(20, abs=1)
    assert "training images without objects teach the network what background is" in capsys.readouterr().err


@pytest.mark.parametrize("after", [0, 2])
def test_interrupted_training_leaves_the_best_model_and_goes_on(
    training_folders, short, tmp_path, monkeypatch, after, capsys
):
    settings = short.replace(epochs=after + 1)
    run_epoch = Run.run_epoch

    def interrupted(run, *arguments):
        if run.curves.epochs == after:
            raise KeyboardInterrupt
        run_epoch(run, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "run_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            retrain(*training_folders, settings=settings)
    folder = tmp_path / "models" / settings.name
    if after == 0:
        assert not folder.exists()
    else:
        assert record_of(folder)["interrupted"]
        assert record_of(folder)["epochs_trained"] == 2
        assert "**The training was interrupted**" in (folder / "README.md").read_text(encoding="utf-8")
        assert Segmenter(find_base(str(folder)), "cpu")
        with pytest.raises(BadInput, match="an earlier training run of that name was interrupted") as caught:
            retrain(*training_folders, settings=settings)
        assert "resume=True" in caught.value.cure
        with pytest.raises(BadInput, match="a model of that name exists"):
            retrain(*training_folders, settings=settings.replace(epochs=5), resume=True)
    capsys.readouterr()
    whole = retrain(*training_folders, settings=settings, out=tmp_path / "whole").folder
    resumed = retrain(*training_folders, settings=settings, resume=True).folder
    assert ("continuing after epoch" in capsys.readouterr().err) == (after > 0)
    assert same_weights(weights_of(whole / "weights"), weights_of(resumed / "weights"))
    assert record_of(whole)["curves"] == record_of(resumed)["curves"]
    assert record_of(whole)["weights_sha256"] == record_of(resumed)["weights_sha256"]
    assert not record_of(resumed)["interrupted"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == [settings.name]


def test_scratch_is_repeatable_and_says_what_it_costs(training_folders, short, tmp_path, capsys):
    if MAJOR == 4:
        with pytest.raises(BadInput, match="cannot train from random weights"):
            retrain(*training_folders, settings=short.replace(base="scratch"))
        return
    settings = short.replace(base="scratch", epochs=1)
    first, again = (
        record_of(retrain(*training_folders, settings=settings, out=tmp_path / name).folder)
        for name in ("a", "b")
    )
    assert first["weights_sha256"] == again["weights_sha256"]
    assert first["base"]["path"] is None
    assert "base scratch: the network starts from random weights" in capsys.readouterr().err


def test_the_base_is_known_by_its_content(training_folders, short, tmp_path):
    """Its file may be moved; a different file in its place is a different base."""
    base = tmp_path / "base"
    base.write_bytes(Path(short.base).read_bytes())
    model = retrain(*training_folders, settings=short.replace(base=str(base))).folder
    written = (model / "weights").stat().st_mtime_ns
    assert retrain(*training_folders, settings=short).parts is None
    base.rename(tmp_path / "moved")
    assert retrain(*training_folders, settings=short.replace(base=str(tmp_path / "moved"))).parts is None
    assert (model / "weights").stat().st_mtime_ns == written
    base.write_bytes((model / "weights").read_bytes())
    with pytest.raises(BadInput, match="settings or base model"):
        retrain(*training_folders, settings=short.replace(base=str(base)))


def test_the_model_card_is_written_again_without_training(training_folders, short):
    model = retrain(*training_folders, settings=short).folder
    card, written = (model / "README.md").read_text("utf-8"), (model / "weights").stat().st_mtime_ns
    (model / "README.md").unlink()
    assert retrain(*training_folders, settings=short).parts is None
    assert (model / "README.md").read_text("utf-8") == card
    assert (model / "weights").stat().st_mtime_ns == written


def test_a_model_folder_without_a_record_stays(training_folders, short):
    model = retrain(*training_folders, settings=short).folder
    (model / "model.json").unlink()
    with pytest.raises(BadInput, match=r"found: no model\.json in it"):
        retrain(*training_folders, settings=short)
    assert (model / "weights").is_file()
