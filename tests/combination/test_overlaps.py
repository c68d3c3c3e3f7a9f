"""Ownership of pixels, on one row of pixels that can be followed by eye."""

import numpy as np
import pytest

from cpretrain.combination.overlaps import settle
from cpretrain.settings.combination import CombineSettings

NUCLEI = [0, 7, 7, 7, 7, 0, 0, 9, 9, 0]
BACTERIA = [0, 0, 0, 0, 2, 2, 0, 9, 9, 9]
PROBABLE = ({7: 0.9, 9: 0.5}, {2: 0.6, 9: 0.8})


def row(pixels):
    return np.array(pixels, np.uint16).reshape(1, 1, -1)


@pytest.mark.parametrize(
    ("rule", "keep", "labels", "classes", "before", "cut", "dropped"),
    [
        ("order", 0.5, [0, 1, 1, 1, 1, 3, 0, 2, 2, 0], [0, 0, 1], [7, 9, 2], [0, 1], [0, 1]),
        ("order", 0.3, [0, 1, 1, 1, 1, 3, 0, 2, 2, 4], [0, 0, 1, 1], [7, 9, 2, 9], [0, 2], [0, 0]),
        ("smaller", 0.5, [0, 1, 1, 1, 3, 3, 0, 2, 2, 0], [0, 0, 1], [7, 9, 2], [1, 0], [0, 1]),
        ("larger", 0.5, [0, 1, 1, 1, 1, 2, 0, 3, 3, 3], [0, 1, 1], [7, 2, 9], [0, 1], [1, 0]),
        ("probability", 0.6, [0, 1, 1, 1, 1, 0, 0, 2, 2, 2], [0, 1], [7, 9], [0, 0], [1, 1]),
    ],
)
def test_rules(rule, keep, labels, classes, before, cut, dropped):
    settings = CombineSettings(rule=rule, keep=keep)
    found = settle([row(NUCLEI), row(BACTERIA)], settings, PROBABLE)
    assert found.labels.ravel().tolist() == labels
    assert (found.classes.tolist(), found.before.tolist()) == (classes, before)
    assert (found.cut.tolist(), found.dropped.tolist()) == (cut, dropped)
    assert found.areas.tolist() == [labels.count(number) for number in range(1, max(labels) + 1)]


def test_what_a_left_out_object_won_goes_to_the_others():
    """The middle object wins one pixel of the last, loses the rest to the first, and is left out."""
    layers = [row([1, 1, 1, 0, 0]), row([0, 2, 2, 2, 0]), row([0, 0, 0, 3, 3])]
    found = settle(layers, CombineSettings(rule="order"))
    assert found.labels.ravel().tolist() == [1, 1, 1, 2, 2]
    assert found.kept.tolist() == [1, 1]


def test_nothing_at_all():
    found = settle([row([0, 0]), row([0, 0])], CombineSettings(rule="larger"))
    assert not found.labels.any() and found.cut.tolist() == found.dropped.tolist() == [0, 0]
