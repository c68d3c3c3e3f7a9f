import csv
import json

import numpy as np
import pytest

from cpretrain.base_models import cellpose_major
from cpretrain.errors import BadInput
from cpretrain.evaluation import evaluate, parse_thresholds
from cpretrain.settings import EvaluateSettings, TrainSettings
from cpretrain.training import retrain

pytestmark = pytest.mark.cellpose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5:0.95:0.05", tuple(np.round(np.arange(0.5, 1, 0.05), 6).tolist())),
        ("0.5,0.75,0.9", (0.5, 0.75, 0.9)),
        ("0.5", (0.5,)),
    ],
)
def test_thresholds(text, expected):
    assert parse_thresholds(text) == expected


@pytest.mark.parametrize("text", ["", "half", "0.5:0.9", "0.5:0.9:0", "0,0.5", "0.5,1.5", "nan"])
def test_thresholds_that_are_none(text):
    with pytest.raises(BadInput, match="thresholds"):
        parse_thresholds(text)


def test_base_and_retrained_on_the_same_validation_images(training_folders, tiny_model, tmp_path):
    images, masks = training_folders
    tile = 64 if cellpose_major() == 3 else 256
    settings = TrainSettings(
        name="cells", base=str(tiny_model), epochs=1, batch_size=4, tile=tile, device="cpu"
    )
    model = retrain(images, masks, settings).folder
    result = evaluate(model, settings=EvaluateSettings(thresholds="0.5,0.75", device="cpu"))
    assert set(result.scores) == {"base", "retrained"}
    assert result.images == tuple(sorted(result.images))
    with open(model / "evaluation.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(result.images) * 2
    for row in rows:
        tp, fp, fn = (int(row[name]) for name in ("tp", "fp", "fn"))
        assert float(row["average_precision"]) == pytest.approx(tp / (tp + fp + fn), abs=1e-6)
        assert (row["train_epochs"], row["train_name"]) == ("1", "cells")
    with open(model / "evaluation_summary.csv", newline="", encoding="utf-8") as file:
        summary = list(csv.DictReader(file))
    assert [row["model"] for row in summary] == ["base", "base", "retrained", "retrained"]
    for row in summary:
        assert float(row["low_95"]) <= float(row["mean_average_precision"]) <= float(row["high_95"])
    for name in ("evaluation_worst.png", "evaluation_best.png"):
        assert (model / name).read_bytes().startswith(b"\x89PNG")
    assert "TP / (TP + FP + FN)" in json.loads((model / "evaluation.json").read_text())["definition"]
    # one epoch has a learning rate of 0, so both models are the same, and so must be their scores
    assert np.array_equal(result.scores["base"].tp, result.scores["retrained"].tp)

    elsewhere = evaluate(model, images, masks, against=str(tiny_model), out=tmp_path / "all")
    assert len(elsewhere.images) == 6
    with pytest.raises(BadInput, match="--images and --masks belong together"):
        evaluate(model, images)


@pytest.mark.parametrize("content", [None, "{", "{}", "[]"])
def test_what_is_no_model_folder(tmp_path, content):
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(BadInput, match="is not a model folder"):
        evaluate(tmp_path)
