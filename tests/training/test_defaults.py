import pytest

from cpretrain.errors import BadInput
from cpretrain.models.weights import cellpose_major
from cpretrain.settings.training import TrainSettings
from cpretrain.training.defaults import describe, with_defaults

pytestmark = pytest.mark.cellpose
MAJOR = cellpose_major()
NAMES = ("epochs", "learning_rate", "weight_decay", "optimizer", "batch_size")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {3: (2000, 0.005, 1e-5, "adamw", 8), 4: (100, 1e-5, 0.1, "adamw", 1)}),
        (
            {"preset": "retraining"},
            {3: (100, 0.1, 1e-4, "sgd", 8), 4: (100, 1e-5, 0.1, "adamw", 1)},
        ),
        (
            {"preset": "retraining", "epochs": 7, "optimizer": "adamw"},
            {3: (7, 0.1, 1e-4, "adamw", 8), 4: (7, 1e-5, 0.1, "adamw", 1)},
        ),
    ],
)
def test_what_is_left_open_is_filled_in(given, expected):
    filled = with_defaults(TrainSettings(name="a", base="b", **given))
    assert tuple(getattr(filled, name) for name in NAMES) == expected[MAJOR]


def test_where_each_value_comes_from_is_said():
    said = describe(TrainSettings(name="a", base="b", preset="retraining", epochs=7))
    rate = {3: "0.1", 4: "1e-05"}[MAJOR]
    assert said.startswith(f"epochs 7 (given), learning rate {rate} (preset retraining), ")
    batch = {3: "batch size 8 (default of Cellpose 3.1", 4: "batch size 1 (preset retraining)"}[MAJOR]
    assert batch in said


def test_what_does_not_go_together():
    with pytest.raises(BadInput, match="patience=: needs images"):
        with_defaults(TrainSettings(name="a", base="b", patience=5))
    if MAJOR == 4:
        with pytest.raises(BadInput, match='optimizer="sgd": Cellpose 4'):
            with_defaults(TrainSettings(name="a", base="b", optimizer="sgd"))
