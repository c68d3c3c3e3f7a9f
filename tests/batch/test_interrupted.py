"""Ctrl-C and SIGTERM in the middle of many files: one message, exit code 130, no process and no partial result left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.support.movies import write_movie

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX"),
]
SAID = "interrupted; completed results are kept\n"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Movies that take a few seconds each."""
    folder = tmp_path_factory.mktemp("long") / "raw"
    for seed in range(8):
        steps = np.random.default_rng(seed).integers(-1, 2, (300, 2))
        write_movie(folder / f"{seed}.tif", np.cumsum(steps, axis=0).clip(-9, 9), seed=seed)
    return folder


def workers_start(running: psutil.Process, _: Path) -> bool:
    return any("spawn_main" in _command(child) for child in running.children())


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a short-lived one, gone since it was listed
        return ""


def movies_are_written(_: psutil.Process, out: Path) -> bool:
    return any(out.glob(".*.part*"))


def drift(raw: Path, out: Path, workers: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "cpretrain.cli", "drift", raw, "--out", out, "--workers", str(workers)]
    command += ["--engine", "native"]
    listening = "import signal, os, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    return subprocess.Popen(  # tests started in the background have SIGINT ignored, which children inherit
        [sys.executable, "-c", listening + "os.execv(sys.executable, sys.argv[1:])", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("workers", "when", "send", "sent"),
    [
        (2, workers_start, os.killpg, [signal.SIGINT]),
        (2, movies_are_written, os.killpg, [signal.SIGINT] * 3),
        (2, movies_are_written, os.kill, [signal.SIGTERM]),
        (1, movies_are_written, os.kill, [signal.SIGTERM]),
    ],
    ids=[
        "Ctrl-C while workers start",
        "Ctrl-C three times",
        "SIGTERM",
        "SIGTERM without workers",
    ],
)
def test_one_sentence_and_nothing_left(raw, tmp_path, workers, when, send, sent):
    out = tmp_path / "out"
    running = drift(raw, out, workers)
    process, until = psutil.Process(running.pid), time.monotonic() + 120
    while not when(process, out):
        assert running.poll() is None and time.monotonic() < until, running.communicate()
        time.sleep(0.01)
    left = process.children(recursive=True)
    for number in sent:
        send(running.pid, number)
        time.sleep(0.1)
    printed, said = running.communicate(timeout=100)
    assert (printed, running.returncode) == ("", 130)
    assert said.endswith(SAID)
    assert "Traceback" not in said and said.count(SAID) == 1
    assert all(" done: " in line or " left" in line for line in said.removesuffix(SAID).splitlines())
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive
    assert not list(out.glob(".*.part*"))
