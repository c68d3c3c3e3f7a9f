import numpy as np
import pytest

from cpretrain.models.normalization import measure_levels, normalize


@pytest.fixture
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(100, 4000, (1, 80, 90)).astype(np.uint16)


def test_equals_cellpose_where_there_is_no_padding(frame):
    from cellpose import transforms

    assert normalize(frame)[0] == pytest.approx(transforms.normalize99(frame[0].astype(np.float32)), abs=1e-5)


@pytest.mark.parametrize("border", [2, 20])
def test_a_border_of_zeros_changes_nothing_inside(frame, border):
    padded = np.pad(frame, [(0, 0), (border, border), (border, border)])
    ready = normalize(padded)
    assert np.array_equal(ready[:, border:-border, border:-border], normalize(frame))
    assert not ready[:, :border].any()


def test_each_channel_is_scaled_on_its_own(frame):
    both = normalize(np.concatenate([frame, frame * 3.0 + 50]))
    assert both[1] == pytest.approx(both[0], abs=1e-5)


@pytest.mark.parametrize("value", [0, 7])
def test_no_contrast_gives_zeros(value):
    assert not normalize(np.full((1, 9, 9), value)).any()


def test_given_levels_become_0_and_1_and_padding_stays_0(frame):
    padded = np.pad(frame, [(0, 0), (3, 3), (3, 3)])
    ready = normalize(padded, levels=[(100.0, 300.0)])
    assert ready[:, 3:-3, 3:-3] == pytest.approx((frame - 100.0) / 200.0, abs=1e-5)
    assert not ready[:, :3].any()


def test_measured_levels_are_those_that_are_used(frame):
    padded = np.pad(frame, [(0, 0), (9, 9), (9, 9)])
    assert np.array_equal(normalize(padded, levels=measure_levels(padded)), normalize(padded))
    assert measure_levels(np.zeros((2, 5, 5))) == [(0.0, 0.0)] * 2
