"""Warnings about scores that mean less than they seem to: copies, no objects, objects too small, pixels left out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.splitting import Split, read_split, write_split
from cpretrain.evaluation import evaluate
from cpretrain.evaluation.agreement import agree
from cpretrain.evaluation.leakage import not_held_out
from cpretrain.evaluation.model_scores import ImageSet
from cpretrain.evaluation.report.charts import training_charts
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.second_look import look_again
from cpretrain.metrics.overlaps import same_objects
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction import predict
from cpretrain.settings import EvaluateSettings, PredictSettings, TrainSettings
from cpretrain.training import retrain
from tests.support.paths import FAULTS

COPIES, SMALL, EMPTY = FAULTS / "masks-11", FAULTS / "masks-13", "no mask holds an object"


@pytest.fixture(scope="module")
def truth():
    """Label images of the inputs masks-11; some hold nothing."""
    return [tifffile.imread(path) for path in sorted((COPIES / "masks").glob("*.tif"))]


def scoring_of(truth, **label_images):
    names = tuple(f"{k}.tif" for k in range(len(truth)))
    scoring = Scoring(ImageSet("image", names, names, (0.5, 0.75)))
    for index, labels in enumerate(truth):
        others = {name: of[index] for name, of in label_images.items() if of[index] is not None}
        scoring.add(np.ones(labels.shape), labels, others)
    return scoring


def moved(labels, by=1):
    return [np.roll(one, by, axis=0) for one in labels]


def renumbered(labels):
    return [np.where(one > 0, 900 - 7 * one.astype(int), 0).astype(np.uint16) for one in labels]


def test_masks_11_exactly_what_a_model_predicts(truth):
    drawn = sum(bool(labels.any()) for labels in truth)
    (note,) = look_again([scoring_of(truth, base=moved(truth), retrained=renumbered(truth))], 15)
    assert note.startswith(f"{drawn} of {drawn} masks are exactly what the retrained model predicts")
    (note,) = look_again(
        [scoring_of(truth, base=[*truth[:3], *moved(truth)[3:]], retrained=moved(truth))], 15
    )
    assert note.startswith("2 of 9 masks are exactly what the base model predicts")
    assert look_again([scoring_of(truth, base=moved(truth), retrained=moved(truth, 2))], 15) == ()
    assert look_again([scoring_of(truth, base=moved(truth), retrained=moved(truth))], 15) == ()


def test_masks_11_a_second_person_who_is_a_copy(truth):
    shifted = {"base": moved(truth), "retrained": moved(truth, 2)}
    (note,) = look_again([scoring_of(truth, **shifted, human=renumbered(truth))], 15)
    assert note.startswith("9 of 9 masks of the second person are identical to those of the first")
    some = [labels if k in (0, 2) else None for k, labels in enumerate(truth)]
    (note,) = look_again([scoring_of(truth, **shifted, human=some)], 15)
    assert note.startswith("2 of 2 masks of the second person")
    (note,) = look_again([scoring_of(truth, **shifted, human=shifted["base"])], 15)
    assert note.startswith("9 of 9 masks of the second person are exactly what the base model predicts")


def test_masks_11_in_agreement(tmp_path, truth, capsys):
    for name, labels in (
        ("copy", renumbered(truth)),
        ("other", moved(truth)),
        ("nothing", [0 * one for one in truth]),
    ):
        (tmp_path / name).mkdir()
        for path, one in zip(sorted((COPIES / "masks").glob("*.tif")), labels, strict=True):
            tifffile.imwrite(tmp_path / name / path.name, one)
    result = agree(COPIES / "masks", tmp_path / "copy", out=tmp_path / "out")
    assert result.warnings[0].startswith("9 of 9 masks are identical to those of the first")
    assert "note: 9 of 9 masks" in result.table()
    assert json.loads((tmp_path / "out" / "agreement.json").read_text())["warnings"] == list(result.warnings)
    assert "9 of 9 masks" in " ".join(capsys.readouterr().err.split())
    assert not agree(COPIES / "masks", tmp_path / "other").warnings
    assert not agree(COPIES / "masks", tmp_path / "nothing").warnings
    assert agree(tmp_path / "nothing", tmp_path / "nothing").warnings[0].startswith(EMPTY)


def test_masks_13_objects_that_cannot_be_found():
    truth = [tifffile.imread(path) for path in sorted((SMALL / "masks").glob("*.tif"))]
    nothing = [np.zeros_like(one) for one in truth]
    areas = np.concatenate([np.bincount(one.ravel())[1:] for one in truth])
    (note,) = look_again([scoring_of(truth, base=nothing, retrained=nothing)], 15)
    assert note.startswith(
        f"{len(areas)} of {len(areas)} objects in the ground truth are smaller than min_size= (15 "
    )
    assert note.endswith(f"with min_size={areas.min()}")
    assert look_again([scoring_of(truth, base=nothing, retrained=nothing)], int(areas.min())) == ()


def test_nothing_to_find_is_said_and_some_empty_images_are_not():
    empty, disk = np.zeros((9, 9), np.uint16), np.zeros((9, 9), np.uint16)
    disk[2:7, 2:7] = 1
    assert look_again([scoring_of([empty, empty], retrained=[empty, disk])], 15)[0].startswith(EMPTY)
    assert look_again([scoring_of([empty, disk], retrained=[empty, moved([disk])[0]])], 15) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([[1, 1, 0, 2]], [[5, 5, 0, 3]], True),
        ([[1, 1, 0, 2]], [[1, 1, 0, 1]], False),
        ([[1, 1, 0, 1]], [[1, 1, 0, 2]], False),
        ([[1, 1, 0, 2]], [[1, 1, 2, 2]], False),
        ([[1, 2, 0, 2]], [[2, 2, 0, 1]], False),
        ([[0, 0, 0, 0]], [[0, 0, 0, 0]], False),
        ([[1, 1]], [[1], [1]], False),
    ],
)
def test_the_same_objects(one, other, same):
    assert same_objects(np.array(one), np.array(other)) == same


def test_a_short_row_in_the_losses():
    assert training_charts(FAULTS / "losses_csv" / "a.csv") == []


@pytest.mark.parametrize(
    ("movie", "trained", "related"),
    [
        ("s1_2.tif", "s1.tif", 0),
        ("s1.tif", "s1.tif", 1),
        ("s1.tif", "s1_2.tif", 0),
        ("s1.ome.zarr", "s1.ome.zarr", 1),
    ],
)
def test_crops_csv_says_of_which_movie_an_image_is(tmp_path, movie, trained, related):
    parts = Split((Pair(tmp_path / "i" / "a.tif", tmp_path / "m" / "a.tif", trained),),
                  (Pair(tmp_path / "i" / "b.tif", tmp_path / "m" / "b.tif", "other.tif"),))  # fmt: skip
    write_split(tmp_path / "split.csv", parts)
    crop = Pair(Path(f"/new/{Path(movie).stem}_t0000_y0000_x0000.tif"), Path("/m.tif"), movie)
    said = not_held_out(tmp_path, {}, {"image": [crop]}, {})
    assert [text[:6] for text in said] == ["1 of 1"] * related


@pytest.fixture(scope="module")
def experiment(tmp_path_factory, tiny_model):
    """Real crops, and a model retrained for one epoch at a learning rate of 0, so that it equals its base."""
    folder = tmp_path_factory.mktemp("experiment")
    base = DATA / "base_nuclei" if cellpose_major() == 3 else tiny_model
    few = shutil.ignore_patterns("*_G*", "*_J*", "*_K*")
    shutil.copytree(COPIES / "images", folder / "images", ignore=few)
    shutil.copytree(COPIES / "masks", folder / "masks", ignore=few)
    settings = TrainSettings(
        name="nuclei", base=str(base), epochs=1, batch_size=1, images_per_epoch=1, device="cpu", split_by="image",
        tile=64 if cellpose_major() == 3 else 256,
    )  # fmt: skip
    retrain(folder / "images", folder / "masks", settings=settings)
    return folder


FOUND = {} if cellpose_major() == 3 else {"cellprob_threshold": -0.1, "flow_threshold": 0.9}


@pytest.mark.cellpose
def test_predict_and_evaluate_find_the_same_objects(experiment, tmp_path):
    """If masks are those that `predict` wrote, `evaluate` finds exactly these, with or without border and crops.csv."""
    model = experiment / "models" / "nuclei"
    images = shutil.copytree(experiment / "images", tmp_path / "images")
    _, second, *others = sorted(images.glob("*.tif"))
    for path in others[1:]:
        path.unlink()
    padded = tifffile.imread(second)
    tifffile.imwrite(images / "padded.tif", np.pad(padded, ((30, 5), (0, 41))))
    broken = padded.astype(np.float32)[np.newaxis]
    (tmp_path / "float").mkdir()
    broken[0, 40:44, 50:60] = np.nan
    broken[0, 20, 20] = np.inf
    broken = np.pad(broken, ((0, 1), (8, 8), (8, 8)), constant_values=np.nan)
    tifffile.imwrite(tmp_path / "float" / "a.tif", broken, imagej=True, metadata={"axes": "CYX"})
    for folder in (images, tmp_path / "float"):
        out = tmp_path / f"{folder.name} predicted"
        predict(model, folder, out=out, settings=PredictSettings(device="cpu", **FOUND))
        for record in out.glob("*.json"):
            record.unlink()  # else label images would be known as predictions
        result = evaluate(
            model, images=folder, masks=out, settings=EvaluateSettings(thresholds="0.5,1.0", device="cpu", **FOUND),
            out=tmp_path / f"{folder.name} scores",
        )  # fmt: skip
        assert result.means["image"]["retrained"] == {"0.5": 1.0, "1": 1.0}
        assert any(
            "masks are exactly what the retrained model predicts" in note for note in result.verdict.warnings
        )
    notes = " ".join(result.verdict.warnings)
    assert f"{np.count_nonzero(~np.isfinite(broken[0]))} pixels are not finite numbers" in notes
    assert (
        "1 of 1 folders of images have 2 channels (RGB counts as three), of which the model sees only channel 1"
        in notes
    )


@pytest.mark.cellpose
def test_own_validation_images_that_are_trained_on_are_said(experiment, tmp_path):
    folder = shutil.copytree(experiment, tmp_path / "experiment")
    parts = read_split(folder / "models" / "nuclei" / "split.csv")
    shutil.copy(parts.train[0].image, parts.validation[0].image)
    shutil.copy(parts.train[0].mask, parts.validation[0].mask)
    result = evaluate(folder / "models" / "nuclei", settings=EvaluateSettings(thresholds="0.5", device="cpu"))
    assert (
        "1 of 1 images were trained on: their scores say nothing about new images" in result.verdict.warnings
    )
