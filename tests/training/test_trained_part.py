"""Freezing, low-rank changes and recomputing on a real network of the installed Cellpose, small for version 4."""

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.settings.evaluation import EvaluateSettings
from tests.training.conftest import same_weights
from tests.training.test_loop import train_to_the_end

pytestmark = pytest.mark.cellpose
only_4 = pytest.mark.skipif(cellpose_major() == 3, reason="networks of Cellpose 3 have no transformer")


def weights_now(run):
    return {name: value.clone() for name, value in run.net.state_dict().items()}


def test_a_frozen_encoder_stays_as_it_was_and_the_rest_learns(quick, start):
    run = start(quick.replace(freeze="encoder"), images=2)
    before, after = weights_now(run), train_to_the_end(run)
    frozen = [name for name in before if installed_cellpose().in_encoder(name)]
    changed = [name for name in before if not before[name].equal(after[name])]
    assert frozen
    assert not set(frozen) & set(changed)
    assert any(name.startswith(("output.", "out.")) for name in changed)


@only_4
def test_low_rank_changes_train_attention_and_what_follows_and_are_merged(quick, start, crops, tmp_path):
    import torch

    run = start(quick.replace(lora=4, learning_rate=0.01), images=2)
    before = weights_now(run)
    train_to_the_end(run)
    kept = dict(run.kept.weights)
    assert list(kept) == list(
        Segmenter(find_base(quick.base), "cpu", for_training=True).model.net.state_dict()
    )
    changed = {name for name in kept if not kept[name].equal(before.get(name, before.get(_inside(name))))}
    in_encoder = {name for name in changed if installed_cellpose().in_encoder(name)}
    assert in_encoder == {f"encoder.blocks.0.attn.{layer}.weight" for layer in ("qkv", "proj")}
    assert "out.weight" in changed
    torch.save(kept, tmp_path / "merged")
    loaded = Segmenter(find_base(tmp_path / "merged"), "cpu", for_training=True)
    one, other = (segmenter.run(crops[0][0]) for segmenter in (run.segmenter, loaded))
    assert np.allclose(one.cell_probability, other.cell_probability, atol=1e-4)
    assert loaded.segment(crops[0][0], EvaluateSettings()).shape == (100, 100)


def _inside(name: str) -> str:
    layer, _, kind = name.rpartition(".")
    return f"{layer}.base.{kind}"


@only_4
def test_recomputed_blocks_give_the_same_weights(quick, start):
    plain, again = (
        train_to_the_end(start(quick.replace(recompute=how, epochs=2), images=2))
        for how in ("never", "always")
    )
    assert same_weights(plain, again)


@pytest.mark.skipif(cellpose_major() == 4, reason="Cellpose 4 has attention layers")
def test_low_rank_changes_need_attention_layers(quick, start):
    with pytest.raises(BadInput, match="no attention layers"):
        start(quick.replace(lora=4))


def test_bfloat16_computes_in_16_bits_and_keeps_weights_in_32(quick, start):
    import torch

    run = start(quick.replace(precision="bfloat16", epochs=2), images=2)
    layer = next(
        module
        for module in run.net.modules()
        if isinstance(module, torch.nn.Conv2d) and module.bias is not None
    )
    name = next(name for name, module in run.net.named_modules() if module is layer)
    seen = []
    layer.register_forward_hook(
        lambda *output: seen.append(output[-1].dtype)
    ) if "patch_embed" not in name else None
    weights = train_to_the_end(run)
    assert set(seen) <= {torch.bfloat16}
    assert {value.dtype for value in weights.values() if value.is_floating_point()} == {torch.float32}
    assert np.isfinite(run.curves.training_loss).all()
    exact = start(quick.replace(epochs=2), images=2)
    train_to_the_end(exact)
    assert run.curves.training_loss != exact.curves.training_loss
    assert run.curves.training_loss == pytest.approx(exact.curves.training_loss, rel=0.1)
