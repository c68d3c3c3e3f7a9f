import numpy as np
import pytest

from cpretrain.normalization import normalize


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
