"""Pictures for pages: outlines follow the edges of pixels, grey values use the whole range."""

import io

import numpy as np
import pytest
from PIL import Image

from cpretrain.html.pictures import grey, jpeg, outline_path


def labels(*boxes: tuple[int, int, int, int, int]) -> np.ndarray:
    """Return a label image of rectangles label, y, x, height, width, drawn in turn."""
    drawn = np.zeros((8, 8), np.uint16)
    for label, y, x, height, width in boxes:
        drawn[y : y + height, x : x + width] = label
    return drawn


@pytest.mark.parametrize(
    ("objects", "path"),
    [
        (labels(), ""),
        (labels((5, 1, 2, 2, 3)), "M2 1v2h3v-2z"),
        (labels((5, 1, 1, 1, 1), (2, 6, 6, 2, 2)), "M6 6v2h2v-2zM1 1v1h1v-1z"),
        (labels((1, 1, 1, 5, 5), (0, 3, 3, 1, 1)), "M1 1v5h5v-5zM3 3h1v1h-1z"),
        (labels((1, 1, 1, 2, 2), (1, 3, 1, 1, 4)), "M1 1v3h4v-1h-2v-2z"),
    ],
    ids=["none", "one", "two, by number", "with a hole", "bent"],
)
def test_outlines(objects, path):
    assert outline_path(objects) == path


def test_grey_values_fill_the_range_and_padding_is_left_out():
    image = np.pad(np.linspace(1000, 2000, 400).reshape(20, 20), 30)
    shown = grey(image)
    assert (shown.dtype, shown.min(), shown.max()) == (np.uint8, 0, 255)
    assert np.median(shown[30:-30, 30:-30]) > 120
    assert not grey(np.zeros((5, 5))).any()
    assert grey(np.full((5, 5), np.nan)).shape == (5, 5)
    assert Image.open(io.BytesIO(jpeg(shown))).size == (80, 80)
