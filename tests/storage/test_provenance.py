import hashlib
import json

import pytest

from cpretrain.settings.crops import CropSettings
from cpretrain.storage import hashing
from cpretrain.storage.provenance import Provenance, sha256
from cpretrain.storage.rerun import done_record


def test_record_holds_settings_hashes_versions_and_time(tmp_path):
    source = tmp_path / "movie.tif"
    source.write_bytes(b"pixels")
    settings = CropSettings(seed=4)
    Provenance("crops", settings, [source]).write(tmp_path / "crops.json", crops=5)
    record = json.loads((tmp_path / "crops.json").read_text())
    assert record["settings"]["seed"] == 4
    assert record["inputs"] == {f"{tmp_path.name}/movie.tif": hashlib.sha256(b"pixels").hexdigest()}
    assert record["versions"]["cellpose"]
    assert record["written"].startswith("20")
    assert (record["crops"], record["step"]) == (5, "crops")


@pytest.mark.parametrize(
    ("change", "current"),
    [
        (lambda folder: None, True),
        (lambda folder: (folder / "movie.tif").write_bytes(b"other pixels"), False),
        (lambda folder: (folder / "r.json").write_text("{"), False),
        (lambda folder: (folder / "r.json").write_text("[]"), False),
        (lambda folder: (folder / "r.json").unlink(), False),
    ],
    ids=["unchanged", "other input", "damaged record", "other JSON", "no record"],
)
def test_done_record(tmp_path, change, current):
    source, record = tmp_path / "movie.tif", tmp_path / "r.json"
    source.write_bytes(b"pixels")
    Provenance("crops", CropSettings(), [source]).write(record)
    change(tmp_path)
    assert (done_record(record, CropSettings(), [source]) is not None) is current
    assert done_record(record, CropSettings(seed=1), [source]) is None


def test_sha256(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    assert sha256(path) == hashlib.sha256(b"").hexdigest()


def test_progress_over_large_inputs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(hashing, "BLOCK", 4)
    monkeypatch.setattr(hashing, "SHOWN", 5)
    (tmp_path / "small").write_bytes(b"a" * 19)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "0").write_bytes(b"b" * 9)
    monkeypatch.setattr("cpretrain.runtime.console.SECONDS_BETWEEN_LINES", 0)
    assert hashing.hashes([tmp_path / "small"])[f"{tmp_path.name}/small"] == sha256(tmp_path / "small")
    assert capsys.readouterr().err == ""
    hashing.hashes([tmp_path / "small", tmp_path / "store"])
    said = capsys.readouterr().err.splitlines()
    assert said == [f"computing the SHA-256 of the input {block}/6" for block in range(1, 7)]


def test_sha256_of_a_folder_depends_on_names_and_contents_of_its_files(tmp_path):
    def made(name, files):
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return sha256(tmp_path / name)

    files = {"0/0": b"a", "0/1": b"b", ".zarray": b"{}"}
    same = made("one", files)
    assert made("two", dict(reversed(files.items()))) == same
    others = [
        made("three", files | {"0/1": b"c"}),
        made("four", files | {"0/2": b""}),
        made("five", {"0/0": b"b", "0/1": b"a", ".zarray": b"{}"}),
        made("six", {"0/0": b"a", "1/1": b"b", ".zarray": b"{}"}),
    ]
    assert len({same, *others}) == 5
