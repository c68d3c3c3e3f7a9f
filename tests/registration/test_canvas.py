"""Frames on the grown canvas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import DriftCurve


def curve_of(*drift):
    return DriftCurve(np.array(drift, np.float32))


@pytest.mark.parametrize(
    ("drift", "sub_pixel", "shape", "shifts"),
    [
        ([(0, 0, 0), (0, 0, 0)], False, (2, 3, 4, 5), [(0, 0, 0), (0, 0, 0)]),
        ([(0, 0, 0), (1, -2, 3)], False, (3, 3, 6, 8), [(1, 0, 3), (0, 2, 0)]),
        ([(0, 0, 0), (0, 0.5, -0.5)], False, (2, 3, 5, 6), [(0, 1, 0), (0, 0, 1)]),
        ([(0, 0, 0), (0, 0.4, -0.4)], False, (2, 3, 4, 5), [(0, 0, 0), (0, 0, 0)]),
        ([(0, 0, 0), (0, 0.5, -1.5)], True, (2, 3, 4, 6), [(0, 0.5, 0), (0, 0, 1.5)]),
    ],
)
def test_shape_and_shifts(drift, sub_pixel, shape, shifts):
    canvas = canvas_for(curve_of(*drift), (2, 3, 4, 5), sub_pixel)
    assert canvas.shape == shape
    assert canvas.shifts.tolist() == [list(shift) for shift in shifts]
    assert canvas.sub_pixel == sub_pixel


@settings(deadline=None)
@given(
    drift=st.lists(st.tuples(*[st.floats(-9, 9, width=32)] * 3), min_size=1, max_size=5),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    sub_pixel=st.booleans(),
)
def test_every_frame_fits_and_all_channels_move_alike(drift, dtype, sub_pixel):
    curve = curve_of((0, 0, 0), *drift)
    frame = np.random.default_rng(0).integers(1, 200, (3, 1, 5, 6)).astype(dtype).repeat(2, axis=1)
    canvas = canvas_for(curve, frame.shape, sub_pixel)
    for t in range(len(curve.drift)):
        placed = canvas.place(frame, t)
        assert placed.shape == canvas.shape
        assert placed.dtype == frame.dtype
        np.testing.assert_array_equal(placed[:, 0], placed[:, 1])
        if not sub_pixel:
            z, y, x = canvas.shifts[t]
            np.testing.assert_array_equal(placed[z : z + 3, :, y : y + 5, x : x + 6], frame)
            assert placed.sum() == frame.sum()


def test_planes_outside_a_frame_are_zero():
    canvas = canvas_for(curve_of((0, 0, 0), (2, 0, 0)), (2, 1, 3, 3))
    placed = canvas.place(np.ones((2, 1, 3, 3), np.uint8), 1)
    assert placed[:, 0, 0, 0].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (
            "float32",
            [2.5, 15, 25, 35],
        ),  # between 0 and 10, 10 and 20 …; what is beyond the cut canvas is lost
        ("uint16", [3, 15, 25, 35]),
        ("uint8", [3, 15, 25, 35]),
    ],
)
def test_linear_interpolation_into_zeros(dtype, expected):
    canvas = canvas_for(curve_of((0, 0, -0.5), (0, 0, 0)), (1, 1, 1, 4), sub_pixel=True)
    row = np.array([5, 25, 25, 45], dtype).reshape(1, 1, 1, 4)
    assert canvas.shape == (1, 1, 1, 4)
    assert canvas.place(row, 0).ravel().tolist() == expected
    assert canvas.place(row, 1).ravel().tolist() == row.ravel().tolist()


def test_interpolation_in_all_axes_keeps_the_sum():
    canvas = canvas_for(curve_of((0, 0, 0), (0.25, 0.5, -1.75), (3, 3, 3)), (4, 1, 4, 4), sub_pixel=True)
    frame = np.zeros((4, 1, 4, 4), np.float32)
    frame[1:3, :, 1:3, 1:3] = 8
    placed = canvas.place(frame, 1)
    assert placed.sum() == pytest.approx(frame.sum())
    centre = [
        (np.arange(n) * placed.sum(axis=tuple({0, 1, 2, 3} - {axis}))).sum() / placed.sum()
        for axis, n in ((0, 7), (2, 7), (3, 8))
    ]
    np.testing.assert_allclose(centre, 1.5 + canvas.shifts[1], atol=1e-5)


def test_a_frame_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"frame 1 has shape \(1, 1, 4, 5\), expected \(1, 1, 4, 4\)"):
        canvas_for(curve_of((0, 0, 0), (0, 0, 0)), (1, 1, 4, 4)).place(np.zeros((1, 1, 4, 5), np.uint8), 1)
