"""From a raw movie to tracks: positions in the raw movie, label images, reruns, and what is refused."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import tifffile

from cpretrain import TimeLapse, track
from cpretrain.errors import BadInput
from cpretrain.images.ome_zarr_facts import check_can_write
from cpretrain.linking import COLUMNS, read_tracks
from cpretrain.settings.tracking import TrackSettings

ONLY_TABLE = TrackSettings(trackmate=False, geff=False, rois=False)


@pytest.fixture(scope="module")
def tracked(made, tmp_path_factory):
    """Tracks of the corrected movie, with everything that can be written."""
    out = tmp_path_factory.mktemp("tracks")
    (movie,) = track(made.predictions, images=made.corrected, out=out).done
    return movie


def test_raw_positions_are_those_of_the_raw_label_images(made, tracked):
    table = read_tracks(tracked.table)
    assert tracked.raw
    assert len(table) == tracked.numbers["objects"] > 80
    for t, rows in table.groupby("frame"):
        raw = made.raw_labels[t, 0, 0]
        for label, y, x in rows[["label", "raw_y", "raw_x"]].itertuples(index=False):
            there = np.argwhere(raw == label).mean(axis=0)
            assert np.allclose((y, x), there, atol=1e-3)
    assert np.allclose(table["raw_x_um"], table["raw_x"] * 0.645, rtol=1e-3)
    assert np.allclose(table["time_s"], table["frame"] * 1800)


def test_tracks_over_corrected_frames_are_longer_than_over_raw_ones(made, tracked, tmp_path):
    raw = tmp_path / "raw_labels.tif"
    tifffile.imwrite(raw, made.raw_labels[:, 0, 0], metadata={"axes": "TYX"})
    (as_recorded,) = track(raw, out=tmp_path / "out", settings=ONLY_TABLE).done
    assert not as_recorded.raw
    table = read_tracks(as_recorded.table)
    assert (table["raw_x"] == table["x"]).all()
    assert table["speed"].median() > read_tracks(tracked.table)["speed"].median() + 0.5


def test_label_images_have_the_numbers_of_tracks(made, tracked):
    table = read_tracks(tracked.table)
    with (
        TimeLapse(made.predictions / "nuclei.tif") as before,
        TimeLapse(tracked.table.parent / "nuclei.tif") as after,
    ):
        assert after.calibration == before.calibration
        for t, rows in table.groupby("frame"):
            labels, numbers = before.frame(t)[0, 0], after.frame(t)[0, 0]
            assert np.array_equal(labels > 0, numbers > 0)
            for label, number in rows[["label", "track"]].itertuples(index=False):
                assert set(numbers[labels == label]) == {number}


def test_grey_values_and_edges(made, tracked):
    table = read_tracks(tracked.table)
    with (
        TimeLapse(made.corrected / "nuclei.tif") as movie,
        TimeLapse(made.predictions / "nuclei.tif") as labels,
    ):
        for row in table.sample(20, random_state=0).itertuples():
            inside = labels.frame(row.frame)[0, 0] == row.label
            assert row.mean_c1 == pytest.approx(movie.frame(row.frame)[0, 0][inside].mean(), rel=1e-6)
    for row in table.itertuples():
        raw = made.raw_labels[row.frame, 0, 0] == row.label
        assert row.at_border == bool(raw[0].any() or raw[-1].any() or raw[:, 0].any() or raw[:, -1].any())


def test_the_record_and_the_summary_say_what_was_found(tracked):
    record = json.loads((tracked.table.parent / "nuclei.json").read_text())
    assert record["tracks"] == tracked.numbers
    assert record["raw"] is True
    assert record["movie"] == "corrected/nuclei.tif"
    assert {*record["outputs"]} >= {
        "nuclei.tracks.csv",
        "nuclei.tif",
        "nuclei.tracks.png",
        "nuclei.trackmate.xml",
    }
    assert "raw positions by its drift" in tracked.line()
    assert f"{tracked.numbers['divisions']} divisions" in tracked.line()
    assert "nuclei.tracks.csv" in str(tracked.as_data()["table"])


def test_nothing_is_done_twice_and_damage_is_repaired(made, tmp_path, capsys):
    (first,) = track(made.predictions, images=made.corrected, out=tmp_path, settings=ONLY_TABLE).done
    written = first.table.stat().st_mtime_ns
    (again,) = track(made.predictions, images=made.corrected, out=tmp_path, settings=ONLY_TABLE).done
    assert (again.numbers, again.raw) == (first.numbers, first.raw)
    assert first.table.stat().st_mtime_ns == written
    first.table.write_text("damaged")
    track(made.predictions, images=made.corrected, out=tmp_path, settings=ONLY_TABLE)
    assert len(read_tracks(tmp_path)) == first.numbers["objects"]
    (other,) = track(made.predictions, out=tmp_path, settings=ONLY_TABLE).done
    assert not other.raw


def test_the_movie_is_found_by_the_record_of_the_prediction(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "exp")
    record = tmp_path / "exp" / "segmented" / "nuclei.json"
    record.write_text(json.dumps({"step": "predict", "movie": "corrected/nuclei.tif"}))
    (found,) = track(tmp_path / "exp" / "segmented", settings=ONLY_TABLE).done
    assert found.raw
    assert found.table == tmp_path / "exp" / "tracks" / "nuclei.tracks.csv"
    assert "mean_c1" in read_tracks(found.table)


def test_ome_zarr(made, tmp_path):
    pytest.importorskip("yaozarrs")
    check_can_write()
    (movie,) = track(made.predictions, out=tmp_path, settings=ONLY_TABLE.replace(format="ome-zarr")).done
    with TimeLapse(tmp_path / "nuclei.ome.zarr") as labels:
        assert int(labels.frame(0).max()) == read_tracks(movie.table).query("frame == 0")["track"].max()


def test_tables_of_a_folder_have_the_columns_in_order(tracked):
    assert [*pd.read_csv(tracked.table)][: len(COLUMNS)] == [*COLUMNS]


def test_objects_that_move_too_far_are_a_warning(tmp_path, capsys):
    labels = np.zeros((6, 64, 64), np.uint8)
    for t in range(6):
        labels[t, 4:8, 10 * t : 10 * t + 4] = 1
    tifffile.imwrite(tmp_path / "far.tif", labels, metadata={"axes": "TYX"})
    track(tmp_path / "far.tif", out=tmp_path / "out", settings=ONLY_TABLE)
    assert "6 of 6 tracks have one frame only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("empty", "words"),
    [((3, 4), None), ((3, 4, 5), "frames 3 to 5 hold no objects"), ((1, 2, 3, 5, 6, 7), "1 other stretches")],
)
def test_frames_without_objects_that_end_all_tracks_are_a_warning(tmp_path, capsys, empty, words):
    """As where only some frames were segmented."""
    labels = np.zeros((9, 32, 32), np.uint8)
    labels[:, 8:16, 8:16] = 1
    labels[[*empty]] = 0
    tifffile.imwrite(tmp_path / "some.tif", labels, metadata={"axes": "TYX"})
    track(tmp_path / "some.tif", out=tmp_path / "out", settings=ONLY_TABLE)
    told = capsys.readouterr().err
    assert ("hold no objects" in told) == bool(words)
    assert (words or "") in told


@pytest.mark.parametrize(
    ("where", "message"),
    [("segmented", "would replace the label images"), ("out", "there is no movie of this name")],
)
def test_what_is_refused(made, tmp_path, where, message):
    shutil.copytree(made.predictions, tmp_path / "segmented")
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(BadInput, match=message):
        track(tmp_path / "segmented", images=tmp_path / "other.tif", out=tmp_path / where)


def test_another_movie_than_the_segmented_one_is_named(made, tmp_path):
    with pytest.raises(BadInput) as told:
        track(made.predictions, images=made.folder / "raw", out=tmp_path / "out")
    for word in (made.folder / "raw" / "nuclei.tif", made.predictions / "nuclei.tif", "the corrected one"):
        assert str(word) in str(told.value)


def test_shifts_without_their_record_are_refused(made, tmp_path):
    shutil.copytree(made.corrected, tmp_path / "corrected")
    (tmp_path / "corrected" / "nuclei.json").unlink()
    with pytest.raises(BadInput, match="no record of the drift correction"):
        track(made.predictions, images=tmp_path / "corrected", out=tmp_path / "out")
