import hashlib
import json
import os
import time

import pytest

from cpretrain.settings.crops import CropSettings
from cpretrain.storage import hashing
from cpretrain.storage.hashing import sha256
from cpretrain.storage.provenance import Provenance, warnings_in
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


def old(path, seconds=100):
    """Make a file look as if it had not been changed for the given time, by its modification time."""
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that are opened for their SHA-256, in order."""
    seen = []

    def opened(path, mode):
        seen.append(path.name)
        return open(path, mode)

    monkeypatch.setattr(hashing, "open", opened, raising=False)
    monkeypatch.setattr(hashing, "_READ", {})
    return seen


def test_a_file_is_read_once_as_long_as_it_stays(tmp_path, reads, monkeypatch):
    monkeypatch.setattr(hashing, "SETTLED", -1)  # the times of these files tell everything
    movie = tmp_path / "movie.tif"
    movie.write_bytes(b"pixels")
    assert done_record(tmp_path / "r.json", CropSettings(), [movie]) is None
    record = Provenance("crops", CropSettings(), [movie]).write(tmp_path / "r.json")
    assert done_record(tmp_path / "r.json", CropSettings(), [movie]) is not None
    assert reads == ["movie.tif"]
    facts = movie.stat()
    movie.write_bytes(b"PIXELS")
    os.utime(movie, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # as if nothing had happened
    assert done_record(tmp_path / "r.json", CropSettings(), [movie]) is None
    assert reads == ["movie.tif"] * 2
    assert record["inputs"][f"{tmp_path.name}/movie.tif"] == hashlib.sha256(b"pixels").hexdigest()


def test_a_file_that_was_changed_just_now_is_read_again(tmp_path, reads):
    movie = tmp_path / "movie.tif"
    movie.write_bytes(b"pixels")
    old(movie)  # its entry was changed just now all the same
    assert sha256(movie) == sha256(movie)
    assert reads == ["movie.tif"] * 2


def test_what_is_changed_while_it_is_read_is_not_remembered(tmp_path, reads, monkeypatch):
    monkeypatch.setattr(hashing, "SETTLED", -1)
    monkeypatch.setattr(hashing, "BLOCK", 3)
    movie = tmp_path / "movie.tif"
    movie.write_bytes(b"pixels")
    sha256(movie, on_block=lambda: movie.write_bytes(b"pixels and more"))
    assert sha256(movie) == hashlib.sha256(b"pixels and more").hexdigest()
    assert reads == ["movie.tif"] * 2


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('{"warnings": ["a", "b"]}', ["a", "b"]),
        ('{"warnings": [{"kind": "k", "message": "a"}, "b", 3, {"kind": "k"}, null]}', ["a", "b"]),
        ('{"warnings": "a"}', []),
        ('{"warnings": {"message": "a"}}', []),
        ("{}", []),
        ("[]", []),
        ("{", []),
    ],
)
def test_the_warnings_of_a_record_are_found_again(tmp_path, content, texts):
    (tmp_path / "r.json").write_text(content)
    assert warnings_in(tmp_path / "r.json") == texts
    assert warnings_in(tmp_path / "none.json") == []
