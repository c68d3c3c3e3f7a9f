"""Settings in a model folder are used unless the user overrides them."""

import json
import shutil

import pytest

from cpretrain.models.normalization import Normalization
from cpretrain.models.trained import find_model
from cpretrain.settings.prediction import PredictSettings
from cpretrain.storage.hashing import sha256

pytestmark = pytest.mark.cellpose


@pytest.fixture
def folder(model, tmp_path):
    """A model folder whose thresholds were tuned."""
    shutil.copyfile(model, tmp_path / "weights")
    record = {
        "base": {"name": "cyto3"},
        "cell_type": "Zelle",
        "settings": {"channel": 2, "second_channel": 1},
        "normalization": {"percentiles": [2.0, 98.0], "valid_pixels": False},
    }
    found = {
        "flow_threshold": 0.6,
        "cellprob_threshold": -1.0,
        "diameter": 22.5,
        "weights_sha256": sha256(tmp_path / "weights"),
    }
    (tmp_path / "model.json").write_text(json.dumps(record))
    (tmp_path / "tuning.json").write_text(json.dumps({"found": {"retrained": found}}))
    return tmp_path


def test_channels_grey_values_and_tuned_thresholds_of_the_model(folder):
    used = find_model(folder, PredictSettings(device="cpu"))
    settings = used.settings
    assert (settings.channel, settings.second_channel, settings.class_name) == (2, 1, "Zelle")
    assert (settings.flow_threshold, settings.cellprob_threshold, settings.diameter) == (0.6, -1.0, 22.5)
    assert used.normalization == Normalization(percentiles=(2.0, 98.0), valid_pixels=False)
    assert used.segmenter is used.segmenter


def test_what_is_given_counts_more(folder):
    given = PredictSettings(flow_threshold=0.3, diameter=40, channel=1, class_name="Kern", device="cpu")
    settings = find_model(folder, given).settings
    assert (settings.flow_threshold, settings.cellprob_threshold, settings.diameter) == (0.3, -1.0, 40)
    assert (settings.channel, settings.class_name) == (1, "Kern")


def test_a_file_of_weights_is_used_as_cellpose_does(model):
    used = find_model(model, PredictSettings(device="cpu"))
    assert (used.settings.flow_threshold, used.settings.cellprob_threshold) == (0.4, 0.0)
    assert (used.settings.channel, used.settings.second_channel, used.settings.class_name) == (1, None, "")
    assert used.normalization == Normalization()


def test_what_was_tuned_for_other_weights_does_not_count(folder):
    tuned = json.loads((folder / "tuning.json").read_text())
    tuned["found"]["retrained"]["weights_sha256"] = "of others"
    (folder / "tuning.json").write_text(json.dumps(tuned))
    assert find_model(folder, PredictSettings(device="cpu")).settings.flow_threshold == 0.4
