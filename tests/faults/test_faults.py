"""Steps killed at random moments and repeated give the undisturbed results. CPRETRAIN_KILLS=100 kills more often."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = os.environ.get("CPRETRAIN_KILLS", "")
FEW = ["--kills", "2", "--steps", "drift", "drift on workers"]


@pytest.mark.slow
def test_killed_and_done_again_is_the_same_as_never_killed():
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *(["--kills", KILLS] if KILLS else FEW)],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sum(step["kills"] for step in json.loads(done.stdout).values()) == int(KILLS or 2)
