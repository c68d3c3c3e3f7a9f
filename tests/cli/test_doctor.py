import json
import subprocess
import sys

import pytest

from cpretrain.cli.doctor import examine

pytestmark = pytest.mark.cellpose


def test_what_is_missing_comes_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    monkeypatch.setenv("FIJI_HOME", str(tmp_path / "no Fiji"))
    report = examine()
    facts = report.data
    assert {"cellpose", "device", "threads", "models", "java", "fiji", "plugin", "fiji scripts"} <= set(facts)
    assert facts["cellpose"]["found"]
    assert not facts["fiji"]["found"]
    assert "no Fiji" in facts["fiji"]["what"]
    assert facts["fiji"]["cure"] in "\n".join(report.lines)
    assert facts["models"]["cure"]


def test_as_json():
    done = subprocess.run(
        [sys.executable, "-m", "cpretrain.cli", "doctor", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["java"]
