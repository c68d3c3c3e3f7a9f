"""A model on arrays segments as the command does."""

import numpy as np
import pytest
import tifffile
import xarray as xr

from cpretrain import BadInput, load_model, predict
from cpretrain.settings import PredictSettings
from tests.support.paths import ROOT

pytestmark = pytest.mark.cellpose


@pytest.fixture
def image():
    """A real crop of nuclei."""
    return tifffile.imread(sorted((ROOT / "tests/data/faults/masks-11/images").glob("*.tif"))[0])


def test_equals_what_the_command_writes(tiny_model, image, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", image)
    settings = PredictSettings(device="cpu", flow_threshold=0.0, cellprob_threshold=-6.0, min_size=1)
    predict(tiny_model, tmp_path / "a.tif", out=tmp_path / "out", settings=settings)
    model = load_model(tiny_model, settings=settings)
    labels = model.segment(image, channel=1)
    assert labels.shape == image.shape
    np.testing.assert_array_equal(labels, tifffile.imread(tmp_path / "out" / "a.tif"))
    named = model.segment(xr.DataArray(image, dims=("y", "x")))
    assert named.dims == ("y", "x")
    np.testing.assert_array_equal(named.values, labels)
    np.testing.assert_array_equal(model.segment(np.stack([image, image]), channel=2), labels)


def test_channels_that_nobody_chose_from_are_said(tiny_model, image, capsys):
    load_model(tiny_model, settings=PredictSettings(device="cpu")).segment(np.stack([image] * 3))
    assert "have 3 channels" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros(5), "the axes of the image are not known"),
        (xr.DataArray(np.zeros((2, 9, 9)), dims=("t", "y", "x")), "the image is a time-lapse"),
    ],
)
def test_what_is_no_image(wrong, message, tiny_model):
    with pytest.raises(BadInput, match=message):
        load_model(tiny_model).segment(wrong)
