import pytest

from cpretrain import progress as module
from cpretrain.progress import console, progress, say, warn


def test_brackets_in_names_are_shown_as_they_are(capsys):
    say("crops of Film [1] [red].tif")
    warn("Film [/bold].tif is empty")
    said = capsys.readouterr()
    assert said.err == "crops of Film [1] [red].tif\nwarning: Film [/bold].tif is empty\n"
    assert said.out == ""


@pytest.mark.parametrize(("seconds", "lines"), [(0, 3), (1000, 0)])
def test_lines_where_there_is_no_terminal(capsys, monkeypatch, seconds, lines):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", seconds)
    with progress("drift", 3) as step:
        for name in "abc":
            step(f"{name}.tif")
    said = capsys.readouterr().err.splitlines()
    assert said == [f"drift {i}/3 {name}.tif" for i, name in enumerate("abc", 1)][: lines or 0]


def test_quiet(capsys, monkeypatch):
    monkeypatch.setattr(console, "quiet", True)
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0)
    say("nothing")
    with progress("drift", 1) as step:
        step()
    assert capsys.readouterr().err == ""
