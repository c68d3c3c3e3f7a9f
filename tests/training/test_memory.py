"""What a run will take: shapes alone tell what is kept for the gradient, and the plan fits the memory found."""

import pytest

from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import cellpose_major
from cpretrain.training import memory
from cpretrain.training.kept_tensors import Kept, kept_tensors
from cpretrain.training.memory import measured_peak, memory_found, plan_memory

pytestmark = pytest.mark.cellpose


def really_kept(net, shape) -> int:
    """Bytes that autograd keeps in a real forward pass, each storage once, weights left out."""
    import torch

    storages = {value.untyped_storage().data_ptr() for value in (*net.parameters(), *net.buffers())}
    kept, alive = {}, []

    def pack(tensor):
        alive.append(tensor)
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        net(torch.rand(shape))
    return sum(size for place, size in kept.items() if place not in storages)


@pytest.mark.parametrize("change", [{}, {"freeze": "encoder"}], ids=str)
def test_shapes_tell_what_a_real_step_keeps(quick, start, change):
    run = start(quick.replace(**change))
    shape = (1, installed_cellpose().network_channels, run.tile, run.tile)
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    kept = kept_tensors(run.net, shape)
    assert all(value.equal(before[name]) for name, value in run.net.state_dict().items())
    assert kept.all == pytest.approx(really_kept(run.net, shape), rel=0.02)
    assert len(kept.blocks) == len(installed_cellpose().blocks(run.net))


def test_recomputed_blocks_keep_their_inputs_and_one_block_at_a_time():
    assert Kept(all=100, largest=20, blocks=[30, 30, 20], inputs=[4, 4, 4]).recomputed == 20 + 12 + 30


def planned(monkeypatch, run, settings, found):
    monkeypatch.setattr(memory, "memory_found", lambda _: (found, "GPU"))
    return plan_memory(run.net, run.tile, settings, run.device)


def test_the_largest_batch_that_fits_is_chosen_and_blocks_are_recomputed_only_if_need_be(
    quick, start, monkeypatch
):
    run = start(quick)
    fit = quick.replace(batch_size="fit")
    plenty = planned(monkeypatch, run, fit, 10**12)
    assert (plenty.batch_size, plenty.recompute, plenty.fits) == (8, False, True)
    none = planned(monkeypatch, run, fit, 0)
    assert (none.batch_size, none.fits) == (1, False)
    assert none.recompute == (cellpose_major() == 4)
    between = planned(monkeypatch, run, fit, int((plenty.estimated + none.estimated) / 2 / memory.RESERVE))
    assert 1 <= between.batch_size < 8
    assert between.fits
    assert planned(monkeypatch, run, quick.replace(batch_size=3), 0).batch_size == 3
    assert not planned(monkeypatch, run, fit.replace(recompute="never"), 0).recompute


def test_an_old_allocator_keeps_the_places_of_what_was_freed(quick, start, monkeypatch):
    run, plans = start(quick), {}
    monkeypatch.setattr(memory, "_held", lambda *_: 0)
    for version in ("2.36", "2.38"):
        monkeypatch.setattr(memory.platform, "libc_ver", lambda version=version: ("glibc", version))
        plans[version] = planned(monkeypatch, run, quick.replace(batch_size=1), 10**12)
    shape = (1, installed_cellpose().network_channels, run.tile, run.tile)
    of_blocks = sum(kept_tensors(run.net, shape).inputs)
    kept_more = plans["2.36"].estimated - plans["2.38"].estimated
    of_step = plans["2.38"].estimated - memory.LIBRARIES
    assert kept_more == (8 * of_blocks or int(memory.GAPS * of_step))
    assert bool(of_blocks) == (cellpose_major() == 4)


def test_memory_found_and_measured_are_those_of_this_machine():
    import psutil
    import torch

    found, place = memory_found(torch.device("cpu"))
    assert place == "main"
    assert 0 < found <= psutil.virtual_memory().total
    held = psutil.Process().memory_info().rss
    assert 0.5 * held < measured_peak(torch.device("cpu")) <= psutil.virtual_memory().total


def test_a_plan_says_what_it_found(quick, start):
    text = start(quick).plan.describe()
    assert "of main memory needed for 2 crops a step (estimated)" in text
    assert text.endswith("free")
