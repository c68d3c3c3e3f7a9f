"""Pixels and losses that are not finite: left out with a warning, or the end of the training."""

import json
import math

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import load_pairs
from cpretrain.dataset.reading import left_out_note, read_for_network
from cpretrain.dataset.splitting import split_pairs
from cpretrain.errors import BadInput
from cpretrain.models.normalization import measure_levels, normalize, not_finite
from cpretrain.settings import TrainSettings
from cpretrain.training import retrain, sweep
from cpretrain.training.inputs import network_inputs
from cpretrain.training.loop import Diverged, Run
from tests.support.paths import FAULTS
from tests.training.conftest import TILE, weights_of

pytestmark = pytest.mark.cellpose
INFINITE = FAULTS / "masks-7"


@pytest.fixture
def settings(tiny_model):
    return TrainSettings(
        name="cells", base=str(tiny_model), epochs=1, batch_size=4, tile=TILE, device="cpu", split_by="image"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e300])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_pixel_that_is_not_finite_changes_no_other(value, kind):
    image = np.random.default_rng(0).normal(100, 10, (1, 40, 50)).astype(kind)
    odd = image.copy()
    with np.errstate(over="ignore"):
        odd[0, 7, 9] = value
    assert not_finite(odd) == 1
    ready = normalize(odd)
    assert np.isfinite(ready).all()
    assert ready[0, 7, 9] == 0
    assert ready[0] == pytest.approx(np.where(np.arange(50) == 9, ready[0], normalize(image)[0]), abs=0.01)
    assert np.isfinite(measure_levels(odd)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_padding_that_is_not_finite_is_padding(value):
    image = np.random.default_rng(0).normal(100, 10, (1, 40, 50)).astype(np.float32)
    padded = np.pad(image, [(0, 0), (3, 8), (5, 0)], constant_values=value)
    assert np.array_equal(normalize(padded), normalize(np.pad(image, [(0, 0), (3, 8), (5, 0)])))
    assert not normalize(np.full((1, 5, 5), value)).any()


def test_grey_values_of_a_frame_that_are_not_finite_are_not_used(tmp_path, capsys):
    image = np.random.default_rng(0).integers(90, 110, (30, 30)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", image)
    columns = "file,source,frame,z,y,x,height,width,border,seed,frame_low,frame_high"
    (tmp_path / "crops.csv").write_text(f"{columns}\na.tif,m.tif,0,0,0,0,30,30,0,0,nan,inf\n")
    assert np.array_equal(read_for_network(tmp_path / "a.tif").ready[:1], normalize(image[np.newaxis]))
    assert "the grey values of the frame are not finite for a.tif" in " ".join(
        capsys.readouterr().err.split()
    )


def test_what_was_left_out_is_said_in_one_sentence():
    assert left_out_note({"a": 0}) == []
    (one,) = left_out_note({"a": 1, "b": 0})
    assert one.startswith(
        "1 pixel is not a finite number (NaN or infinity) and left out, in 1 of 2 images: a; "
    )
    (many,) = left_out_note({f"{k}": k for k in range(9)}, "frames")
    assert many.startswith(
        "36 pixels are not finite numbers (NaN or infinity) and left out, in 8 of 9 frames: 1, 2, 3, 4, 5 and 3 more; "
    )


def test_masks_7_is_left_out_and_said(tmp_path, settings, capsys):
    pairs = load_pairs(INFINITE / "images", INFINITE / "gt")
    trained_on = {
        seed: {pair.image.name for pair in split_pairs(pairs, settings.train_fraction, "image", seed).train}
        for seed in range(20)
    }
    seed = next(seed for seed, names in trained_on.items() if "0.tif" in names)
    settings = settings.replace(seed=seed)
    model = retrain(INFINITE / "images", INFINITE / "gt", settings=settings, out=tmp_path / "models").folder
    said = json.loads((model / "model.json").read_text())["warnings"]
    assert any("0.tif" in note for note in said)
    assert any(note.startswith("1 pixel is not a finite number") for note in said)
    assert "1 pixel is not a finite number" in " ".join(capsys.readouterr().err.split())
    assert all(value.isfinite().all() for value in weights_of(model / "weights").values())
    record = json.loads((model / "model.json").read_text())
    assert math.isfinite(record["final_training_loss"])
    retrain(INFINITE / "images", INFINITE / "gt", settings=settings, out=model.parent)
    assert "1 pixel is not a finite number" in " ".join(capsys.readouterr().err.split())


def test_the_first_loss_that_is_not_finite_ends_the_training(tmp_path, settings, training_folders):
    wild = settings.replace(learning_rate=1e30, epochs=30, optimizer="adamw")
    with pytest.raises(Diverged, match=r"train cells: the training diverged in epoch \d+") as error:
        retrain(*training_folders, settings=wild, out=tmp_path / "models")
    assert "choose a lower learning_rate= than 1e+30" in error.value.cure
    assert not list((tmp_path / "models").glob("**/weights"))
    assert not list((tmp_path / "models").glob(".*unfinished"))


def test_weights_spoilt_by_the_last_step_are_not_kept(start, quick):
    import torch

    run: Run = start(quick)
    step = run.optimizer.step
    spoilt = next(iter(run.net.parameters()))

    def last_step(*given):
        step(*given)
        with torch.no_grad():
            spoilt.view(-1)[0] = torch.nan

    run.optimizer.step = last_step
    with pytest.raises(BadInput, match="diverged in epoch 1") as error:
        run.run_epoch()
    assert run.kept is None
    assert error.value.found


def test_a_sweep_ranks_the_others(tmp_path, settings, training_folders, capsys):
    some = settings.replace(test_fraction=0.2, epochs=3)
    grid = {"learning_rate": (1e-4, 1e30)}
    result = sweep(*training_folders, settings=some, grid=grid, out=tmp_path / "models")
    rows = result.table.read_text().splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [["1", "1", "0.0001"]]
    assert "is not ranked: train cells: the training diverged" in " ".join(capsys.readouterr().err.split())


def test_objects_that_the_test_set_cannot_find_are_said(tmp_path, settings):
    small = INFINITE.parent / "masks-13"
    model = retrain(
        small / "images", small / "masks", settings=settings.replace(test_fraction=0.5), out=tmp_path
    ).folder
    said = json.loads((model / "model.json").read_text())["warnings"]
    assert any(
        "36 of 36 objects in the ground truth are smaller than min_size= (15 pixels)" in note for note in said
    )


def test_network_inputs_know_their_boxes(training_folders, settings):
    from cpretrain.dataset.pairs import load_pairs

    pairs = load_pairs(*training_folders)
    seen = network_inputs(pairs, settings)
    assert len(seen.images) == len(seen.labels) == len(seen.boxes) == 6
    assert seen.flat == [] and not any(seen.left_out.values())
    assert all(box == (slice(0, 100), slice(0, 100)) for box in seen.boxes)
