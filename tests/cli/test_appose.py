"""A step inside a real Appose worker: progress, answer, bad input, cancellation."""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.movies import write_movie

appose = pytest.importorskip("appose")
SCRIPT = "from cpretrain.cli.appose import run_step\nrun_step(task, step, arguments, settings)"
NATIVE = {"engine": "native"}


@pytest.fixture(scope="module")
def service():
    environment = appose.custom().bin_paths(str(Path(sys.executable).parent)).append_system_path().build()
    with environment.python() as running:
        yield running


def run(service, step, arguments, settings, on_event=None):
    task = service.task(SCRIPT, {"step": step, "arguments": arguments, "settings": settings}, "main")
    if on_event:
        task.listen(lambda event: on_event(task, event))
    task.start()
    with suppress(appose.TaskException):
        task.wait_for()
    return task


def test_progress_and_answer_are_those_of_the_command(service, tmp_path):
    for seed in range(2):
        write_movie(tmp_path / "raw" / f"Film {seed} ü.tif", seed=seed)
    (tmp_path / "raw" / "broken.tif").write_bytes(b"II*")
    seen = []
    task = run(service, "drift", {"raw": str(tmp_path / "raw")}, NATIVE, lambda _, event: seen.append(event))
    assert [movie["engine"] for movie in task.outputs["movies"]] == ["native", "native"]
    assert list(task.outputs["failed"]) == [str(tmp_path / "raw" / "broken.tif")]
    assert (tmp_path / "corrected" / "Film 1 ü.tif").is_file()
    told = [(event.message, event.current, event.maximum) for event in seen if event.message]
    assert ("drift Film 1 ü.tif", 2, 3) in told
    assert any(message.startswith("warning: ") and "broken.tif" in message for message, _, _ in told)


@pytest.mark.parametrize(
    ("step", "settings", "said"),
    [
        ("drift", NATIVE, "no such file or folder"),
        ("drift", {"max_shift": [1, 2]}, "max shift: "),
        ("crops", {"size": 0}, "size: input should be greater"),
    ],
)
def test_bad_input_is_an_answer(service, tmp_path, step, settings, said):
    place = {"drift": "raw", "crops": "images"}[step]
    task = run(service, step, {place: str(tmp_path / "nowhere")}, settings)
    assert said in json.dumps(task.outputs["error"])


def test_cancelled_while_it_reports_progress(tmp_path, monkeypatch, capsys):
    """Appose takes an exception inside ``task.update`` for the end of the task, which would run on unseen."""
    from appose import python_worker

    from cpretrain.cli.appose import run_step

    write_movie(tmp_path / "raw" / "long.tif", [(0, 0)] * 30)
    task = python_worker.Task(uuid="one")
    encode = python_worker.message.encode

    def cancelled_meanwhile(response):
        if not task.cancel_requested:
            task.cancel_requested = True
            time.sleep(0.6)  # three times as long as it takes to be seen
        return encode(response)

    monkeypatch.setattr(python_worker.message, "encode", cancelled_meanwhile)
    assert run_step(task, "drift", {"raw": str(tmp_path / "raw")}, NATIVE) == {}
    told = [json.loads(line)["responseType"] for line in capsys.readouterr().out.splitlines()]
    assert [response for response in told if response != "UPDATE"] == ["CANCELATION"]
    assert not list((tmp_path / "corrected").rglob("*long*"))


def test_cancelled_in_the_middle_of_a_movie(service, tmp_path):
    for seed in range(2):
        write_movie(tmp_path / "raw" / f"{seed}.tif", [(0, 0)] * (5 if seed == 0 else 600), seed=seed)
    begun = []

    def cancel(task, event):
        if event.message == "drift 0.tif":  # the first movie is done, the long one runs
            begun.append(time.monotonic())
            task.cancel()

    task = run(service, "drift", {"raw": str(tmp_path / "raw")}, NATIVE, cancel)
    assert task.status.name == "CANCELED"
    assert time.monotonic() - begun[0] < 3
    assert {path.name for path in (tmp_path / "corrected").iterdir()} == {
        "0.tif", "0.shifts.csv", "0.drift.png", "0.json", "batch.csv",
    }  # fmt: skip
    write_movie(tmp_path / "raw" / "1.tif")  # the worker lives on
    assert len(run(service, "drift", {"raw": str(tmp_path / "raw")}, NATIVE).outputs["movies"]) == 2
