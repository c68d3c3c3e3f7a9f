"""Ignored pixels in an evaluation: predictions there count neither way, for models and people alike."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation import evaluate
from cpretrain.evaluation.agreement import agree
from cpretrain.evaluation.ignored_areas import describe, known_sides
from cpretrain.evaluation.model_scores import ImageSet
from cpretrain.evaluation.report.page import write_report
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.second_annotator import find_annotator_masks
from cpretrain.labels.ignored import write_ignored
from cpretrain.models.weights import cellpose_major
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training import retrain
from tests.conftest import write_training_folders
from tests.evaluation.report.page_of import evaluation_of, scoring_of

CELLS = np.kron(np.arange(16).reshape(4, 4), np.ones((6, 6), int)).astype(np.uint16)
RIGHT = np.zeros(CELLS.shape, bool)
RIGHT[:, 12:] = True
DRAWN = np.where(RIGHT, 0, CELLS)


def scored(ignored, truth=DRAWN, **label_images) -> Scoring:
    scoring = Scoring(ImageSet("image", ("a",), ("a",), (0.5, 0.75)))
    scoring.add(CELLS + 1000, truth, {"retrained": CELLS, **label_images}, ignored=ignored)
    return scoring


def test_predictions_in_ignored_pixels_count_neither_way():
    drawn = len(np.unique(DRAWN)) - 1
    known, unknown = scored({"truth": RIGHT}), scored({})
    for scoring, extra in ((known, 0), (unknown, 15 - drawn)):
        scores = scoring.models["retrained"].scores
        assert (scores.tp[0, 0], scores.fp[0, 0], scores.fn[0, 0]) == (drawn, extra, 0)
        outcomes = scoring.judged["retrained", 0][1].outcomes.tolist()
        assert (outcomes.count("matched"), outcomes.count("extra")) == (drawn, extra)
    assert describe(known.not_judged, 1) == {"images": 1, "share": 0.5, "objects": {"retrained": 15 - drawn}}
    assert describe(unknown.not_judged, 1) == {}


def test_an_identical_mask_is_one_as_far_as_it_is_known():
    assert scored({"truth": RIGHT}).copies == {("truth", "retrained"): {0}}
    assert scored({}).copies == {}


def test_what_a_second_person_ignores_matters_for_that_one_only():
    mine = {"human": ~RIGHT}
    sides = known_sides(CELLS, {"retrained": CELLS, "human": CELLS}, mine)
    assert np.array_equal(sides["retrained"], (CELLS, CELLS))
    assert all(np.array_equal(side > 0, RIGHT & (CELLS > 0)) for side in sides["human"])
    models = scored(mine, truth=CELLS, human=np.where(RIGHT, CELLS, 0)).models
    assert models["human"].scores.average_precision.tolist() == [[1, 1]]
    assert models["retrained"].scores.tp[0, 0] == 15


def test_two_people_agree_where_both_know(tmp_path):
    folders = tmp_path / "Anna", tmp_path / "Ben"
    for folder, labels in zip(folders, (DRAWN, CELLS), strict=True):
        folder.mkdir()
        tifffile.imwrite(folder / "a_masks.tif", labels)
    assert agree(*folders).scored.scores.fp[0, 0] > 0
    write_ignored(folders[0] / "a_ignore.tif", RIGHT)
    for one, other in (folders, folders[::-1]):
        result = agree(one, other)
        assert result.scored.scores.average_precision[0, 0] == 1
        assert any("identical" in text for text in result.warnings)
    pairs = [Pair(tmp_path / "a.tif", tmp_path / "a.tif", "a.tif")]
    (found,) = find_annotator_masks(pairs, folders[0]).values()
    assert found.files == [folders[0] / "a_masks.tif", folders[0] / "a_ignore.tif"]
    assert np.array_equal(found.read().ignored, RIGHT)


def test_the_page_names_and_stripes_what_is_ignored(tmp_path):
    _, pairs = scoring_of(2, people=False)
    image, labels = np.arange(10_000.0).reshape(100, 100), np.zeros((100, 100), int)
    labels[10:20, 10:20], labels[60:80, 60:80] = 1, 2
    marked = np.zeros(labels.shape, bool)
    marked[50:] = True
    names, jpegs = tuple(pair.image.name for pair in pairs), set()
    for ignored in ({}, {"truth": marked}):
        scoring = Scoring(ImageSet("crop", names, names, (0.5, 0.75)))
        for _ in pairs:
            scoring.add(image, labels * (labels == 1), {"base": labels, "retrained": labels}, ignored=ignored)
        write_report(tmp_path / "report.html", evaluation_of(scoring, pairs))
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert ("50% ignored (striped), with 1 predicted object" in text) == bool(ignored)
        assert ("50.0% of the pixels, in 2 of 2" in text) == bool(ignored)
        jpegs.add(scoring.pictures[0].jpeg)
    assert len(jpegs) == 2


@pytest.mark.cellpose
def test_crops_that_are_drawn_in_part_from_training_to_report(tiny_model, disks, tmp_path):
    """Train, search thresholds and evaluate with everything ignored but one object on each crop."""
    images, masks = write_training_folders(tmp_path, disks)
    for path in masks.iterdir():
        labels = tifffile.imread(path)
        write_ignored(path.with_name(f"{path.stem}_ignore.tif"), labels != labels.max())
    tile = 64 if cellpose_major() == 3 else 256
    settings = TrainSettings(
        name="cells", base=str(tiny_model), epochs=1, batch_size=4, tile=tile, device="cpu"
    )
    model = retrain(images, masks, settings=settings).folder
    record = json.loads((model / "model.json").read_text())
    assert any(name.endswith("_ignore.tif") for name in record["inputs"])
    assert record["objects"] == record["images"]["train"]
    tuned = EvaluateSettings(thresholds="0.5", device="cpu", tune=True)
    evaluate(model, settings=tuned)
    summary = json.loads((model / "evaluation.json").read_text())
    assert summary["ignored"]["crop"]["share"] > 0.5
    rows = (model / "evaluation.csv").read_text().splitlines()[1:]
    crops = len({row.split(",")[1] for row in rows})
    assert len([row for row in rows if row.startswith("base")]) == crops
    assert any(name.endswith("_ignore.tif") for name in summary["inputs"])
