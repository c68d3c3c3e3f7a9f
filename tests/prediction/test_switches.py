"""Switches that change objects: steps along the flows, objects at the border, smoothed flows in 3D."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cpretrain.images.border_objects import without_border_objects
from cpretrain.images.valid_box import valid_box
from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import RAW
from cpretrain.models.trained import find_model
from cpretrain.prediction.frame import segment_frame
from tests.prediction.conftest import PADDING

pytestmark = pytest.mark.cellpose


def labels_of(model, settings, frame):
    return segment_frame(frame, find_model(model, settings)).labels


def test_steps_are_cellposes(model, quick, frames):
    used = find_model(model, quick.replace(niter=3))
    ready = network_input(frames[0, 0], 1, None, used.normalization)
    cellpose = used.segmenter.model.eval(
        ready.copy(),
        channel_axis=0,
        normalize=dict(RAW),
        niter=3,
        flow_threshold=quick.flow_threshold,
        cellprob_threshold=quick.cellprob_threshold,
    )[0]
    few = segment_frame(frames[0], used).labels[0]
    assert np.array_equal(few, cellpose)
    assert not np.array_equal(few, labels_of(model, quick, frames[0])[0])


def test_objects_at_the_border_of_what_holds_data(model, quick, padded):
    every = labels_of(model, quick, padded[0])
    inner = labels_of(model, quick.replace(exclude_on_edges=True), padded[0])
    box = (slice(None), *valid_box(padded[0]))
    assert 0 < inner.max() < every.max()
    assert np.array_equal(inner[box], without_border_objects(every[box]))
    assert box[1].start == PADDING[0]


@pytest.mark.parametrize("volume", ["planes", "stitch"])
def test_objects_at_the_border_of_a_stack(model, quick, padded, volume):
    settings = quick.replace(volume=volume)
    every, inner = (
        labels_of(model, settings.replace(exclude_on_edges=out), padded[:, 0]) for out in (False, True)
    )
    box = (slice(None), *valid_box(padded[:, 0]))
    assert np.array_equal(inner[box] > 0, without_border_objects(every[box]) > 0)
    assert set(np.unique(inner)) == set(range(inner.max() + 1))


def test_flows_in_3d_are_smoothed_as_cellpose_does(model, quick, frames):
    """On a stack so small that the network has few planes to see."""
    used = find_model(model, quick)
    cut = frames[:2, 0, :, 30:38, 40:49]
    stack = np.stack([network_input(plane, 1, None, used.normalization) for plane in cut], 1)
    plain, smooth = (used.segmenter.run_volume(stack, smooth=sigma) for sigma in (0.0, 1.5))
    expected = gaussian_filter(plain.towards_centre, (0, 1.5, 1.5, 1.5))
    assert np.allclose(smooth.towards_centre, expected, atol=1e-5)
    assert not np.allclose(smooth.towards_centre, plain.towards_centre, atol=1e-2)
    assert np.array_equal(smooth.cell_probability, plain.cell_probability)
