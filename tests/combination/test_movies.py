"""Whole folders: files, tables and GeoJSON of a combination, and refused inputs."""

import csv
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import tifffile

from cpretrain.combination import combine
from cpretrain.combination.matching import parse_folders
from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.labels.object_table import measure_objects, write_objects
from cpretrain.settings.combination import CombineSettings

CALIBRATION = Calibration((1.0, 0.5, 0.5), "µm", 60.0)


def write_labels(folder, labels, name="Film [1].tif", probability=0.5):
    """Write the results of a prediction: label images (T, Y, X) and their table."""
    movie = np.asarray(labels, np.uint16)[:, np.newaxis, np.newaxis]
    write_frames(folder / name, iter(movie), movie.shape, movie.dtype, CALIBRATION)
    measured = (measure_objects(f[:, 0], np.full(f[:, 0].shape, probability, np.float32)) for f in movie)
    write_objects(folder / f"{name.removesuffix('.tif')}.objects.csv", name, "", measured)
    return folder


@pytest.fixture
def folders(tmp_path):
    """Nuclei and bacteria in one movie of two frames; they overlap in the first, with the bacteria more probable."""
    nuclei, bacteria = np.zeros((2, 2, 20, 30), np.uint16)
    nuclei[0, 2:10, 2:12], nuclei[1, 2:10, 2:12] = 1, 4
    bacteria[0, 8:14, 8:14] = 1
    bacteria[0, 3:5, 3:5] = 2
    return {
        "nuclei": write_labels(tmp_path / "nuclei", nuclei, probability=0.6),
        "bacteria": write_labels(tmp_path / "bacteria", bacteria, "Film [1]_masks.tif", 0.9),
    }


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_movie(folders, tmp_path, capsys):
    out = tmp_path / "out"
    result = combine(folders, out=out)
    counts = {"nuclei": (2, 1, 0), "bacteria": (2, 0, 0)}
    assert {name: tuple(facts.values()) for name, facts in result.classes.items()} == counts
    with TimeLapse(out / "Film [1].tif") as labels:
        assert labels.calibration.frame_interval == 60
        found = [labels.frame(t)[0, 0] for t in range(2)]
    table = rows(out / "classes.csv")
    assert [(r["frame"], r["label"], r["class"], r["label_before"]) for r in table] == [
        ("0", "1", "nuclei", "1"),
        ("0", "2", "bacteria", "1"),
        ("0", "3", "bacteria", "2"),
        ("1", "1", "nuclei", "4"),
    ]
    for row in table:
        assert (found[int(row["frame"])] == int(row["label"])).sum() == int(row["area"])
    assert [row["kept"] for row in table] == ["0.8500", "1.0000", "1.0000", "1.0000"]
    assert (found[0][3:5, 3:5] == 3).all() and (found[0][8:14, 8:14] == 2).all()
    features = json.loads((out / "Film [1].geojson").read_text(encoding="utf-8"))["features"]
    names = Counter(feature["properties"]["classification"]["name"] for feature in features)
    assert names == {"nuclei": 2, "bacteria": 2}
    assert [f["geometry"].get("plane", {"t": 0})["t"] for f in features] == [0, 0, 0, 1]

    written = (out / "Film [1].tif").stat().st_mtime_ns
    assert combine(folders, out=out) == result
    assert "complete and unchanged" in capsys.readouterr().err
    assert (out / "Film [1].tif").stat().st_mtime_ns == written
    combine(folders, out=out, settings=CombineSettings(rule="order", geojson=False))
    assert [r["kept"] for r in rows(out / "classes.csv") if r["class"] == "nuclei"] == ["1.0000", "1.0000"]


def test_rules_that_need_no_table(folders, tmp_path):
    for table in tmp_path.rglob("*.objects.csv"):
        table.unlink()
    with pytest.raises(BadInput, match='rule="probability" needs it'):
        combine(folders, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert (
        combine(folders, out=tmp_path / "out", settings=CombineSettings(rule="smaller")).classes["nuclei"][
            "cut"
        ]
        == 1
    )


@pytest.mark.parametrize(
    ("shape", "name", "said"),
    [
        ((2, 20, 31), "Film [1].tif", "differs in size"),
        ((3, 20, 30), "Film [1].tif", "differs in size"),
        ((2, 20, 30), "Film 2.tif", "different movies"),
    ],
)
def test_what_does_not_match(folders, tmp_path, shape, name, said):
    other = write_labels(tmp_path / "other", np.ones(shape), name)
    with pytest.raises(BadInput, match=said):
        combine({"nuclei": folders["nuclei"], "other": other}, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_table_of_other_label_images(folders, tmp_path):
    table = folders["nuclei"] / "Film [1].objects.csv"
    table.write_text(
        "".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8"
    )
    with pytest.raises(BadInput, match="lacks objects") as raised:
        combine(folders, out=tmp_path / "out")
    assert "object 4 in frame 1" in str(raised.value)
    assert not (tmp_path / "out" / "classes.csv").exists()


@pytest.mark.parametrize("given", [["nuclei"], ["=a"], ["a="], ["a=x", "a=y"]])
def test_classes_that_are_not_named(given):
    with pytest.raises(BadInput, match="CLASS=FOLDER"):
        parse_folders(given)


def test_one_class_is_not_combined_and_nothing_is_overwritten(folders, tmp_path):
    with pytest.raises(BadInput, match="two or more classes"):
        combine({"nuclei": folders["nuclei"]}, out=tmp_path / "out")
    with pytest.raises(BadInput, match="one of the input folders"):
        combine(folders, out=folders["nuclei"])


def test_what_was_left_out_of_label_images_stands_in_the_record(folders, tmp_path, capsys):
    path = folders["nuclei"] / "Film [1].tif"
    with TimeLapse(path) as movie:
        labels = [movie.frame(t)[0, 0] for t in range(2)]
    text = "ImageJ=1.54p\nimages=2\nframes=2\nhyperstack=true\n"
    tifffile.imwrite(path, np.stack([*labels, labels[0]]), description=text, metadata=None, contiguous=False,
                     photometric="minisblack", byteorder=">")  # fmt: skip
    combine(folders, out=tmp_path / "out")
    record = json.loads((tmp_path / "out" / "combine.json").read_text())
    [[note]] = record["notes"].values()
    assert [*record["notes"]] == ["nuclei/Film [1].tif"] and "the last 1 are left out" in note
    assert note in capsys.readouterr().err


def test_the_command(folders, tmp_path):
    command = [sys.executable, "-m", "cpretrain.cli", "combine", "--json", "--out", str(tmp_path / "out")]
    classes = [f"{name}={folder}" for name, folder in folders.items()]
    done = subprocess.run([*command, *classes], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["classes"]["nuclei"] == {"objects": 2, "cut": 1, "dropped": 0}
