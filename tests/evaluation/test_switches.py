"""Switches that change objects: evaluate counts what predict writes, and drawn objects by the same rule."""

import csv

import numpy as np
import pytest
import tifffile

from cpretrain.evaluation import evaluate
from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.images.border_objects import without_border_objects_in
from cpretrain.images.valid_box import valid_box
from cpretrain.prediction import predict
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.prediction import PredictSettings
from tests.evaluation.test_comparison import folders, model, rows, trained  # noqa: F401

pytestmark = pytest.mark.cellpose


@pytest.mark.parametrize("switches", [{}, {"niter": 2, "exclude_on_edges": True}])
def test_evaluate_counts_what_predict_writes(model, folders, tmp_path, switches):  # noqa: F811
    images, masks = folders
    how = {"device": "cpu", "flow_threshold": 3.0, "cellprob_threshold": -1.0, "min_size": 1, **switches}
    evaluate(model, settings=EvaluateSettings(thresholds="0.5", **how))
    scored = {row["image"]: row for row in rows(model / "evaluation.csv") if row["model"] == "retrained"}
    predict(model, images, out=tmp_path / "out", settings=PredictSettings(**how))
    for name, row in scored.items():
        with open(tmp_path / "out" / name.replace(".tif", ".objects.csv"), newline="") as table:
            predicted = sum(1 for _ in csv.DictReader(table))
        truth = tifffile.imread(masks / name)
        if "exclude_on_edges" in switches:
            truth = without_border_objects_in(truth, valid_box(tifffile.imread(images / name)))
        assert int(row["tp"]) + int(row["fp"]) == predicted
        assert int(row["tp"]) + int(row["fn"]) == len(np.unique(truth[truth > 0]))


def test_what_was_set_is_told():
    def told(**switches):
        return ComparedModel("base", None, EvaluateSettings(**switches)).used

    assert told() == {"flow_threshold": None, "cellprob_threshold": None, "diameter": None, "min_size": 15}
    assert told(niter=7) == told() | {"niter": 7}
    assert told(exclude_on_edges=True) == told() | {"exclude_on_edges": True}
