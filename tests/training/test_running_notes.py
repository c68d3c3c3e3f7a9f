"""What a run says before it starts: the part that is trained, the memory it needs, and what would save time."""

from dataclasses import replace

import pytest

from cpretrain.training import running_notes
from cpretrain.training.running_notes import report_plan

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


def test_too_little_memory_is_warned_of_with_what_needs_less(quick, start, capsys):
    run = start(quick)
    run.plan = replace(run.plan, found=1)
    capsys.readouterr()
    report_plan(run)
    said = capsys.readouterr().err
    assert "that may be more than there is; less is needed with" in said
    assert 'freeze="encoder"' in said and 'batch_size="fit"' in said
