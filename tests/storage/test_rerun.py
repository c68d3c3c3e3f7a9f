"""Detection of finished work: equality of settings and inputs, and intactness of outputs."""

import json
import os
import shutil

import pytest

from cpretrain.settings.base import Settings
from cpretrain.settings.crops import CropSettings
from cpretrain.storage import outputs
from cpretrain.storage.hashing import hash_of, hashes, input_names, sha256
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record, earlier_result, update_outputs


class Before(Settings):
    """Settings of an earlier version."""

    size: int = 100
    gone: int = 1


class Now(Settings):
    """The same settings, without one and with a new one."""

    size: int = 100
    axes: str | None = None


@pytest.fixture
def result(tmp_path):
    """A step's record, its input, and its two outputs, one of which is in a folder."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "out" / "pictures").mkdir(parents=True)
    for name in ("raw/a.tif", "out/a.tif", "out/pictures/0.png"):
        (tmp_path / name).write_bytes(name.encode())
    written = Provenance("crops", CropSettings(), [tmp_path / "raw" / "a.tif"])
    written.write(tmp_path / "out" / "a.json", outputs=[tmp_path / "out/a.tif", tmp_path / "out/pictures"])
    return tmp_path


def done(folder, settings=None):
    return done_record(folder / "out" / "a.json", settings or CropSettings(), [folder / "raw" / "a.tif"])


def same_size_and_times(path):
    """Damage a file as a disk does: different bytes, with the same size and times."""
    facts, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-1] + b"!")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


HARM = {
    "deleted": (lambda out: (out / "a.tif").unlink(), "a.tif is gone"),
    "truncated": (lambda out: os.truncate(out / "a.tif", 3), "a.tif was changed"),
    "emptied": (lambda out: os.truncate(out / "a.tif", 0), "a.tif was changed"),
    "edited": (lambda out: (out / "a.tif").write_bytes(b"OUT/a.tif"), "a.tif was changed"),
    "damaged by the disk": (lambda out: same_size_and_times(out / "a.tif"), "a.tif was changed"),
    "renamed": (lambda out: (out / "a.tif").rename(out / "b.tif"), "a.tif is gone"),
    "a folder in its place": (
        lambda out: ((out / "a.tif").unlink(), (out / "a.tif").mkdir()),
        "a.tif is gone",
    ),
    "a file of a folder": (lambda out: (out / "pictures/0.png").unlink(), "pictures/0.png is gone"),
    "a whole folder": (lambda out: shutil.rmtree(out / "pictures"), "pictures/0.png is gone"),
}


@pytest.mark.parametrize("harm", HARM)
def test_an_output_that_is_not_what_was_written(result, harm, capsys):
    change, said = HARM[harm]
    assert done(result)
    change(result / "out")
    assert done(result) is None
    assert f"{said} since it was written; making it again" in capsys.readouterr().err


def test_two_outputs_that_were_swapped(tmp_path):
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text(file.name)
    Provenance("crops", CropSettings()).write(tmp_path / "r.json", outputs=files)
    assert done_record(tmp_path / "r.json", CropSettings(), [])
    files[0].write_text("b")
    files[1].write_text("a")
    assert done_record(tmp_path / "r.json", CropSettings(), []) is None


def test_a_copy_of_everything_elsewhere_is_done(result, tmp_path):
    """Copies have new times, and the experiment has a new location."""
    shutil.copytree(result / "raw", tmp_path / "elsewhere" / "raw", copy_function=shutil.copyfile)
    shutil.copytree(result / "out", tmp_path / "elsewhere" / "out", copy_function=shutil.copyfile)
    assert done(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("change", "read_again"),
    [(lambda path: None, False), (os.utime, True), (same_size_and_times, True)],
    ids=["untouched", "touched", "times put back"],
)
def test_large_outputs_are_read_again_when_their_times_differ(result, monkeypatch, change, read_again):
    monkeypatch.setattr(outputs, "LARGE", 4)
    read = []
    monkeypatch.setattr(outputs, "sha256", lambda path: read.append(path.name) or sha256(path))
    change(result / "out" / "a.tif")
    assert bool(done(result)) is (change is not same_size_and_times)
    assert ("a.tif" in read) is read_again and "0.png" not in read


@pytest.mark.parametrize("key", ["failed", "elapsed_seconds", "outputs", "versions"])
def test_a_record_that_somebody_edited(result, key, capsys):
    path = result / "out" / "a.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: {}}))
    assert done(result) is None
    assert "a.json was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"settings": null}', '{"settings": {}, "inputs": 1}']
)
def test_a_damaged_record(result, text):
    (result / "out" / "a.json").write_text(text)
    assert done(result) is None


@pytest.mark.parametrize("outputs", [None, [], {"a.tif": 1}, {"a.tif": {}}, {"a.tif": {"size": "9"}}])
def test_a_record_whose_outputs_are_nonsense(result, outputs):
    path = result / "out" / "a.json"
    record = json.loads(path.read_text()) | {"outputs": outputs}
    del record["record_sha256"]
    path.write_text(json.dumps(record))
    assert done(result) is None


def as_of_0_1(path):
    """Remove from a record what cpretrain 0.1 did not write."""
    record = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in record.items() if k not in ("outputs", "record_sha256")}))


@pytest.mark.parametrize(
    ("change", "complete"),
    [
        (lambda out: None, True),
        (lambda out: (out / "a.tif").unlink(), False),
        (lambda out: os.truncate(out / "a.tif", 0), False),
    ],
    ids=["there", "gone", "empty"],
)
def test_a_record_of_0_1(result, change, complete):
    out = result / "out"
    as_of_0_1(out / "a.json")
    change(out)
    found = done_record(out / "a.json", CropSettings(), [result / "raw" / "a.tif"], [out / "a.tif"])
    assert (found is not None) is complete


def test_inputs_that_0_1_did_not_record_count_from_then_on(result):
    out, table = result / "out", result / "raw" / "crops.csv"
    table.write_text("file")
    facts = (out / "a.json", CropSettings(), [result / "raw" / "a.tif"], [], [table])
    assert done_record(*facts) is None
    as_of_0_1(out / "a.json")
    assert done_record(*facts)


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [
        ({"size": 100}, Now(), True),
        ({"size": 100, "axes": None}, Now(), True),
        ({"size": 100}, Now(axes="TYX"), False),
        ({"size": 50}, Now(), False),
        ({"size": 50}, Now(size=50), True),
        ({"size": 100, "gone": 1}, Now(), False),
    ],
    ids=["new option at its default", "known", "new option given", "default changed", "given", "option gone"],
)
def test_settings_of_another_version(tmp_path, recorded, now, same):
    Provenance("step", Before()).write(tmp_path / "r.json")
    record = json.loads((tmp_path / "r.json").read_text()) | {"settings": recorded}
    del record["record_sha256"]
    (tmp_path / "r.json").write_text(json.dumps(record))
    assert (done_record(tmp_path / "r.json", now, []) is not None) is same


@pytest.fixture
def same_names(tmp_path):
    """Two files with the same folder and file names, and one with a unique name."""
    files = [tmp_path / name for name in ("A/images/a.tif", "B/images/a.tif", "A/masks/a.tif")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(file.relative_to(tmp_path)))
    return files


def test_two_inputs_of_the_same_folder_and_file_name(same_names, tmp_path):
    one, other, _ = same_names
    recorded = hashes(same_names)
    assert set(recorded) == {"A/images/a.tif", "B/images/a.tif", "masks/a.tif"}
    assert [hash_of(file, recorded) for file in same_names] == [sha256(file) for file in same_names]
    Provenance("step", CropSettings(), same_names).write(tmp_path / "r.json")
    assert done_record(tmp_path / "r.json", CropSettings(), same_names)
    assert done_record(tmp_path / "r.json", CropSettings(), same_names[::-1])
    before, after = one.read_text(), other.read_text()
    one.write_text("changed")
    assert done_record(tmp_path / "r.json", CropSettings(), same_names) is None
    one.write_text(after)
    other.write_text(before)
    assert done_record(tmp_path / "r.json", CropSettings(), same_names) is None


def test_names_of_inputs(tmp_path, monkeypatch):
    deep = [tmp_path / name for name in ("x/1/images/a", "y/1/images/a", "y/2/images/a", "z/b")]
    assert list(input_names(deep)) == ["z/b", "2/images/a", "x/1/images/a", "y/1/images/a"]
    (tmp_path / "z").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(input_names(["z/b", "./z/b", tmp_path / "z" / ".." / "z" / "b"])) == 1
    assert list(input_names([])) == []


def test_links_of_one_name_into_one_folder(tmp_path):
    (tmp_path / "store").mkdir()
    for name in ("1", "2"):
        (tmp_path / "store" / name).write_text(name)
        (tmp_path / name / "raw").mkdir(parents=True)
        (tmp_path / name / "raw" / "a.tif").symlink_to(tmp_path / "store" / name)
    recorded = hashes([tmp_path / "1" / "raw" / "a.tif", tmp_path / "2" / "raw" / "a.tif"])
    assert sorted(recorded) == ["1/raw/a.tif", "2/raw/a.tif"] and len(set(recorded.values())) == 2


def test_outputs_listed_later(result):
    record = result / "out" / "a.json"
    later = result / "out" / "a.geojson"
    later.write_text("{}")
    update_outputs(record, [later])
    assert done(result)
    unchanged = record.stat().st_mtime_ns
    update_outputs(record, [later])
    assert record.stat().st_mtime_ns == unchanged
    later.write_text("[]")
    earlier = earlier_result(record, CropSettings(), [result / "raw" / "a.tif"])
    assert earlier.damaged == {"a.geojson": "was changed"}
    assert earlier.damaged_of([result / "out" / "a.tif"]).is_complete
