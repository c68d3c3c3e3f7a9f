"""From raw files to corrected files: engine chosen, results complete, failures reported, reruns cheap."""

import csv
import json
from contextlib import ExitStack

import numpy as np
import pytest
import tifffile

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.engine_choice import choose_engine
from cpretrain.drift.native_engine import NativeEngine
from cpretrain.drift.shifts_table import read_shifts
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.runtime.console import set_output
from cpretrain.settings.drift import DriftSettings
from tests.support.movies import DRIFT, NATIVE, write_movie


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_known_drift_is_measured_undone_and_recorded(tmp_path, dtype):
    raw = tmp_path / "Raw [1] ü" / "Film 1 (a).tif"
    frames = write_movie(raw, dtype=dtype)
    [movie] = correct_drift(raw.parent, settings=NATIVE).done
    assert movie.corrected == tmp_path / "corrected" / "Film 1 (a).tif"
    assert {path.name for path in movie.corrected.parent.iterdir()} == {
        "Film 1 (a).tif", "Film 1 (a).shifts.csv", "Film 1 (a).drift.png", "Film 1 (a).json",
    }  # fmt: skip
    assert np.array_equal(movie.curve.drift, np.column_stack([np.zeros(4), DRIFT]))
    corner = DRIFT.max(axis=0) - DRIFT
    with TimeLapse(movie.corrected) as corrected:
        assert corrected.shape == (4, 1, 1, 80 + 5, 90 + 6)
        assert corrected.dtype == dtype
        assert (corrected.calibration.unit, corrected.calibration.pixel_size[1]) == ("µm", 0.5)
        for t, (y, x) in enumerate(corner):
            placed = corrected.frame(t)[0, 0]
            assert np.array_equal(placed[y : y + 80, x : x + 90], frames[t])
            assert np.count_nonzero(placed) == np.count_nonzero(frames[t])
    record = json.loads((tmp_path / "corrected" / "Film 1 (a).json").read_text(encoding="utf-8"))
    assert (record["engine"], record["shape"]["axes"]) == ("native", "TZCYX")
    before, after = (record["agreement"][when] for when in ("before", "after"))
    assert after == pytest.approx(1, abs=1e-6)
    assert before < 0.1


def test_table_of_shifts(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif", np.array([[0, 0], [15, 0], [15, 1]]))
    correct_drift(tmp_path / "raw", settings=NATIVE)
    with open(tmp_path / "corrected" / "a.shifts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "drift_z", "drift_y", "drift_x", "clipped", "uncertain",
                             "agreement_before", "agreement_after", "note"]  # fmt: skip
    assert [float(row["drift_y"]) for row in rows] == [0, 10, 10]
    assert [row["clipped"] for row in rows] == ["False", "True", "False"]
    assert [row["uncertain"] for row in rows] == ["False"] * 3
    curve = read_shifts(tmp_path / "corrected" / "a.shifts.csv")
    assert curve.clipped.tolist() == [False, True, False]
    assert curve.drift[:, 1].tolist() == [0, 10, 10]


def test_rerun_does_only_what_is_missing_or_changed(tmp_path):
    for seed, name in enumerate("abc"):
        write_movie(tmp_path / "raw" / f"{name}.tif", seed=seed)
    correct_drift(tmp_path / "raw", settings=NATIVE)
    out = tmp_path / "corrected"
    times = {name: (out / f"{name}.tif").stat().st_mtime_ns for name in "abc"}
    (out / "b.tif").unlink()
    write_movie(tmp_path / "raw" / "c.tif", seed=9)
    correct_drift(tmp_path / "raw", settings=NATIVE)
    after = {name: (out / f"{name}.tif").stat().st_mtime_ns for name in "abc"}
    assert [after[name] != times[name] for name in "abc"] == [False, True, True]


def test_bad_movies_among_good_ones(tmp_path):
    write_movie(tmp_path / "raw" / "good.tif")
    (tmp_path / "raw" / "broken.tif").write_bytes(b"II*\x00")
    tifffile.imwrite(tmp_path / "raw" / "single.tif", np.ones((50, 50), np.uint8))
    tifffile.imwrite(tmp_path / "raw" / "time as z.tif", np.ones((5, 50, 50), np.uint8), imagej=True,
                     metadata={"axes": "ZYX"})  # fmt: skip
    batch = correct_drift(tmp_path / "raw", settings=NATIVE)
    assert [movie.source.name for movie in batch.done] == ["good.tif"]
    said = {path.name: str(error) for path, error in batch.failed.items()}
    assert "cannot be read as a TIFF" in said["broken.tif"]
    assert "only one frame" in said["single.tif"]
    assert 'axes="TYX"' in said["time as z.tif"]
    assert {path.stem.split(".")[0] for path in (tmp_path / "corrected").iterdir()} == {"good", "batch"}


def test_a_frame_that_cannot_be_read_leaves_nothing_half_written(tmp_path):
    path = tmp_path / "raw" / "a.tif"
    frames = write_movie(path)
    tifffile.imwrite(path, frames, compression="zlib", photometric="minisblack")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[3].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"a\.tif: frame 3 cannot be read"):
        correct_drift(path, settings=NATIVE)
    assert not list(tmp_path.glob("corrected/*"))


