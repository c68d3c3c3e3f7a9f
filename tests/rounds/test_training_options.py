"""Rounds are trained with the same options unless the user changes them."""

import pytest

from cpretrain.errors import BadInput
from cpretrain.rounds.folder import RoundsFolder
from cpretrain.rounds.training_options import keep_options, with_earlier
from cpretrain.settings.training import TrainSettings

MANY = {"epochs": 50, "preset": "retraining", "seed": 4, "device": "cpu", "name": "a", "channel": 2}


@pytest.fixture
def rounds(tmp_path):
    """Three rounds, of which the first was trained with its own options."""
    found = [RoundsFolder(tmp_path).round(number) for number in (1, 2, 3)]
    for one in found:
        one.folder.mkdir()
    keep_options(found[0], TrainSettings(**MANY))
    return found


@pytest.mark.parametrize(
    ("given", "now"),
    [
        ({}, {"epochs": 50, "preset": "retraining"}),
        ({"epochs": 9}, {"epochs": 9, "preset": "retraining"}),
        ({"preset": "cellpose", "seed": 1}, {"epochs": 50, "preset": "cellpose", "seed": 1}),
        ({"epochs": None}, {"epochs": None, "preset": "retraining"}),
        ({"device": "cuda"}, {"epochs": 50, "preset": "retraining", "device": "cuda"}),
    ],
)
def test_what_is_left_out_is_as_before(rounds, given, now, capsys):
    assert with_earlier(rounds, TrainSettings(**given)).model_dump(exclude_unset=True) == now
    assert ("epochs 50" in capsys.readouterr().err) == ("epochs" not in given)


def test_the_newest_round_holds_when_it_is_repeated(rounds):
    keep_options(rounds[1], TrainSettings(epochs=7))
    assert with_earlier(rounds, TrainSettings()).model_dump(exclude_unset=True) == {"epochs": 7}
    assert with_earlier(rounds[:1], TrainSettings()).epochs == 50
    rounds[0].training_options.unlink()
    assert with_earlier(rounds[:1], TrainSettings()) == TrainSettings()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"epochs": 0}', "epochs: input should be greater"),
        ('{"speed": 1}', "speed: extra inputs"),
    ],
)
def test_what_cannot_be_used_is_named(rounds, text, problem):
    rounds[2].training_options.write_text(text)
    with pytest.raises(BadInput, match=rf"training\.json: {problem}"):
        with_earlier(rounds, TrainSettings())
