"""A measurement of time counts as disturbed where other programs hold the processors."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from cpretrain.runtime.other_programs import OtherPrograms


@pytest.mark.parametrize(
    ("others", "own", "threads", "disturbed"),
    [
        (0.0, 4.0, 4, False),
        (1.0, 3.0, 4, True),
        (2.0, 2.0, 2, False),
        (4.0, 0.0, 1, True),
        (0.5, 3.5, 4, False),
    ],
)
def test_processors_that_others_hold_are_missing(monkeypatch, others, own, threads, disturbed):
    """Four processors, ten seconds in which others used as many of them as stated, and this program the rest."""
    now = {"clock": 100.0}
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(time, "perf_counter", lambda: now["clock"])
    monkeypatch.setattr(time, "process_time", lambda: own * now["clock"])
    monkeypatch.setattr(
        "psutil.cpu_times", lambda: SimpleNamespace(user=(others + own) * now["clock"], system=0.0, idle=5.0)
    )
    watched = OtherPrograms()
    now["clock"] += 10
    assert watched.disturb(threads) is disturbed


def test_a_real_program_is_noticed():
    processors = os.cpu_count() or 1
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processors)]
    try:
        watched = OtherPrograms()
        time.sleep(1)
        assert watched.disturb(processors)
    finally:
        for one in busy:
            one.kill()
            one.wait()
