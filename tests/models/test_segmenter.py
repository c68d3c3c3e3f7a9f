"""Cellpose 3.1 or 4.2, whichever is installed, behind one interface."""

import ssl

import numpy as np
import pytest
import tifffile

from cpretrain.errors import BadInput
from cpretrain.models.device import find_device
from cpretrain.models.normalization import Normalization
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import RAW, Segmenter
from cpretrain.models.weights import ModelWeights, cellpose_major, find_base
from cpretrain.pipeline.demo import DATA
from cpretrain.settings.evaluation import EvaluateSettings
from tests.support.paths import FIELDS

pytestmark = pytest.mark.cellpose
MAJOR = cellpose_major()


def test_network_input_takes_the_channels_asked_for():
    planes = np.stack([np.zeros((8, 8)), np.arange(64).reshape(8, 8), np.arange(64)[::-1].reshape(8, 8)])
    planes[0] += 5
    ready = network_input(planes, channel=3, second_channel=2)
    assert ready.shape[0] == {3: 2, 4: 3}[MAJOR]
    assert ready[0, 0, 0] > 0.9 > 0.1 > ready[1, 0, 0]
    assert not ready[2:].any()


def test_network_input_refuses_a_channel_that_is_not_there():
    with pytest.raises(BadInput, match=r"channel 4 asked for\n  found: 3 in the image"):
        network_input(np.ones((3, 8, 8)), channel=4)


def test_network_input_scales_as_it_is_told():
    planes = np.pad(np.arange(1, 65).reshape(1, 8, 8), [(0, 0), (2, 2), (2, 2)])
    usual, all_pixels = (
        network_input(planes, how=Normalization(valid_pixels=valid)) for valid in (True, False)
    )
    assert np.array_equal(usual, network_input(planes))
    assert usual[0, 2, 2] < 0 < all_pixels[0, 2, 2]


@pytest.mark.parametrize("diameter", [None, 47.0])
def test_network_and_mask_step_together_are_cellposes_own_eval(tiny_model, diameter):
    """On a real image; Cellpose 3 with the trained weights of the demo."""
    image = tifffile.imread(next((FIELDS / "images").glob("*.tif")))[:100, :80]
    ready = network_input(image[np.newaxis])
    segmenter = Segmenter(find_base(str(DATA / "base_nuclei" if MAJOR == 3 else tiny_model)), "cpu")
    flows = segmenter.run(ready, diameter)
    numbers = set()
    for flow_threshold, cellprob_threshold, min_size in [(0.4, 0.0, 15), (0.0, -0.5, 15), (0.9, 0.0, 25)]:
        options = {
            "flow_threshold": flow_threshold,
            "cellprob_threshold": cellprob_threshold,
            "min_size": min_size,
            "diameter": diameter,
        }
        settings = EvaluateSettings(**options)
        expected = segmenter.model.eval(ready.copy(), channel_axis=0, normalize=dict(RAW), **options)[0]
        assert np.array_equal(segmenter.masks(flows, settings), expected)
        assert np.array_equal(segmenter.segment(ready, settings), expected)
        numbers.add(int((expected > 0).sum()))
    assert len(numbers) > 1  # the thresholds do something


@pytest.mark.parametrize("damage", ["missing", "smaller"])
def test_weights_that_cellpose_would_load_in_part_are_refused(tiny_model, tmp_path, damage):
    import torch

    state = torch.load(tiny_model, weights_only=True)
    name = next(name for name in state if name.endswith("weight"))
    if damage == "missing":
        del state[name]
    else:
        state[name] = state[name][:1].clone()
    torch.save(state, tmp_path / "weights")
    with pytest.raises(BadInput, match="its weights do not fit Cellpose's network") as caught:
        Segmenter(find_base(str(tmp_path)), "cpu")
    assert name in caught.value.found


def test_a_device_that_is_not_there_is_named():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(BadInput, match="device cuda: not found"):
        find_device("cuda")
    assert find_device("auto").type in ("cpu", "mps")


def test_weights_that_cannot_be_downloaded_say_where_they_go(tmp_path, monkeypatch):
    from cellpose import models

    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    monkeypatch.setattr(models, "MODEL_DIR", tmp_path)
    monkeypatch.setattr(models, "_MODEL_URL", "http://127.0.0.1:9/nowhere")
    name = {3: "cyto3", 4: "cpsam_v2"}[MAJOR]
    with pytest.raises(BadInput, match="cannot be downloaded") as caught:
        Segmenter(find_base(name))
    assert str(tmp_path / name) in str(caught.value)
    assert ssl._create_default_https_context is ssl.create_default_context  # which Cellpose had replaced


def test_scratch_is_for_cellpose_3():
    if MAJOR == 3:
        assert find_base("scratch") == ModelWeights("scratch", None)
    else:
        with pytest.raises(BadInput, match="Cellpose 4 cannot train from random weights"):
            find_base("scratch")
