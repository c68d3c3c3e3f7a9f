"""Objects missed, merged, split and invented, planted one by one."""

import numpy as np
import pytest

from cpretrain.evaluation.object_errors import OUTCOMES, judge, size_limits, size_of
from cpretrain.images.valid_box import valid_box
from cpretrain.metrics.overlaps import find_overlaps


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Return a label image of rectangles y, x, height, width, numbered from 1."""
    labels = np.zeros((30, 30), int)
    for number, (y, x, height, width) in enumerate(boxes, start=1):
        labels[y : y + height, x : x + width] = number
    return labels


A, B = (4, 4, 6, 6), (4, 10, 6, 6)
LEFT, RIGHT = (4, 4, 6, 3), (4, 7, 6, 3)


@pytest.mark.parametrize(
    ("true", "predicted", "of_true", "of_predicted"),
    [
        ([A], [A], ["matched"], ["matched"]),
        ([A], [(4, 4, 6, 4)], ["matched"], ["matched"]),
        ([A], [(4, 4, 6, 2)], ["missed"], ["extra"]),
        ([A], [], ["missed"], []),
        ([], [A], [], ["extra"]),
        ([A, B], [(4, 4, 6, 12)], ["matched", "merged"], ["matched"]),
        ([A, B], [(3, 3, 8, 14)], ["merged", "merged"], ["extra"]),
        ([A], [LEFT, (4, 7, 2, 3)], ["matched"], ["matched", "extra"]),
        ([(4, 4, 6, 9)], [LEFT, RIGHT, (4, 10, 6, 3)], ["split"], ["extra"] * 3),
        ([(4, 4, 9, 9)], [(4, 4, 3, 3), (9, 9, 3, 3)], ["missed"], ["extra"] * 2),
        ([A, B], [(4, 4, 6, 7), (4, 11, 6, 5)], ["matched", "matched"], ["matched", "matched"]),
    ],
    ids=[
        "equal", "smaller", "too small", "not found", "made up", "one takes the other in", "both in one",
        "matched in spite of a part cut off", "in three", "two specks in it", "line between them off",
    ],
)  # fmt: skip
def test_outcomes(true, predicted, of_true, of_predicted):
    true, predicted = drawn(*true), drawn(*predicted)
    judged = judge(true, predicted, find_overlaps(true, predicted), valid_box(np.ones((30, 30))))
    assert [list(side.outcomes) for side in judged] == [of_true, of_predicted]
    assert {*of_true, *of_predicted} <= set(OUTCOMES)


def test_areas_centres_and_iou_are_those_of_the_objects():
    true, predicted = drawn(A, (20, 20, 2, 4)) * 100, drawn((4, 4, 6, 4))
    found, guess = judge(true, predicted, find_overlaps(true, predicted), None)
    assert found.labels.tolist() == [100, 200]
    assert found.areas.tolist() == [36, 8]
    assert found.centres.tolist() == [[6.5, 6.5], [20.5, 21.5]]
    assert found.iou == pytest.approx([4 / 6, 0])
    assert guess.iou == pytest.approx([4 / 6])


@pytest.mark.parametrize(
    ("box", "border"),
    [
        ((2, 10, 4, 4), True),
        ((3, 10, 4, 4), False),
        ((0, 10, 4, 4), True),
        ((20, 20, 8, 4), True),
        ((20, 20, 7, 4), False),
        ((10, 24, 4, 4), True),
        ((10, 23, 4, 4), False),
    ],
)
def test_border_is_that_of_the_data_not_of_its_zeros(box, border):
    """A crop with an edge of two pixels of zeros: data from row and column 2 to 27."""
    labels = drawn(box)
    judged, _ = judge(labels, labels, find_overlaps(labels, labels), (slice(2, 28), slice(2, 28)))
    assert judged.border.tolist() == [border]


def test_sizes_are_thirds():
    limits = size_limits(np.arange(1, 10))
    assert [size_of(area, limits) for area in range(1, 10)] == ["small"] * 3 + ["medium"] * 3 + ["large"] * 3
    assert size_limits([]) == (0, 0)
    assert [size_of(7, size_limits([7, 7, 7]))] == ["medium"]
