"""Objects at the border: of an image, of a stack, of the box that holds data."""

import numpy as np
import pytest

from cpretrain.images.border_objects import without_border_objects, without_border_objects_in

PLANE = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [7, 0, 2, 0, 0, 0],
        [7, 0, 2, 0, 5, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 9, 9, 0, 0],
    ],
    np.uint32,
)


@pytest.mark.parametrize("side", range(4))
def test_each_side_is_a_border_and_numbers_have_no_gaps(side):
    """7 touches the first column, 9 the last row; turned, they touch every side."""
    left = without_border_objects(np.rot90(PLANE, side))
    expected = np.rot90(np.where(PLANE == 2, 1, np.where(PLANE == 5, 2, 0)), side)
    assert left.dtype == np.uint32
    assert np.array_equal(left > 0, expected > 0) and left.max() == 2


def test_nothing_at_the_border():
    inner = np.pad(PLANE, 1)
    assert without_border_objects(inner) is inner


def test_an_object_of_a_stack_that_touches_it_in_one_plane_is_gone_from_all():
    stack = np.zeros((3, 5, 6), np.uint32)
    stack[:, 2, 2] = 1  # touches the first and the last plane, which are no border
    stack[1, 2, 4:], stack[2, 2, 4] = 2, 2
    assert np.array_equal(without_border_objects(stack), stack * (stack == 1))


def test_padding_ends_at_the_box():
    box = (slice(1, 4), slice(1, 5))
    left = without_border_objects_in(PLANE, box)
    assert not left.any()  # in the box, 2 touches its first row and 5 its last column
    assert np.array_equal(without_border_objects_in(np.pad(PLANE, 2), (slice(2, 7), slice(2, 8)))[2:7, 2:8],
                          without_border_objects(PLANE))  # fmt: skip
    assert not without_border_objects_in(PLANE, None).any()
