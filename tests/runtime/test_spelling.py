"""Settings and commands in messages, as spelled by the front ends."""

import pickle
from pathlib import Path

import pytest

from cpretrain.cli.spelling import CommandLineSpelling, MenuSpelling
from cpretrain.runtime.spelling import command, current_spelling, option, options, spelled

FRONT_ENDS = {"command line": CommandLineSpelling(), "menu": MenuSpelling()}


@pytest.mark.parametrize(
    ("named", "python", "typed", "in_words"),
    [
        (("axes",), "axes=", "--axes", "axes"),
        (("axes", "TYX"), 'axes="TYX"', "--axes TYX", "axes TYX"),
        (("min_size", 15), "min_size=15", "--min-size 15", "min size 15"),
        (("test_fraction", 0.2), "test_fraction=0.2", "--test-fraction 0.2", "test fraction 0.2"),
        (("roi", "X", "Y"), "roi=(X, Y)", "--roi X Y", "roi X Y"),
        (("max_shift", 10, 10, 5), "max_shift=(10, 10, 5)", "--max-shift 10 10 5", "max shift 10 10 5"),
        (("only_xy", True), "only_xy=True", "--only-xy", "only xy"),
        (("resume", False), "resume=False", "--no-resume", "no resume"),
        (("second_channel", None), "second_channel=None", "--second-channel None", "second channel None"),
        (("mask", Path("a b.png")), 'mask="a b.png"', "--mask a b.png", "mask a b.png"),
        (("name", r'a"\b'), r'name="a\"\\b"', r'--name a"\b', r'name a"\b'),
        (("grid",), "grid=", "--sweep", "sweep"),
    ],
)
def test_a_setting(named, python, typed, in_words):
    assert option(*named) == python
    for front_end, expected in zip(FRONT_ENDS.values(), (typed, in_words), strict=True):
        with spelled(front_end):
            assert option(*named) == expected
    assert option(*named) == python


def test_settings_together():
    assert options(engine="native", refine=True) == 'engine="native", refine=True'
    with spelled(CommandLineSpelling()):
        assert options(engine="native", refine=True) == "--engine native --refine"


@pytest.mark.parametrize(
    ("name", "settings", "python", "typed"),
    [
        ("crops", {}, "cpretrain.cut_crops", "cpretrain crops"),
        ("evaluate", {"tune": True}, "cpretrain.evaluate(tune=True)", "cpretrain evaluate --tune"),
        ("train", {"resume": False}, "cpretrain.retrain(resume=False)", "cpretrain train --no-resume"),
        ("round start", {}, "cpretrain.start_round", "cpretrain round start"),
    ],
)
def test_a_command(name, settings, python, typed):
    assert command(name, **settings) == python
    with spelled(CommandLineSpelling()):
        assert command(name, **settings) == typed


def test_an_error_in_the_block_ends_it():
    with pytest.raises(KeyError), spelled(CommandLineSpelling()):
        raise KeyError
    assert option("axes") == "axes="


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_another_process_gets_it(front_end):
    with spelled(front_end):
        sent = pickle.dumps(current_spelling())
        named = option("only_xy", True)
    with spelled(pickle.loads(sent)):
        assert option("only_xy", True) == named
