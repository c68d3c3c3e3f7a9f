"""A Fiji that lacks a jar after a broken update: the error names the jar, and the cure."""

import numpy as np
import pytest

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import FijiError, FijiNotFound, FijiSession, doctor, find_fiji

pytestmark = [pytest.mark.fiji, pytest.mark.slow]


@pytest.fixture
def without(fiji, tmp_path):
    def without(name):
        for folder in ("jars", "plugins"):
            (tmp_path / folder).mkdir()
            for file in (fiji.home / folder).iterdir():
                if not file.name.startswith(name):
                    (tmp_path / folder / file.name).symlink_to(file)
        return tmp_path

    return without


def test_without_jython_no_fiji_is_started(without):
    home = without("jython-slim")
    with pytest.raises(FijiNotFound, match="jython-slim"):
        find_fiji(home)
    assert "jython-slim" in doctor(home)["fiji"].what


def test_what_the_plugin_does_not_find_is_named(without):
    movie = ArrayFrames(np.zeros((2, 1, 1, 16, 16), np.uint8))
    with FijiSession(find_fiji(without("legacy-imglib1"))) as session, pytest.raises(FijiError) as caught:
        session.correct_drift(movie, DriftSettings())
    assert "this Fiji is incomplete, there is no mpicbg" in caught.value.problem
    assert "Help > Update" in caught.value.cure