@pytest.mark.parametrize(
    ("reference", "pairs"),
    [("previous", (1, 2, 3, 4)), ("first", (1, 2, 3))],
    ids=["the last pair twice", "first"],
)
def test_progress_of_the_frames_of_a_movie(tmp_path, capsys, reference, pairs):
    write_movie(tmp_path / "raw" / "a.tif")
    set_output(events=True)
    try:
        correct_drift(tmp_path / "raw", settings=NATIVE.replace(reference=reference))
    finally:
        set_output()
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [
        (event["step"], event["done"], event["total"]) for event in events if event["event"] == "progress"
    ]
    assert told == [
        *(("measuring a.tif", pair, pairs[-1]) for pair in pairs),
        *(("writing a.tif", frame, 4) for frame in (1, 2, 3, 4)),
        ("drift", 1, 1),
    ]


def test_each_image_of_an_ome_tiff_is_a_movie(tmp_path):
    frames = write_movie(tmp_path / "plain.tif")
    (tmp_path / "raw").mkdir()
    with tifffile.TiffWriter(tmp_path / "raw" / "a.ome.tif", ome=True) as file:
        for part in (frames, frames[::-1]):
            file.write(part, metadata={"axes": "TYX", "PhysicalSizeX": 0.5}, photometric="minisblack")
    done = correct_drift(tmp_path / "raw", settings=NATIVE).done
    assert [movie.corrected.name for movie in done] == ["a_p1.ome.tif", "a_p2.ome.tif"]
    with TimeLapse(tmp_path / "raw" / "a.ome.tif#2") as movie:
        np.testing.assert_array_equal(movie.frame(0)[0, 0], frames[-1])


def test_raw_files_are_never_replaced(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    with pytest.raises(BadInput, match="would replace the raw ones"):
        correct_drift(tmp_path / "raw", out=tmp_path / "raw", settings=NATIVE)


def test_auto_takes_the_native_engine_without_fiji_and_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("FIJI_HOME", raising=False)
    with ExitStack() as stack:
        engine = choose_engine(DriftSettings(fiji=tmp_path / "nowhere"), stack)
    assert isinstance(engine, NativeEngine)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("drift: native engine, because no Fiji")


def test_fiji_by_name_never_falls_back(tmp_path, monkeypatch):
    monkeypatch.delenv("FIJI_HOME", raising=False)
    write_movie(tmp_path / "raw" / "a.tif")
    settings = DriftSettings(engine="fiji", fiji=tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no Fiji"):
        correct_drift(tmp_path / "raw", settings=settings)
    assert not (tmp_path / "corrected").exists()


@pytest.mark.parametrize(
    "content", ["", "frame,drift_z\n0,1\n", "frame,drift_z,drift_y,drift_x,clipped\n0,a,b,c,d\n"]
)
def test_damaged_table_of_shifts(tmp_path, content):
    path = tmp_path / "a.shifts.csv"
    path.write_text(content)
    with pytest.raises(BadInput, match="is not a table of shifts"):
        read_shifts(path)


def test_a_movie_that_is_still_being_written_has_no_result(tmp_path, monkeypatch):
    path = tmp_path / "raw" / "a.tif"
    write_movie(path)
    read = TimeLapse.frame

    def grows(movie, t):
        if movie.path == path and t == 2:
            with open(path, "ab") as file:
                file.write(b"more")
        return read(movie, t)

    monkeypatch.setattr(TimeLapse, "frame", grows)
    with pytest.raises(BadInput, match="changed while being read"):
        correct_drift(tmp_path / "raw", settings=NATIVE)
    assert not (tmp_path / "corrected").exists()
