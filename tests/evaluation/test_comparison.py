"""Base, retrained model and a second annotator on the same images: files, numbers, reruns, and refused inputs."""

import csv
import json
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
import tifffile

from cpretrain.errors import BadInput
from cpretrain.evaluation import comparison, evaluate
from cpretrain.evaluation.threshold_surface import ThresholdGrid
from cpretrain.metrics import average_precision
from cpretrain.models.record import settings_of_model, tuned_values
from cpretrain.models.weights import cellpose_major
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.hashing import sha256
from cpretrain.training import retrain
from tests.conftest import write_training_folders

pytestmark = pytest.mark.cellpose
QUICK = EvaluateSettings(thresholds="0.5,0.75", device="cpu")


@pytest.fixture(scope="module")
def trained(tiny_model, disks, tmp_path_factory):
    """An experiment whose model was retrained for one epoch at a learning rate of 0, so that it equals its base."""
    folder = tmp_path_factory.mktemp("experiment")
    images, masks = write_training_folders(folder, disks)
    tile = 64 if cellpose_major() == 3 else 256
    settings = TrainSettings(
        name="cells", base=str(tiny_model), epochs=1, batch_size=4, tile=tile, device="cpu"
    )
    retrain(images, masks, settings=settings)
    return folder


@pytest.fixture
def model(trained, tmp_path):
    """The model folder in a copy of the experiment."""
    return shutil.copytree(trained, tmp_path / "experiment") / "models" / "cells"


@pytest.fixture
def folders(model):
    """Its images and masks."""
    return next(model.parents[1].glob("Bilder*")), model.parents[1] / "masks"


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_base_and_retrained_on_the_same_validation_images(model):
    result = evaluate(model, settings=QUICK)
    scored = rows(model / "evaluation.csv")
    images = sorted({row["image"] for row in scored})
    assert len(scored) == 2 * len(images) * 2
    for row in scored:
        tp, fp, fn = (int(row[name]) for name in ("tp", "fp", "fn"))
        assert float(row["average_precision"]) == pytest.approx(tp / (tp + fp + fn), abs=1e-6)
        assert (row["train_epochs"], row["train_name"], row["view"]) == ("1", "cells", "crop")
        assert row["definition"].startswith("average_precision = TP / (TP + FP + FN)")
    summary = pd.read_csv(model / "evaluation_summary.csv")
    assert summary["model"].tolist() == ["base"] * 3 + ["retrained"] * 3 + ["retrained minus base"] * 3
    assert summary["iou_threshold"].tolist()[:2] == [0.5, 0.75] and np.isnan(summary["iou_threshold"][2])
    for score in ("average_precision", "precision", "recall", "f1", "matched_iou", "aggregated_jaccard"):
        assert {f"mean_{score}", f"pooled_{score}", f"pooled_{score}_low_95"} <= set(summary.columns)
    for name in ("evaluation_worst.png", "evaluation_best.png"):
        assert (model / name).read_bytes().startswith(b"\x89PNG")
    record = json.loads((model / "evaluation.json").read_text())
    assert "TP / (TP + FP + FN)" in record["definition"]
    assert record["models"]["base"]["flow_threshold"] == 0.4
    base, retrained = (
        [row["tp"] for row in scored if row["model"] == name] for name in ("base", "retrained")
    )
    assert base == retrained
    assert result.verdict.outcome == record["verdict"]["outcome"] == "no difference shown"
    assert result.table().splitlines()[0] == f"average precision, mean over {len(images)} validation images"
    assert "No difference shown" in result.table()
    assert "No difference shown" in (model / "report.html").read_text("utf-8").replace(
        "difference", "difference"
    )
    assert result.as_data()["average_precision"]["base"].keys() == {"0.5", "0.75"}


def test_what_is_complete_is_not_done_again_and_anything_new_is(model, capsys):
    first = evaluate(model, settings=QUICK)
    written = (model / "report.html").stat().st_mtime_ns
    again = evaluate(model, settings=QUICK)
    assert (model / "report.html").stat().st_mtime_ns == written
    assert again == first
    assert "complete and unchanged" in capsys.readouterr().err
    evaluate(model, settings=QUICK.replace(min_size=14))
    later = (model / "report.html").stat().st_mtime_ns
    assert later > written
    validation = rows(model / "split.csv")
    mask = next(row["mask"] for row in validation if row["set"] == "validation")
    labels = tifffile.imread(model / mask)
    tifffile.imwrite(model / mask, np.roll(labels, 2, axis=1))
    evaluate(model, settings=QUICK.replace(min_size=14))
    assert (model / "report.html").stat().st_mtime_ns > later


