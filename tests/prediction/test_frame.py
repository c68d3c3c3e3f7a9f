"""Frames and stacks against Cellpose's own eval; padding never holds an object."""

import numpy as np
import pytest
import tifffile

from cpretrain.images.valid_box import valid_box
from cpretrain.images.writer import write_frames
from cpretrain.models.normalization import normalize
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import RAW
from cpretrain.models.trained import find_model
from cpretrain.prediction.frame import segment_frame
from cpretrain.prediction.movies import predict
from tests.prediction.conftest import CALIBRATION, PADDING

pytestmark = pytest.mark.cellpose


def test_padding_changes_nothing_and_holds_nothing(model, quick, frames, padded):
    used = find_model(model, quick)
    plain, canvas = (segment_frame(images[0], used) for images in (frames, padded))
    inside = (slice(None), *(slice(before, -after) for before, after in (PADDING, PADDING)))
    assert plain.labels.max() > 3
    assert np.array_equal(canvas.labels[inside], plain.labels)
    assert np.count_nonzero(canvas.labels) == np.count_nonzero(plain.labels)
    assert not canvas.probability[0, : PADDING[0]].any()
    whole = used.segmenter.segment(network_input(padded[0, 0]), used.settings)
    outside = np.ones(whole.shape, bool)
    outside[inside[1:]] = False
    assert whole[outside].any()  # with the padding in view, the network does find objects in it


def test_an_empty_frame_has_no_objects(model, quick, frames):
    segmented = segment_frame(np.zeros_like(frames[0]), find_model(model, quick))
    assert not segmented.labels.any() and not segmented.probability.any()


@pytest.fixture
def stack(frames) -> np.ndarray:
    """Three neighbouring planes with an empty one on either side, (Z, C, Y, X)."""
    return np.pad(frames[:, 0], [(1, 1), (0, 0), (0, 0), (0, 0)])


def test_planes_of_a_stack_by_themselves(model, quick, stack):
    used = find_model(model, quick.replace(volume="planes"))
    labels = segment_frame(stack, used).labels
    single = [segment_frame(plane[np.newaxis], used).labels[0] for plane in stack]
    assert all(np.array_equal(a > 0, b > 0) for a, b in zip(labels, single, strict=True))
    assert len(np.unique(labels)) - 1 == sum(plane.max() for plane in single) == labels.max()


@pytest.mark.parametrize("volume", ["stitch", "flows"])
def test_stacks_are_cellposes_own_eval(model, quick, stack, volume):
    stack = stack[..., 20:52, 30:66]
    used = find_model(model, quick.replace(volume=volume, stitch_threshold=0.3))
    labels = segment_frame(stack, used, anisotropy=2.0).labels
    assert not labels[[0, -1]].any()
    how = {"do_3D": True, "anisotropy": 2.0} if volume == "flows" else {"stitch_threshold": 0.3}
    if volume == "flows":  # all planes are scaled alike
        flat = network_input(stack[1:-1, 0].reshape(1, -1, stack.shape[-1]))
        ready = flat.reshape(len(flat), 3, *stack.shape[2:])
    else:
        ready = np.stack([network_input(plane) for plane in stack[1:-1]], axis=1)
    expected = used.segmenter.model.eval(
        ready,
        channel_axis=0,
        z_axis=1,
        normalize=dict(RAW),
        flow_threshold=used.settings.flow_threshold,
        cellprob_threshold=used.settings.cellprob_threshold,
        **how,
    )[0]
    assert np.array_equal(labels[1:-1], expected)
    spans = [np.unique(np.nonzero(labels == number)[0]).size for number in range(1, labels.max() + 1)]
    assert max(spans) > 1  # objects do reach across planes


def test_channels_and_grey_values_are_the_models_own(model, quick, frames):
    other = np.random.default_rng(0).integers(0, 9, frames[0].shape).astype(np.uint16)
    used = find_model(model, quick.replace(channel=2))
    both = np.concatenate([other, frames[0]], axis=1)
    assert np.array_equal(
        segment_frame(both, used).labels, segment_frame(frames[0], find_model(model, quick)).labels
    )


def test_memory_that_is_short_halves_the_tiles(model, quick, frames, monkeypatch):
    import torch

    used = find_model(model, quick.replace(batch_size=4))
    whole = segment_frame(frames[0], used).labels
    segmenter, forward = used.segmenter, used.segmenter.model.eval

    def short(*arguments, batch_size, **options):
        if batch_size > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*arguments, batch_size=batch_size, **options)

    monkeypatch.setattr(segmenter.model, "eval", short)
    assert np.array_equal(segment_frame(frames[0], used).labels, whole)
    assert segmenter.batch_size == 1


def test_the_box_is_what_normalisation_measures(padded):
    box = valid_box(padded[0])
    assert np.array_equal(normalize(padded[0, 0])[(0, *box)], normalize(padded[0, 0][(slice(None), *box)])[0])


def test_flows_in_3d_take_the_distance_of_planes_from_the_file(model, quick, stack, tmp_path, capsys):
    stack = stack[..., 20:52, 30:66]
    write_frames(tmp_path / "in" / "a.tif", [stack], (1, *stack.shape), stack.dtype, CALIBRATION)
    settings = quick.replace(volume="flows")
    done = predict(model, tmp_path / "in" / "a.tif", out=tmp_path / "out", settings=settings).done[0]
    used = find_model(model, settings)
    expected, other = (segment_frame(stack, used, anisotropy=distance).labels for distance in (4.0, 1.0))
    assert np.array_equal(tifffile.imread(done.labels).squeeze(), expected)
    assert not np.array_equal(expected, other)
    assert "planes are 4 pixels apart" in capsys.readouterr().err


def test_padding_of_a_stack_does_not_change_its_grey_values_in_3d(model, quick, stack):
    stack = stack[..., 20:52, 30:66]
    used = find_model(model, quick.replace(volume="flows"))
    padded = np.pad(stack, [(0, 0), (0, 0), (40, 0), (0, 8)])
    plain, canvas = (segment_frame(one, used, anisotropy=2.0).labels for one in (stack, padded))
    assert np.array_equal(canvas[:, 40:, :-8], plain)
