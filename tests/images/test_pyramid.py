"""Levels of a pyramid: sizes by the rule, grey values averaged, labels never mixed."""

import numpy as np
import pytest

from cpretrain.images import pyramid
from cpretrain.images.pyramid import level_sizes, levels_of


@pytest.mark.parametrize(
    ("size", "levels"),
    [
        ((512, 512), [(512, 512)]),
        ((513, 10), [(513, 10), (256, 5)]),
        ((1, 2050), [(1, 2050), (1, 1025), (1, 512)]),
        ((2048, 1500), [(2048, 1500), (1024, 750), (512, 375)]),
    ],
)
def test_sizes(size, levels):
    assert level_sizes(*size) == levels
    frame = np.zeros((2, 1, *size), np.uint8)
    for labels in (True, False):
        assert [level.shape for level in levels_of(frame, labels)] == [(2, 1, *level) for level in levels]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_grey_values_are_means_and_labels_are_labels(monkeypatch, dtype):
    monkeypatch.setattr(pyramid, "LARGEST", 2)
    frame = np.array([[[10, 11, 0, 9, 7], [12, 13, 0, 9, 7], [255, 255, 1, 3, 7]]], dtype)
    means = [level.tolist() for level in levels_of(frame, labels=False)][1:]
    assert means == [[[[11.5, 4.5]]] if dtype == "float32" else [[[12, 5]]]]  # rounded half up
    assert [level.tolist() for level in levels_of(frame, labels=True)][1:] == [[[[10, 0]]]]
