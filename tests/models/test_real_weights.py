"""With pretrained weights, the whole chain from file to score gives the known quality of the model."""

import os

import pytest
import tifffile

from cpretrain.metrics.scores import average_precision
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import find_base
from cpretrain.settings.evaluation import EvaluateSettings
from tests.support.paths import FIELDS

pytestmark = [pytest.mark.cellpose, pytest.mark.weights]
WEIGHTS = os.environ.get("CPRETRAIN_WEIGHTS")


@pytest.mark.skipif(not WEIGHTS, reason="needs pretrained weights: name them in CPRETRAIN_WEIGHTS")
def test_nuclei_of_a_whole_field_are_found():
    name = "IXMtest_A16_s2.tif"
    image, truth = (tifffile.imread(FIELDS / kind / name) for kind in ("images", "labels"))
    segmenter = Segmenter(find_base(WEIGHTS))
    labels = segmenter.segment(network_input(image[None]), EvaluateSettings())
    assert average_precision([truth], [labels], [0.5]).average_precision.item() > 0.5
