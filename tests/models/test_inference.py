"""The network as it is laid out for segmentation finds Cellpose's own objects; in 16 bits, nearly all of them."""

import numpy as np
import pytest
import tifffile

from cpretrain.metrics.scores import average_precision
from cpretrain.models.inference import warn_if_slow
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.trained import _load, find_model
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.pipeline.demo import DATA
from cpretrain.settings.prediction import PredictSettings

pytestmark = pytest.mark.cellpose


@pytest.fixture(scope="module")
def image():
    field = tifffile.imread(sorted((DATA / "fields" / "images").glob("*.tif"))[0])
    return network_input(field[np.newaxis, 60:220, 60:220])


@pytest.mark.skipif(cellpose_major() != 3, reason="Cellpose 3's network")
def test_objects_are_those_of_cellposes_own_form_and_nearly_in_16_bits(image):
    import torch
    from cellpose.models import CellposeModel

    base, settings = find_base(str(DATA / "base_nuclei")), PredictSettings(diameter=30).filled()
    own = Segmenter(base, "cpu")
    own.model = CellposeModel(pretrained_model=str(base.path), device=torch.device("cpu"))
    assert own.model.net.mkldnn
    theirs, ours, rough = (
        one.segment(image, settings)
        for one in (own, Segmenter(base, "cpu"), Segmenter(base, "cpu", precision="bfloat16"))
    )
    assert theirs.max() > 3 and np.array_equal(ours, theirs)
    assert average_precision([theirs], [rough], (0.9,)).average_precision[0, 0] > 0.8
    assert not np.array_equal(rough, theirs)


NEW, OLD = (
    {"architecture": "x86_64", "cpu_name": name, "avx512_bf16": has}
    for name, has in (("New", True), ("Old", False))
)


@pytest.fixture
def processor(monkeypatch):
    """Pretend to have this processor, for networks that are not loaded yet."""
    import torch

    _load.cache_clear()
    yield lambda known: monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    _load.cache_clear()


@pytest.mark.parametrize(
    ("precision", "known", "in_16_bits"),
    [
        ("auto", NEW, cellpose_major() == 4),
        ("auto", OLD, False),
        ("auto", {}, False),
        ("float32", NEW, False),
        ("bfloat16", OLD, True),
    ],
)
def test_the_setting_and_the_processor_choose_the_numbers(
    tiny_model, processor, precision, known, in_16_bits
):
    import torch

    processor(known)
    segmenter = find_model(str(tiny_model), PredictSettings(device="cpu", precision=precision)).segmenter
    kind = torch.bfloat16 if in_16_bits else torch.float32
    assert {weight.dtype for weight in segmenter.model.net.parameters() if weight.ndim > 1} == {kind}
    assert segmenter.precision == str(kind).removeprefix("torch.")


@pytest.mark.skipif(cellpose_major() != 4, reason="Cellpose 4 segments in 16 bits by itself")
def test_the_network_finds_what_cellpose_4_finds_by_itself(tiny_model, processor, image):
    from cellpose.models import CellposeModel

    processor(NEW)
    base = find_base(str(tiny_model))
    ours = Segmenter(base, "cpu").run(image)
    _, flows, _ = CellposeModel(pretrained_model=str(base.path)).eval(
        image.copy(), channel_axis=0, normalize={"normalize": False}, compute_masks=False
    )
    assert np.array_equal(ours.towards_centre, flows[1])
    assert np.array_equal(ours.cell_probability, flows[2])


def test_a_network_to_train_is_in_32_bits(tiny_model):
    import torch

    net = Segmenter(find_base(str(tiny_model)), "cpu", for_training=True, precision="bfloat16").model.net
    assert {weight.dtype for weight in net.parameters()} == {torch.float32}


@pytest.mark.parametrize(("known", "warned"), [(NEW, False), (OLD, True), ({}, False)])
def test_a_processor_without_16_bits_is_warned_of(processor, capsys, known, warned):
    import torch

    processor(known)
    warn_if_slow(torch.device("cpu"))
    assert ("this processor (Old) has no instructions for bfloat16" in capsys.readouterr().err) == warned
