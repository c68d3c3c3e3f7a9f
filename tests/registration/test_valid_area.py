"""The part of the canvas that frames cover."""

import numpy as np
import pytest

from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.valid_area import covered_by_all, intersection, is_empty


def curve(*drift):
    return DriftCurve(np.array(drift, np.float32))


@pytest.mark.parametrize(
    ("drift", "sub_pixel", "expected"),
    [
        ([(0, 0, 0), (0, 2, -3)], False, [(0, 1), (2, 10), (3, 20)]),
        ([(0, 0, 0), (0, 0.5, 0)], True, [(0, 1), (1, 10), (0, 20)]),
        ([(0, 0, 0), (0, 0, 0)], True, [(0, 1), (0, 10), (0, 20)]),
    ],
)
def test_covered_by_all(drift, sub_pixel, expected):
    canvas = canvas_for(curve(*drift), (1, 1, 10, 20), sub_pixel)
    area = covered_by_all(canvas)
    assert [(part.start, part.stop) for part in area] == expected
    for t in range(len(drift)):
        placed = canvas.place(np.full((1, 1, 10, 20), 7, np.float32), t)[:, 0]
        assert (placed[area] == 7).all()


def test_nothing_in_common():
    assert is_empty(
        intersection((slice(0, 1), slice(0, 3), slice(0, 3)), (slice(0, 1), slice(3, 6), slice(0, 3)))
    )
