"""The image that is measured in a frame."""

import numpy as np
import pytest

from cpretrain.registration.frame_image import drift_image
from cpretrain.settings.drift import DriftSettings

FRAME = np.arange(3 * 2 * 4 * 5).reshape(3, 2, 4, 5)


@pytest.mark.parametrize(
    ("options", "box", "expected"),
    [
        ({}, None, FRAME[:, 0]),
        ({"channel": 2}, None, FRAME[:, 1]),
        ({"z_range": (2, 3)}, None, FRAME[1:, 0]),
        ({"z_range": (3, 3), "channel": 2}, (1, 2, 3, 2), FRAME[2:, 1, 2:4, 1:4]),
        ({"only_xy": True}, None, FRAME[1:2, 0]),
        ({"only_xy": True, "z_range": (1, 2)}, None, FRAME[:1, 0] + 20),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_parts_of_a_frame(dtype, options, box, expected):
    image = drift_image(FRAME.astype(dtype), DriftSettings(**options), box)
    assert image.dtype == dtype
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    ("dtype", "threshold", "expected"),
    [
        ("uint8", 2, [0, 0, 0, 1, 253]),
        ("uint16", 2, [0, 0, 0, 1, 253]),
        ("float32", 2, [-2, -1, 0, 1, 253]),  # not cut off
        ("uint8", 1.5, [0, 0, 1, 2, 254]),  # halves are rounded up
    ],
)
def test_the_threshold_is_subtracted(dtype, threshold, expected):
    frame = np.array([0, 1, 2, 3, 255], dtype).reshape(1, 1, 1, 5)
    assert drift_image(frame, DriftSettings(threshold=threshold)).ravel().tolist() == expected


@pytest.mark.parametrize(("dtype", "mean"), [("uint8", 1), ("uint16", 1), ("float32", 0.5)])
def test_means_over_z_are_rounded_half_up_for_integers(dtype, mean):
    frame = np.array([0, 1], dtype).reshape(2, 1, 1, 1)
    assert drift_image(frame, DriftSettings(only_xy=True)).ravel().tolist() == [mean]
