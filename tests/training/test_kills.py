"""Killed at any moment, a training resumes to the same result. CPRETRAIN_KILLS=10 kills more often."""

import json
import os
import subprocess
import sys

import pytest

from cpretrain.settings.training import TrainSettings
from tests.support.paths import ROOT
from tests.training.conftest import TILE

pytestmark = [pytest.mark.cellpose, pytest.mark.slow]
KILLS = int(os.environ.get("CPRETRAIN_KILLS", "2"))


def test_killed_and_resumed_is_the_same_as_never_killed(training_folders, tiny_model, tmp_path):
    settings = TrainSettings(
        name="cells", base=str(tiny_model), epochs=3 * KILLS + 2, batch_size=1, tile=TILE, test_fraction=0.3,
        ap_every=4, learning_rate=1e-3, device="cpu",
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.kills", *map(str, training_folders), str(tmp_path / "models"),
         str(KILLS), settings.model_dump_json()],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] == KILLS
    assert found["equal"]
    assert found["left"] == ["cells"]
    assert "continuing after epoch" in done.stderr
