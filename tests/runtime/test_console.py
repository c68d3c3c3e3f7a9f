import io
import json

import pytest
from rich.console import Console

from cpretrain.runtime import console as module
from cpretrain.runtime.console import info, progress, set_output, warning


@pytest.fixture(autouse=True)
def usual_output():
    yield
    set_output()


def test_brackets_in_names_are_shown_as_they_are(capsys):
    info("crops of Film [1] [red].tif")
    warning("Film [/bold].tif is empty")
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


def test_the_time_left_is_at_the_pace_after_the_first_which_waited_for_what_is_started_once(
    capsys, monkeypatch
):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0)
    monkeypatch.setattr(module, "_last_line", float("-inf"))
    times = iter([0.0, 100.0, 100.0, 102.0, 104.0])  # begun; the first done, after Fiji's start; the others
    monkeypatch.setattr(module.time, "monotonic", lambda: next(times))
    with progress("drift", 5) as step:
        for _ in range(3):
            step()
    assert capsys.readouterr().err.splitlines() == [
        "drift 1/5",
        "drift 2/5, 0:00:06 left",
        "drift 3/5, 0:00:04 left",
    ]


def test_quiet(capsys, monkeypatch):
    set_output(quiet=True)
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0)
    info("nothing")
    with progress("drift", 1) as step:
        step()
    assert capsys.readouterr().err == ""


def test_events_are_a_json_object_a_line(capsys):
    set_output(events=True)
    warning("Zelle „1“")
    with progress("drift", 2) as step:
        step("a.tif")
        with progress("frames", 1) as inner:
            inner()
    assert [json.loads(line) for line in capsys.readouterr().err.splitlines()] == [
        {"event": "warning", "message": "Zelle „1“"},
        {"event": "progress", "step": "drift", "done": 1, "total": 2, "note": "a.tif"},
        {"event": "progress", "step": "frames", "done": 1, "total": 1, "note": ""},
    ]


def test_a_bar_inside_a_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")  # rich draws nothing on a dumb terminal
    screen = io.StringIO()
    monkeypatch.setattr(module, "console", Console(file=screen, force_terminal=True, width=100))
    with progress("drift", 2) as step:
        with progress("frames", 5) as inner:
            inner()
            module._bars.refresh()
        step("a.tif")
        module._bars.refresh()
    assert module._bars is None
    shown = screen.getvalue()
    assert "frames" in shown and "1/5" in shown and "a.tif" in shown
