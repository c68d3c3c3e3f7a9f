import json
import subprocess
import sys

import pytest

from cpretrain.base_models import ZOO
from cpretrain.doctor import examine, list_models

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


def test_models_on_this_machine_are_told_from_those_that_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    (tmp_path / "cpsam_v2").touch()
    (tmp_path / "gui_models.txt").write_text("my cells\n\n")
    models = {model["name"]: model["here"] for model in list_models().data["models"]}
    assert set(models) == {*ZOO[3], *ZOO[4], "my cells"}
    assert [name for name, here in models.items() if here] == ["cpsam_v2"]


def test_as_json():
    done = subprocess.run(
        [sys.executable, "-m", "cpretrain.cli", "doctor", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["java"]
