"""Rounds through the command line, as users run them: omitted options are those of the previous round."""

import csv
import json

import pytest
from typer.testing import CliRunner

import cpretrain.cli.model_commands  # noqa: F401  (adds the commands of rounds)
from cpretrain.cli.app import app
from cpretrain.models.weights import cellpose_major
from cpretrain.rounds.folder import RoundsFolder
from tests.rounds.test_rounds import SIZE, annotate, write_movies

pytestmark = pytest.mark.cellpose
TILE = "64" if cellpose_major() == 3 else "256"
TRAIN = ("--epochs", "1", "--batch-size", "4", "--tile", TILE, "--device", "cpu")


@pytest.fixture
def movies(tmp_path, disks):
    """Two movies, and the true labels of their frames."""
    return tmp_path / "Filme [1] ü", write_movies(tmp_path / "Filme [1] ü", disks, 2)


@pytest.fixture
def first(tiny_model):
    """Options of the first round."""
    given = {
        "--name": "Zellen ü",
        "--base": tiny_model,
        "--crops": 2,
        "--validation-crops": 2,
        "--size": SIZE,
    }
    given |= {"--look-at": 4, "--seed": 7, "--choose": "random", "--device": "cpu"}
    return [str(word) for pair in given.items() for word in pair]


def call(*arguments, code=0):
    """Call ``cpretrain round`` in this process, and return its output as data, or its stderr."""
    done = CliRunner().invoke(app, ["round", *map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if not code else json.loads(done.stdout)["error"]


def start(folder, *options, code=0):
    return call("start", folder, *options, code=code)


def finish(folder, *options, code=0):
    return call("finish", folder, *TRAIN, *options, code=code)


def settings_of(model):
    return json.loads((model / "model.json").read_text(encoding="utf-8"))["settings"]


def test_two_rounds_with_options_left_out(movies, first, tmp_path):
    images, truth = movies
    folder = RoundsFolder(tmp_path / "rounds")
    assert start(images, *first)["round"] == 1
    assert call("status", folder.path)["next"] == "annotate validation and round_01"
    one = folder.round(1)
    for part in (folder.validation, one):
        annotate(part, truth)
    assert call("status", folder.path)["next"] == "cpretrain round finish"
    assert finish(folder.path)["round"] == 1
    assert settings_of(one.model)["seed"] == 7  # of the round, for it was not given

    assert start(images)["round"] == 2
    two = folder.round(2)
    assert two.settings == one.settings
    annotate(two, truth)
    assert (
        call("finish", folder.path, "--seed", "3", "--device", "cpu", "--min-train-masks", "0")["round"] == 2
    )
    trained = settings_of(two.model)
    assert trained["seed"] == 3
    assert {name: trained[name] for name in ("epochs", "batch_size", "tile")} == {  # as the first round was
        name: settings_of(one.model)[name] for name in ("epochs", "batch_size", "tile")
    }
    assert json.loads(two.training_options.read_text()) == {
        "epochs": 1,
        "batch_size": 4,
        "tile": int(TILE),
        "min_train_masks": 0,
    }
    assert (
        call("finish", folder.path, "--seed", "3", "--device", "cpu")["round"] == 2
    )  # which is done already
    assert "cpretrain round start" in call("status", folder.path)["next"]
    with open(folder.path / "rounds.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "at IoU 0.5"]
    assert [(row["round"], row["crops"]) for row in rows] == [("0", "0"), ("1", "2"), ("2", "4")]

    same = ("--name", "Zellen ü", "--channel", "1", "--validation-crops", "2", "--base", first[3])
    assert start(images, *same, "--crops", "1", "--seed", "0", "--choose", "uncertain")["round"] == 3
    changed = folder.round(3).settings
    assert (changed.crops, changed.seed, changed.choose) == (1, 0, "uncertain")
    assert (changed.name, changed.size, changed.look_at, changed.base) == (
        "Zellen ü",
        SIZE,
        4,
        one.settings.base,
    )


@pytest.mark.parametrize(
    "options",
    [
        ("--name", "other"),
        ("--name", ""),
        ("--base", "nuclei"),
        ("--channel", "2"),
        ("--second-channel", "2"),
        ("--validation-crops", "10"),
    ],
    ids=" ".join,
)
def test_what_cannot_change(movies, first, tmp_path, options):
    images, _ = movies
    start(images, *first)
    model = RoundsFolder(tmp_path / "rounds").round(1).model
    model.mkdir(parents=True)
    (model / "evaluation.json").write_text("{}")  # as if it were finished
    error = start(images, *options, code=2)
    assert error["problem"] == f"{options[0]}: cannot change between rounds"
    assert error["found"] == options[1]
    assert not (tmp_path / "rounds" / "round_02").exists()


@pytest.mark.parametrize(
    "options", [("--name", "other"), ("--channel", "2"), ("--second-channel", "2")], ids=" ".join
)
def test_a_finish_that_contradicts_the_start(movies, first, tmp_path, options):
    start(movies[0], *first)
    error = finish(tmp_path / "rounds", *options, code=2)
    assert error["problem"] == f"{options[0]}: cannot change between rounds"


@pytest.mark.parametrize("left_out", ["--name", "--base"])
def test_the_first_round_needs(movies, first, left_out):
    place = first.index(left_out)
    error = start(movies[0], *first[:place], *first[place + 2 :], code=2)
    assert error["problem"] == f"round: the first round needs {left_out}"


def test_a_second_start_before_the_first_is_finished(movies, first, tmp_path):
    start(movies[0], *first)
    assert "not finished" in start(movies[0], code=2)["problem"]
    assert "no ground truth" in finish(tmp_path / "rounds", code=2)["problem"]
