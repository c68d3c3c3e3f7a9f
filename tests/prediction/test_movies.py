"""Whole movies: output files, their validity for other programs, and interruptions without a trace."""

import csv
import json

import numpy as np
import pytest
import roifile
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.reading import read_for_network
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_image
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.outline_file import read_outlines
from cpretrain.models.trained import find_model
from cpretrain.models.weights import cellpose_major
from cpretrain.prediction import movies as predicting
from cpretrain.prediction import predict
from cpretrain.prediction.frame import Segmented, segment_frame
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.prediction import PredictSettings
from tests.prediction.conftest import CALIBRATION, FRAMES, PADDING
from tests.support.microscope_files import write_nd2

pytestmark = pytest.mark.cellpose


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder):
    """Return all files of a prediction, except for the records, which hold times."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".json"
    }


def test_a_movie(model, quick, movie, frames, tmp_path):
    out = tmp_path / "out"
    [done] = predict(model, movie, out=out, settings=quick).done
    used = find_model(model, quick)
    with TimeLapse(done.labels) as labels:
        assert labels.shape == (FRAMES, 1, 1, *(edge + sum(PADDING) for edge in frames.shape[-2:]))
        assert labels.dtype == np.uint16
        assert (labels.calibration.pixel_size, labels.calibration.frame_interval) == (
            pytest.approx(CALIBRATION.pixel_size, rel=1e-5),
            300,
        )
        found = np.stack([labels.frame(t)[0, 0] for t in range(FRAMES)])
    expected = np.stack([segment_frame(frame, used).labels[0] for frame in frames])
    assert np.array_equal(found[:, PADDING[0] : -PADDING[1], PADDING[0] : -PADDING[1]], expected)
    rows = table(out / "Zelle 1.objects.csv")
    assert len(rows) == done.objects == sum(frame.max() for frame in expected)
    for row in rows[:: max(1, len(rows) // 5)]:
        mask = found[int(row["frame"])] == int(row["label"])
        y, x = (float(places.mean()) for places in np.nonzero(mask))
        assert int(row["area"]) == mask.sum()
        assert (float(row["y"]), float(row["x"])) == pytest.approx((y, x), rel=1e-5)
        assert (row["file"], row["class"], row["z"]) == ("Zelle 1.tif", "Nucleus", "0")
        assert 0.4 < float(row["cell_probability"]) <= 1
    record = json.loads((out / "Zelle 1.json").read_text(encoding="utf-8"))
    assert record["settings"]["weights_sha256"] == record["model"]["sha256"]
    assert record["objects"] == done.objects
    assert {path.name for path in out.iterdir()} == {"Zelle 1.tif", "Zelle 1.objects.csv", "Zelle 1.json"}


def test_an_interruption_leaves_no_trace(model, quick, movie, tmp_path, monkeypatch, capsys):
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    predict(model, movie, out=whole, settings=quick)
    segmented = []

    def counted(frame, *arguments):
        if len(segmented) == 2:
            raise KeyboardInterrupt
        segmented.append(frame)
        return segment_frame(frame, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(predicting, "segment_frame", counted)
        with pytest.raises(KeyboardInterrupt):
            predict(model, movie, out=interrupted, settings=quick)
    assert [path.name for path in interrupted.iterdir()] == [".Zelle 1.unfinished"]
    segmented.pop()
    monkeypatch.setattr(predicting, "segment_frame", counted)
    predict(model, movie, out=interrupted, settings=quick)
    assert "continuing after 2 of 3 frames" in capsys.readouterr().err
    assert len(segmented) == 2
    assert contents(whole) == contents(interrupted)
    assert not (interrupted / ".Zelle 1.unfinished").exists()


def test_frames_of_other_settings_are_given_up(model, quick, movie, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(predicting, "_remove_earlier", lambda files: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        predict(model, movie, out=tmp_path / "out", settings=quick)
    monkeypatch.undo()
    predict(model, movie, out=tmp_path / "out", settings=quick.replace(min_size=30))
    assert "starting over" in capsys.readouterr().err
    predict(model, movie, out=tmp_path / "fresh", settings=quick.replace(min_size=30))
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_other_forms_are_made_of_what_is_there(model, quick, movie, tmp_path, monkeypatch):
    out = tmp_path / "out"
    predict(model, movie, out=out, settings=quick)
    written = (out / "Zelle 1.tif").stat().st_mtime_ns
    [done] = predict(model, movie, out=out, settings=quick.replace(geojson=True, rois=True, png=True)).done
    assert (out / "Zelle 1.tif").stat().st_mtime_ns == written
    assert {path.name for path in done.others} == {"Zelle 1.geojson", "Zelle 1_RoiSet.zip", "Zelle 1_png"}
    pages = tifffile.imread(out / "Zelle 1.tif")
    features = json.loads((out / "Zelle 1.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == done.objects
    assert {feature["properties"]["classification"]["name"] for feature in features} == {"Nucleus"}
    for t, page in enumerate(pages):
        of_frame = [f for f in features if f["geometry"].get("plane", {"t": 0})["t"] == t]
        path = tmp_path / f"{t}.geojson"
        path.write_text(json.dumps(of_frame))
        assert np.array_equal(read_outlines(path, page.shape).labels, page)
        assert np.array_equal(read_label_image(out / "Zelle 1_png" / f"Zelle 1_t{t:04}.png").labels, page)
    rois = roifile.ImagejRoi.fromfile(out / "Zelle 1_RoiSet.zip")
    assert [roi.t_position for roi in rois] == [
        f + 1 for f, page in enumerate(pages) for _ in range(page.max())
    ]
    assert len({roi.name for roi in rois}) == done.objects

    predict(model, movie, out=out, settings=quick.replace(min_size=40))
    assert {path.name for path in out.iterdir()} == {"Zelle 1.tif", "Zelle 1.objects.csv", "Zelle 1.json"}


def test_single_images_and_chosen_frames(model, quick, movie, frames, tmp_path):
    write_image(movie.with_name("einzeln.tif"), frames[0, 0, 0])
    out = tmp_path / "out"
    settings = quick.replace(frames_only=(1,), geojson=True, png=True, rois=True)
    batch = predict(model, movie.parent, out=out, settings=settings)
    assert [path.name for path in batch.failed] == ["einzeln.tif"]
    assert "has none of the frames (1,)" in str(batch.failed[movie.with_name("einzeln.tif")])
    pages = tifffile.imread(out / "Zelle 1.tif")
    assert [bool(page.any()) for page in pages] == [False, True, False]
    assert {row["frame"] for row in table(out / "Zelle 1.objects.csv")} == {"1"}

    batch = predict(model, movie.parent, out=out, settings=settings.replace(frames_only=None))
    assert not batch.failed
    labels = read_label_image(out / "einzeln.tif").labels
    for name in ("einzeln.geojson", "einzeln_RoiSet.zip"):
        assert np.array_equal(read_outlines(out / name, labels.shape).labels, labels)
    assert np.array_equal(read_label_image(out / "einzeln.png").labels, labels)


def test_a_training_image_is_scaled_as_in_training(model, quick, movie, tmp_path):
    crops = cut_crops(movie, out=tmp_path / "crops", settings=CropSettings(per_image=1, size=60))
    [done] = predict(model, crops.folder, out=tmp_path / "out", settings=quick).done
    ready = read_for_network(crops.folder / crops.crops[0].file).ready
    used = find_model(model, quick)
    expected = used.segmenter.segment(ready[:, 2:-2, 2:-2], used.settings)
    assert np.array_equal(tifffile.imread(done.labels)[2:-2, 2:-2], expected)


def test_label_images_of_many_objects(model, quick, movie, tmp_path, monkeypatch):
    """More objects than 16 bits can number: 32 bits, and an OME-TIFF stays one by name and format."""
    many = np.arange(1, 272 * 272 + 1, dtype=np.uint32).reshape(1, 272, 272)

    segmented = Segmented(many, np.ones(many.shape, np.float32))
    monkeypatch.setattr(predicting, "segment_frame", lambda *_: segmented)
    path = tmp_path / "images" / "viele.ome.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, np.ones(many.shape[1:], np.uint8), ome=True)
    [done] = predict(model, path, out=tmp_path / "out", settings=quick).done
    assert (done.labels.name, done.objects) == ("viele.ome.tif", many.size)
    with tifffile.TiffFile(done.labels) as file:
        assert file.is_ome and np.array_equal(file.asarray(), many[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"out": "images"}, "label images would replace the images"),
        ({"model": "no such model"}, "no such file, and no model of that name"),
        ({"settings": {"channel": 3}}, "Zelle 1.tif: channel 3 asked for"),
        ({"settings": {"frames_only": (7,)}}, "has none of the frames"),
        ({"images": "nowhere"}, "no such file or folder"),
    ],
)
def test_what_is_refused(model, quick, movie, tmp_path, change, message):
    given = {
        "model": change.get("model", model),
        "images": tmp_path / change["images"] if "images" in change else movie,
        "out": movie.parent if change.get("out") == "images" else tmp_path / "out",
        "settings": quick.replace(**change.get("settings", {})),
    }
    before = sorted(movie.parent.iterdir())
    with pytest.raises(BadInput, match=message):
        predict(**given)
    assert sorted(movie.parent.iterdir()) == before


def test_random_weights_are_no_model():
    if cellpose_major() == 3:
        with pytest.raises(BadInput, match="has random weights"):
            find_model("scratch", PredictSettings())


def test_positions_of_a_file_and_pixels_that_are_converted(model, quick, frames, tmp_path):
    pixels = np.stack([frames[0, 0, 0], frames[2, 0, 0]])[..., np.newaxis]
    path = write_nd2(tmp_path / "raw.nd2", pixels, "P")
    done = predict(model, path, out=tmp_path / "out", settings=quick).done
    assert [movie.labels.name for movie in done] == ["raw_p1.tif", "raw_p2.tif"]
    used = find_model(model, quick)
    expected = segment_frame(frames[2], used).labels[0]
    assert np.array_equal(tifffile.imread(done[1].labels), expected)
    assert table(tmp_path / "out" / "raw_p2.objects.csv")[0]["file"] == "raw.nd2#2"
    signed = tmp_path / "signed.tif"
    tifffile.imwrite(signed, (frames[2, 0, 0].astype(int) - 1000).astype(np.int16))
    [one] = predict(model, signed, out=tmp_path / "signed", settings=quick.replace(convert="offset")).done
    assert np.array_equal(tifffile.imread(one.labels), expected)
    record = json.loads((tmp_path / "signed" / "signed.json").read_text())
    assert "32768 was added" in record["notes"][0]
    assert record["settings"]["predict"]["convert"] == "offset"