def test_other_images_a_second_person_and_whole_frames(model, folders, tiny_model, tmp_path):
    images, masks = folders
    human, frames, frame_masks = (tmp_path / name for name in ("human", "frames", "frame masks"))
    for folder in (human, frames, frame_masks):
        folder.mkdir()
    drawn = sorted(masks.glob("*.tif"))
    for path in drawn[:4]:
        tifffile.imwrite(human / f"{path.stem}_masks.tif", np.roll(tifffile.imread(path), 1, axis=0))
    for number in range(3):
        image, labels = (
            np.tile(tifffile.imread(folder / drawn[number].name), (1, 2)) for folder in (images, masks)
        )
        labels[:, 100:] += 9 * (labels[:, 100:] > 0).astype(labels.dtype)
        tifffile.imwrite(frames / f"frame {number}.tif", image)
        tifffile.imwrite(frame_masks / f"frame {number}.tif", labels)
    out = tmp_path / "out"
    result = evaluate(
        model,
        images=images,
        masks=masks,
        against=str(tiny_model),
        settings=QUICK,
        out=out,
        annotator=human,
        frames=frames,
        frame_masks=frame_masks,
    )
    assert result.images == {"image": 6, "frame": 3}
    scored = rows(out / "evaluation.csv")
    count = {
        (image_set, name): sum(row["view"] == image_set and row["model"] == name for row in scored)
        for image_set in ("image", "frame")
        for name in ("base", "retrained", "human")
    }
    assert count == {
        ("image", "base"): 12, ("image", "retrained"): 12, ("image", "human"): 8,
        ("frame", "base"): 6, ("frame", "retrained"): 6, ("frame", "human"): 0,
    }  # fmt: skip
    [path] = [path for path in drawn if path.name == scored[-1]["image"]] or drawn[:1]
    people = [row for row in scored if row["model"] == "human" and row["image"] == path.name]
    labels = tifffile.imread(path)
    expected = average_precision([labels], [np.roll(labels, 1, axis=0)], (0.5, 0.75))
    assert [int(row["tp"]) for row in people] == expected.tp[0].tolist()
    assert result.verdict.people and result.verdict.frames
    trained = sum(row["set"] != "validation" for row in rows(model / "split.csv"))
    assert f"{trained} of 6 images were trained on" in result.verdict.warnings[0]
    objects = pd.read_csv(out / "evaluation_objects.csv")
    true = objects[(objects["object"] == "ground truth") & (objects["model"] == "base")]
    assert true.groupby("view").size().to_dict() == {"image": 54, "frame": 54}
    assert set(objects["outcome"]) <= {"matched", "missed", "merged", "split", "extra"}
    page = (out / "report.html").read_text("utf-8")
    assert "3 whole frames" in page and "second person" in page


@pytest.mark.slow
@pytest.mark.skipif(
    cellpose_major() != 3, reason="the small network of Cellpose 4 is there in this process only"
)
def test_a_worker_gives_the_same(model, folders, tmp_path, one_worker):
    images, masks = folders
    here, there = tmp_path / "here", tmp_path / "there"
    evaluate(model, images=images, masks=masks, settings=QUICK, out=here)
    evaluate(model, images=images, masks=masks, settings=QUICK, out=there, batch=one_worker)
    tables = [path.name for path in here.glob("*.csv")]
    assert len(tables) > 1
    for name in [*tables, "evaluation_worst.png", "evaluation_best.png"]:
        assert (here / name).read_bytes() == (there / name).read_bytes(), name


