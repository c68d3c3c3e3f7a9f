"""What a retraining takes here: measured by real steps, once."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from cpretrain.models.weights import cellpose_major
from cpretrain.training import effort
from tests.conftest import small_encoder

pytestmark = pytest.mark.cellpose


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What is measured, once, and kept in a cache of its own during these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(effort, "LONG_ENOUGH", 0.0)
        patch.setattr(effort.OtherPrograms, "disturb", lambda *_: False)
        with small_encoder() if cellpose_major() == 4 else nullcontext():
            yield effort.effort_here()


def test_it_is_measured_once_and_again_for_another_machine(measured, monkeypatch):
    def fail(*_):
        raise AssertionError("measured again")

    monkeypatch.setattr(effort, "_of_steps", fail)
    monkeypatch.setattr(effort, "_of_a_block", fail)
    assert effort.effort_here() == measured
    monkeypatch.setattr("torch.get_num_threads", lambda: 77)
    with pytest.raises(AssertionError, match="measured again"):
        effort.effort_here()


def test_it_says_how_long_and_how_much_and_where_from(measured):
    assert measured.seconds > 1
    assert 0 < measured.least_memory <= measured.memory < 100e9
    text = measured.describe()
    assert text.startswith("100 epochs on 40 crops of 100 × 100 pixels take about ")
    assert ("measured on 1 step)" if cellpose_major() == 3 else "estimated from one of 1 blocks") in text
    assert "threads" in text


def test_what_a_busy_machine_took_is_said_and_not_kept(measured, monkeypatch):
    monkeypatch.setattr("torch.get_num_threads", lambda: 99)
    busy = replace(measured, disturbed=True)
    monkeypatch.setattr(effort, "_of_steps", lambda *_: busy)
    monkeypatch.setattr(effort, "_of_a_block", lambda *_: busy)
    before = effort._known(effort._file())
    assert ", while other programs were at work)" in effort.effort_here().describe()
    assert effort._known(effort._file()) == before


@pytest.mark.parametrize(("seconds", "text"), [(45, "45 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(seconds, text):
    assert effort._duration(seconds) == text


def test_what_was_measured_for_other_machines_is_kept(measured, monkeypatch):
    monkeypatch.setattr("torch.get_num_threads", lambda: 77)
    monkeypatch.setattr(effort, "_of_steps", lambda *_: measured)
    monkeypatch.setattr(effort, "_of_a_block", lambda *_: measured)
    assert effort.effort_here() == measured
    assert len(effort._known(effort._file())) == 2
