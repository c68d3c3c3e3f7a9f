"""Every combination is trained once, ranked by the in-training test set, and the best model is kept."""

import csv
import json
import sys

import pytest

from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.models.folder import ModelFolder
from cpretrain.models.weights import cellpose_major
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.hashing import sha256
from cpretrain.training import sweep
from cpretrain.training.grid_search import parse_grid
from cpretrain.training.loop import Run
from tests.training.conftest import TILE


@pytest.mark.parametrize(
    ("text", "grid"),
    [
        ("learning_rate=0.001:0.005", {"learning_rate": (0.001, 0.005)}),
        (
            "learning-rate=1e-3:1e-3, weight_decay=1e-5:1e-4",
            {"learning_rate": (0.001,), "weight_decay": (1e-5, 1e-4)},
        ),
        ("epochs=50:100", {"epochs": (50, 100)}),
    ],
)
def test_grid(text, grid):
    assert parse_grid(text) == grid


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot search ''"),
        ("colour=1:2", "cannot search 'colour'"),
        ("seed=1:2", "cannot search 'seed'"),
        ("learning_rate", "'learning_rate' cannot be read"),
        ("learning_rate=a:b", "cannot be read\n  found: could not convert string to float: 'a'"),
    ],
)
def test_what_is_no_grid(text, message):
    with pytest.raises(BadInput, match=message):
        parse_grid(text)


@pytest.fixture
def settings(tiny_model) -> TrainSettings:
    return TrainSettings(
        name="cells", base=str(tiny_model), epochs=2, batch_size=4, tile=TILE, test_fraction=0.3, device="cpu"
    )


@pytest.mark.cellpose
@pytest.mark.parametrize(
    ("change", "grid", "message"),
    [
        ({"test_fraction": 0}, {"epochs": (1, 2)}, "grid=: needs an in-training test set"),
        ({"ap_every": 0}, {"epochs": (1, 2)}, "grid=: needs an in-training test set"),
        ({}, {"epochs": (1, 0)}, "grid=: epochs: input should be greater"),
    ],
)
def test_what_cannot_be_searched(training_folders, settings, tmp_path, change, grid, message):
    with pytest.raises(BadInput, match=message):
        sweep(*training_folders, settings=settings.replace(**change), grid=grid)
    assert not (tmp_path / "models").exists()


@pytest.mark.cellpose
def test_the_best_by_the_test_set_is_kept(training_folders, settings, tmp_path, monkeypatch):
    precisions = {1e-4: 0.5, 1e-3: 0.9}
    trained = []

    def measured(run: Run) -> float:
        trained.append(run.settings.learning_rate)
        if trained == [1e-4, 1e-4, 1e-3]:
            raise KeyboardInterrupt  # in the second run, once
        return precisions[run.settings.learning_rate]

    monkeypatch.setattr(Run, "_average_precision", measured)
    grid = {"learning_rate": (1e-4, 1e-3)}
    with pytest.raises(KeyboardInterrupt):
        sweep(*training_folders, settings=settings, grid=grid)
    assert not (tmp_path / "models" / "cells").exists()
    result = sweep(*training_folders, settings=settings, grid=grid, resume=True)
    assert trained == [1e-4, 1e-4, 1e-3, 1e-3, 1e-3]  # the finished first run is not done again

    assert result.model == tmp_path / "models" / "cells"
    record = json.loads(ModelFolder(result.model).record.read_text())
    assert record["settings"]["learning_rate"] == 1e-3
    assert all(pair.image.is_file() for pair in read_split(result.model / "split.csv").train)
    with open(result.table, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rank"], row["run"], row["learning_rate"]) for row in rows] == [
        ("1", "2", "0.001"),
        ("2", "1", "0.0001"),
    ]
    assert [float(row["test_average_precision"]) for row in rows] == [0.9, 0.5]
    assert {path.name for path in result.table.parent.iterdir()} == {"sweep.csv", "sweep.json"}

    assert sweep(*training_folders, settings=settings, grid=grid) == result
    assert len(trained) == 5
    with pytest.raises(BadInput, match="a model of that name already exists"):
        sweep(*training_folders, settings=settings, grid={"epochs": (1, 2)})


@pytest.mark.cellpose
@pytest.mark.slow
@pytest.mark.skipif(
    cellpose_major() != 3, reason="the small network of Cellpose 4 is there in this process only"
)
def test_a_worker_gives_the_same(training_folders, settings, tmp_path, one_worker):
    grid = {"learning_rate": (1e-4, 1e-3)}
    here = sweep(*training_folders, settings=settings, grid=grid, out=tmp_path / "here")
    there = sweep(*training_folders, settings=settings, grid=grid, out=tmp_path / "there", batch=one_worker)
    assert sha256(here.model / "weights") == sha256(there.model / "weights")
    measured = [
        [{name: row[name] for name in ("rank", "run", "test_average_precision", "test_loss")} for row in rows]
        for result in (here, there)
        for rows in [json.loads((result.table.parent / "sweep.json").read_text())["runs"]]
    ]
    assert measured[0] == measured[1]
    assert {path.name for path in there.table.parent.iterdir()} == {"sweep.csv", "sweep.json"}


@pytest.mark.cellpose
def test_a_sweep_that_died_before_its_model_was_in_place(training_folders, settings, monkeypatch):
    grid = {"epochs": (1, 2)}

    def die(source, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sys.modules["cpretrain.training.grid_search"], "_move_model", die)
        sweep(*training_folders, settings=settings, grid=grid)
    result = sweep(*training_folders, settings=settings, grid=grid)
    assert (result.model / "weights").is_file()
    assert {path.name for path in result.table.parent.iterdir()} == {"sweep.csv", "sweep.json"}
