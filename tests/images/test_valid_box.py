import numpy as np
import pytest

from cpretrain.images.valid_box import valid_box


@pytest.mark.parametrize(
    ("shape", "filled", "expected"),
    [
        ((8, 9), (slice(None), slice(None)), (0, 8, 0, 9)),
        ((8, 9), (slice(2, 5), slice(3, 4)), (2, 5, 3, 4)),
        ((2, 8, 9), (1, slice(0, 1), slice(8, 9)), (0, 1, 8, 9)),
        ((3, 2, 8, 9), (0, 0, slice(7, 8), slice(0, 9)), (7, 8, 0, 9)),
    ],
)
def test_box_of_the_data(shape, filled, expected):
    pixels = np.zeros(shape, np.uint16)
    pixels[filled] = 7
    rows, columns = valid_box(pixels)
    assert (rows.start, rows.stop, columns.start, columns.stop) == expected


def test_zeros_inside_the_data_belong_to_it():
    pixels = np.zeros((9, 9))
    pixels[2, 2] = pixels[6, 7] = 1
    assert valid_box(pixels) == (slice(2, 7), slice(2, 8))


def test_nothing_but_padding():
    assert valid_box(np.zeros((2, 5, 5))) is None
