"""An unfinished run is found again, intact, and resumed only with the same origin."""

import json
import sys
from pickle import PicklingError

import pytest

from cpretrain.errors import BadInput
from cpretrain.training import checkpoint as module
from cpretrain.training.checkpoint import Checkpoint

ORIGIN = {"settings": {"epochs": 4, "seed": 0}, "inputs": {"images/a.tif": "1f" * 32}, "base": None}


@pytest.fixture
def checkpoint(tmp_path) -> Checkpoint:
    found = Checkpoint(tmp_path / "models" / "my cells")
    found.begin(ORIGIN)
    return found


def test_there_is_nothing_to_go_on_from_before_the_first_state(checkpoint):
    assert not checkpoint.exists
    checkpoint.save({"epoch": 1})
    assert checkpoint.exists
    assert checkpoint.load(ORIGIN) == {"epoch": 1}
    checkpoint.begin(ORIGIN)
    assert not checkpoint.exists
    checkpoint.remove()
    assert not checkpoint.folder.exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"settings": {"epochs": 5, "seed": 0}}, "settings epochs: 4 then, 5 now"),
        ({"inputs": {"images/a.tif": "2e" * 32}}, "inputs images/a.tif: 1f1f1f1f… then, 2e2e2e2e… now"),
        ({"inputs": {}}, "inputs images/a.tif: 1f1f1f1f… then, nothing now"),
        ({"base": "77"}, "base: nothing then, 77 now"),
    ],
)
def test_another_origin_is_refused_saying_what_differs(checkpoint, change, found):
    checkpoint.save({"epoch": 1})
    with pytest.raises(BadInput, match="started from something else") as caught:
        checkpoint.load(ORIGIN | change)
    assert caught.value.found == found
    assert "cpretrain.retrain(resume=False)" in caught.value.cure


@pytest.mark.parametrize("name", ["state.pt", "run.json"])
def test_a_damaged_one_is_an_error(checkpoint, name):
    checkpoint.save({"epoch": 1})
    (checkpoint.folder / name).write_bytes(b"PK cut off")
    with pytest.raises(BadInput, match="the unfinished training run cannot be read"):
        checkpoint.load(ORIGIN)


def test_a_failed_save_leaves_the_state_before(checkpoint):
    checkpoint.save({"epoch": 1})
    with pytest.raises(PicklingError if sys.version_info >= (3, 14) else AttributeError):
        checkpoint.save({"epoch": lambda: 2})
    assert checkpoint.load(ORIGIN) == {"epoch": 1}
    assert {path.name for path in checkpoint.folder.iterdir()} == {"state.pt", "run.json"}


def test_saving_keeps_to_its_share_of_the_time(checkpoint, monkeypatch):
    clock = iter([0.0, 1.0, 20.0, 40.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    checkpoint.save({"epoch": 1})  # takes one second
    assert not checkpoint.is_due  # 19 seconds later
    assert checkpoint.is_due  # 39 seconds later
    assert json.loads((checkpoint.folder / "run.json").read_text()) == ORIGIN
