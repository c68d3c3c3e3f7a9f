"""Running a command on one image and no other, with ImageJ 1's own commands."""

import pytest

from fiji_bridge.errors import FijiError


def test_the_command_runs_on_the_image_given_and_its_result_is_found_by_title(imagej):
    told = imagej.call("run_command", options="-", titles=["other", "given"], result="C2-given")
    assert told == {"open": ["C1-given", "C2-given", "C3-given"], "made": [8, 6, 1, 1, 2], "after": 0}


def test_an_old_result_is_not_taken_for_a_new_one(imagej):
    imagej.call("run_command", options="-", titles=["given"], result="C2-given")
    told = imagej.call("run_command", options="-", titles=["C2-given", "else"], result="C2-given")
    assert told["open"] == ["C1-else", "C2-else", "C3-else"]
    assert told["made"] is None


def test_empty_options_are_refused_before_a_dialog_opens(imagej):
    with pytest.raises(FijiError, match="needs options"):
        imagej.call("run_command", options=" ", titles=["given"], result="")


def test_images_and_options_that_threads_remember_are_forgotten(imagej):
    told = imagej.call("forget_threads")
    assert told["before"][0] >= told["threads"] - 1
    assert told["before"][1] >= told["threads"] - 1
    assert told["after"] == [0, 0]
