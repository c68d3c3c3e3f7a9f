"""Odd numbers in weights and in model folders give an error that names them, not a traceback or no objects."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from cpretrain.errors import BadInput
from cpretrain.models.normalization import Normalization
from cpretrain.models.record import settings_of_model
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.prediction import predict
from cpretrain.settings import EvaluateSettings, PredictSettings, TrainSettings

pytestmark = pytest.mark.cellpose
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def changed(tiny_model, tmp_path):
    """Write the small model with different values in some tensors."""

    def change(**values) -> Path:
        weights = torch.load(tiny_model, weights_only=True)
        path = tmp_path / "odd"
        torch.save(weights | values, path)
        return path

    return change


@pytest.mark.skipif(cellpose_major() != 3, reason="Cellpose 4 does not use the diameter of its weights")
@pytest.mark.parametrize("name", ["diam_labels", "diam_mean"])
@pytest.mark.parametrize("diameter", [NAN, INFINITY, -INFINITY, 0.0, -30.0, 1e-9, 1e9])
def test_masks_16_a_diameter_that_cannot_be(changed, tmp_path, name, diameter):
    tifffile.imwrite(
        tmp_path / "a.tif", np.random.default_rng(0).integers(0, 999, (64, 64)).astype(np.uint16)
    )
    path = changed(**{name: torch.tensor([diameter])})
    with pytest.raises(
        BadInput, match=rf"odd: the diameter of its objects is impossible \({name}\)"
    ) as error:
        result = predict(
            path, tmp_path / "a.tif", out=tmp_path / "out", settings=PredictSettings(device="cpu")
        )
        raise next(iter(result.failed.values()))
    assert "pixels" in error.value.found


@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_weights_that_are_not_finite(tiny_model, changed, value):
    weights = torch.load(tiny_model, weights_only=True)
    name = next(name for name, tensor in weights.items() if tensor.ndim > 1)
    spoiled = weights[name].clone()
    spoiled.view(-1)[0] = value
    with pytest.raises(BadInput, match="odd: holds weights that are not finite") as error:
        Segmenter(find_base(changed(**{name: spoiled})), "cpu")
    assert f"in 1 of {len(weights)} tensors, for example {name}" in error.value.found


def test_finite_weights_that_give_no_finite_numbers(tiny_model, changed):
    weights = torch.load(tiny_model, weights_only=True)
    huge = {name: torch.full_like(tensor, 3e38) for name, tensor in weights.items() if tensor.ndim == 4}
    segmenter = Segmenter(find_base(changed(**huge)), "cpu")
    image = np.random.default_rng(0).random((2 if cellpose_major() == 3 else 3, 64, 64)).astype(np.float32)
    with pytest.raises(BadInput, match="odd: the network returns numbers that are not finite"):
        segmenter.segment(image, EvaluateSettings())


@pytest.mark.parametrize("odd", [{"epoch": 3}, {3: torch.zeros(1)}, {"name": "cells"}])
def test_something_else_than_tensors_by_name(tiny_model, tmp_path, odd):
    torch.save(torch.load(tiny_model, weights_only=True) | odd, tmp_path / "odd")
    with pytest.raises(BadInput, match="odd: cannot be read as model weights"):
        find_base(tmp_path / "odd")


@pytest.mark.parametrize("percentiles", [[99, 1], [50, 50], [NAN, 99], [1, 101]])
def test_percentiles_that_scale_nothing(percentiles):
    with pytest.raises(ValueError, match="percentile"):
        Normalization.model_validate({"percentiles": percentiles})


@pytest.mark.parametrize("diameter", ["Infinity", "NaN", "1e-9", "0", "-3", "1e9"])
def test_a_tuned_diameter_that_cannot_be(tmp_path, diameter):
    record = {
        "base": {"name": "b"},
        "settings": {"channel": 1},
        "normalization": Normalization().model_dump(),
    }
    (tmp_path / "model.json").write_text(json.dumps(record))
    found = {"flow_threshold": 0.4, "cellprob_threshold": 0.0, "diameter": 30.0, "weights_sha256": None}
    text = json.dumps({"found": {"retrained": found}}).replace("30.0", diameter)
    (tmp_path / "tuning.json").write_text(text)
    with pytest.raises(BadInput, match=r"tuning\.json: cannot be read"):
        settings_of_model(tmp_path)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (PredictSettings, "cellprob_threshold"),
        (PredictSettings, "diameter"),
        (EvaluateSettings, "flow_threshold"),
        (TrainSettings, "learning_rate"),
        (TrainSettings, "weight_decay"),
    ],
)
@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_settings_are_finite(settings, name, value):
    with pytest.raises(ValueError, match="finite number"):
        settings(**{name: value})


def test_a_path_names_a_model(monkeypatch, tmp_path):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    name = "cyto3" if cellpose_major() == 3 else "cpsam"
    assert find_base(Path(name)) == find_base(name)
    with pytest.raises(BadInput, match="no such file, and no model of that name"):
        find_base(Path("cyto33"))
