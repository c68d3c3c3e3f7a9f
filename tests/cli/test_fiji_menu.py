"""Scripts are installed in Fiji's folder, the user's changes are kept, and doctor reports the state."""

import hashlib
import json
import sys

import pytest

from cpretrain.cli.fiji_menu import PYTHON, fiji_scripts, installed
from cpretrain.errors import BadInput
from tests.macros.conftest import make_fiji
from tests.support.paths import ROOT

SOURCES = ROOT / "macros" / "fiji"
CORRECT = "scripts/Plugins/cpretrain/Correct_Drift_and_Cut_Crops.py"


@pytest.fixture
def fiji(tmp_path):
    return make_fiji(tmp_path / "Fiji ü")


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_without_install_it_only_says_what_goes_where(fiji):
    before = files(fiji)
    report = fiji_scripts(fiji, install=False)
    assert files(fiji) == before
    assert {script["state"] for script in report.data["scripts"]} == {"missing"}
    said = "\n".join(report.lines)
    assert str(fiji / CORRECT) in said
    assert f'cpretrain fiji-scripts --install --fiji "{fiji}"' in said


def test_install_lays_the_sources_over_the_folder_and_names_this_python(fiji):
    assert not installed(fiji).found
    fiji_scripts(fiji, install=True)
    for name in files(SOURCES):
        assert (fiji / name).read_bytes() == (SOURCES / name).read_bytes()
    assert (fiji / PYTHON).read_text("utf-8") == f"{sys.executable}\n"
    assert installed(fiji).found
    before = {name: (fiji / name).stat().st_mtime_ns for name in files(SOURCES)}
    assert fiji_scripts(fiji, install=True).data["kept"] == []
    assert {name: (fiji / name).stat().st_mtime_ns for name in files(SOURCES)} == before


def test_what_was_changed_is_kept_and_what_is_only_old_is_replaced(fiji):
    script, record = fiji / CORRECT, fiji / "jars/Lib/cpretrain_scripts.json"
    for number in range(2):
        fiji_scripts(fiji, install=True)
        script.write_text(f"# mine {number}")
        fact = installed(fiji)
        assert not fact.found and "1 of" in fact.what and "--install" in fact.cure
        kept = fiji_scripts(fiji, install=True).data["kept"]
        assert kept == [script.with_name(script.name + (".old" if number == 0 else ".old2"))]
        assert kept[0].read_text() == f"# mine {number}"
    script.write_text("# of an earlier version")
    hashes = json.loads(record.read_text())
    record.write_text(json.dumps(hashes | {CORRECT: hashlib.sha256(script.read_bytes()).hexdigest()}))
    assert fiji_scripts(fiji, install=True).data["kept"] == []
    assert script.read_bytes() == (SOURCES / CORRECT).read_bytes()


def test_without_a_fiji(tmp_path, monkeypatch):
    monkeypatch.delenv("FIJI_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(BadInput, match="no Fiji"):
        fiji_scripts(None, install=True)
    assert not installed().found


def test_a_folder_that_cannot_be_written_to(fiji):
    (fiji / "scripts").write_text("a file in the way")
    with pytest.raises(BadInput, match="cannot be written to"):
        fiji_scripts(fiji, install=True)
