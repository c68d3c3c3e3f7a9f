"""What a run says before it starts: the part that is trained, the memory it needs, and what would save time or cost
quality."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cpretrain.models.versions import installed_cellpose
from cpretrain.training import running_notes
from cpretrain.training.running_notes import report_plan, report_rates, report_stop

pytestmark = pytest.mark.cellpose


@pytest.mark.parametrize(
    ("precision", "has_instructions", "said"),
    [("float32", True, True), ("float32", False, False), ("bfloat16", True, False)],
)
def test_16_bits_are_named_where_they_would_save_time(
    quick, start, monkeypatch, capsys, precision, has_instructions, said
):
    run = start(quick.replace(precision=precision))
    monkeypatch.setattr(running_notes, "multiplies_in_16_bits", lambda _: has_instructions)
    capsys.readouterr()
    report_plan(run)
    assert ('precision="bfloat16" can halve the time' in capsys.readouterr().err) == said


LONG = installed_cellpose().long_run


@pytest.mark.parametrize(
    ("epochs", "schedule", "said"),
    [(LONG - 1, "cellpose", True), (LONG, "cellpose", False), (10, "cellpose", False), (50, "cosine", False)],
)
def test_a_learning_rate_that_never_falls_is_named(quick, start, capsys, epochs, schedule, said):
    report_rates(start(quick.replace(epochs=epochs, schedule=schedule)))
    found = capsys.readouterr().err
    assert (f'only in runs of {LONG} epochs or more; schedule="cosine"' in found) == said


@pytest.mark.parametrize(
    ("epochs", "done", "said", "warned"),
    [
        (LONG, 20, True, True),
        (LONG, LONG - 10, True, False),
        (LONG - 1, 20, True, False),
        (LONG, LONG, False, False),
    ],
)
def test_a_run_that_stopped_before_its_learning_rate_fell_is_warned_of(
    quick, start, capsys, epochs, done, said, warned
):
    run = start(quick.replace(epochs=epochs, patience=5, test_fraction=0.2))
    run.curves = SimpleNamespace(epochs=done)
    run.kept = SimpleNamespace(epoch=done - 6)
    capsys.readouterr()
    notes = report_stop(run)
    assert (f"stopped after epoch {done} of {epochs}: none of the last 5" in capsys.readouterr().err) == said
    assert [note.startswith("the training stopped before") for note in notes] == [True] * warned


def test_an_interrupted_run_did_not_stop_by_itself(quick, start):
    assert report_stop(start(quick)) == ()


def test_too_little_memory_is_warned_of_with_what_needs_less(quick, start, capsys):
    run = start(quick)
    run.plan = replace(run.plan, found=1)
    capsys.readouterr()
    report_plan(run)
    said = capsys.readouterr().err
    assert "that may be more than there is; less is needed with" in said
    assert 'freeze="encoder"' in said and 'batch_size="fit"' in said