def test_tuned_on_the_training_images_only_and_used_from_then_on(model, capsys, monkeypatch):
    small = partial(ThresholdGrid, flow_thresholds=(0.4, 0.8), cellprob_thresholds=(0.0, 1.0))
    monkeypatch.setattr(comparison, "ThresholdGrid", small)
    tuned = evaluate(model, settings=QUICK.replace(tune=True, tune_diameters=(40.0,)))
    record = json.loads((model / "tuning.json").read_text())
    split = rows(model / "split.csv")
    held_out = {row["image"].rsplit("/", 1)[1] for row in split if row["set"] == "validation"}
    assert not [key for key in record["inputs"] if key.rsplit("/", 1)[1] in held_out]
    assert record["images"] == sum(row["set"] != "validation" for row in split)
    assert (model / "tuning.png").read_bytes().startswith(b"\x89PNG")
    for name in ("base", "retrained"):
        found, surface = record["found"][name], np.array(record["mean_average_precision"][name])
        assert surface.shape == (2, 2, 2)
        assert found["highest"] == pytest.approx(surface.max())
        assert found["mean_average_precision"] in surface
    assert settings_of_model(model).tuned == tuned_values(model, "retrained", sha256(model / "weights"))
    assert tuned_values(model, "base", "other weights") == {}
    used = json.loads((model / "evaluation.json").read_text())["models"]
    assert used["base"]["cellprob_threshold"] == record["found"]["base"]["cellprob_threshold"]
    page = (model / "report.html").read_text("utf-8")
    assert f"chosen on {record['images']} training images" in page

    capsys.readouterr()
    again = evaluate(model, settings=QUICK.replace(tune=True, tune_diameters=(40.0,)))
    assert again == tuned and capsys.readouterr().err.count("complete and unchanged") == 2
    told = QUICK.replace(flow_threshold=0.4, cellprob_threshold=1.5, diameter=33.0)
    evaluate(model, settings=told)
    used = json.loads((model / "evaluation.json").read_text())["models"]["retrained"]
    assert (used["flow_threshold"], used["cellprob_threshold"], used["diameter"]) == (0.4, 1.5, 33)
    (model / "tuning.json").write_text("{")
    with pytest.raises(BadInput, match=r"tuning.json: cannot be read"):
        evaluate(model, settings=QUICK)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": "here"}, "images= and masks= belong together"),
        ({"frames": "here"}, "frames= and frame_masks= belong together"),
        ({"against": "cyto33"}, "no such file, and no model of that name"),
        ({"annotator": "here"}, "masks of a second person do not fit the images"),
    ],
)
def test_what_is_refused_leaves_earlier_results_alone(model, folders, tmp_path, arguments, message):
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(next(folders[1].glob("*.tif")), here / "of another image.tif")
    arguments = {name: here if value == "here" else value for name, value in arguments.items()}
    before = sorted(model.iterdir())
    with pytest.raises(BadInput, match=message):
        evaluate(model, settings=QUICK, **arguments)
    assert sorted(model.iterdir()) == before


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '{"base": {"name": "a"}}'])
def test_what_is_no_model_folder(tmp_path, content):
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(BadInput, match="is not a model folder"):
        evaluate(tmp_path)


@pytest.fixture
def movies(tmp_path, disks):
    """Three movies of moving disks, and tracked ground truth of the first."""
    image, labels = (part[:70, :70] for part in disks)
    (tmp_path / "movies").mkdir()
    for number in range(3):
        frames = np.stack([np.roll(image, number + t, axis=0) for t in range(3)])
        tifffile.imwrite(
            tmp_path / "movies" / f"m{number}.tif", frames, imagej=True, metadata={"axes": "TYX"}
        )
    truth = tmp_path / "truth" / "m0_GT" / "TRA"
    truth.mkdir(parents=True)
    for t in range(3):
        tifffile.imwrite(truth / f"man_track{t:03}.tif", np.roll(labels, t, axis=0))
    ids = np.unique(labels)[1:]
    (truth / "man_track.txt").write_text("".join(f"{one} 0 2 0\n" for one in ids))
    return tmp_path / "movies", tmp_path / "truth"


def test_tracks_in_movies_are_compared_and_in_the_report(model, movies, capsys):
    pytest.importorskip("traccuracy")
    asked = {"movies": movies[0], "tracked": movies[1], "settings": QUICK}
    result = evaluate(model, **asked)
    table = rows(model / "evaluation_movies.csv")
    assert [(row["model"], row["movie"]) for row in table] == [
        (name, f"m{number}") for name in ("base", "retrained") for number in range(3)
    ]
    half = len(table) // 2
    for base, retrained in zip(table[:half], table[half:], strict=True):
        assert {**base, "model": ""} == {**retrained, "model": ""}
    assert [bool(row["TRA"]) for row in table] == [True, False, False] * 2
    assert (model / "movies" / "retrained" / "m1.tracks.csv").is_file()
    assert result.verdict.movies.startswith("Tracks in movies without annotation: no")
    page = (model / "report.html").read_text("utf-8")
    assert "Tracks in 3 movies without annotation" in page and "TRA, tracks against the ground truth" in page
    assert evaluate(model, **asked) == result
    assert "complete and unchanged" in capsys.readouterr().err
    evaluate(model, settings=QUICK)
    assert not (model / "evaluation_movies.csv").exists()
    assert "movies without annotation" not in (model / "report.html").read_text("utf-8")


def test_movies_that_cannot_be_tracked_are_refused(model, movies, tmp_path):
    with pytest.raises(BadInput, match="tracked"):
        evaluate(model, tracked=movies[1], settings=QUICK)
    with pytest.raises(BadInput, match="no tracked ground truth"):
        evaluate(model, movies=movies[0], tracked=tmp_path / "movies", settings=QUICK)
    tifffile.imwrite(movies[0] / "still.tif", np.zeros((9, 9), np.uint8))
    with pytest.raises(BadInput, match="single frame"):
        evaluate(model, movies=movies[0], settings=QUICK)
