"""Ticks are round numbers within the axis, not too many, with as many decimals as their step."""

import pytest

from cpretrain.drift.chart.ticks import ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "whole", "texts"),
    [
        (-1, 1, 8, False, "−1.00 −0.75 −0.50 −0.25 0.00 0.25 0.50 0.75 1.00"),
        (-0.05, 1.05, 5, True, "0 1"),
        (-5, 104, 5, True, "0 25 50 75 100"),
        (-41.3, 33.1, 8, False, "−40 −30 −20 −10 0 10 20 30"),
        (0.93, 0.961, 4, False, "0.93 0.94 0.95 0.96"),
        (1e6, 1e6 + 10, 2, False, "1000000 1000005 1000010"),
        (0.5, 0.5, 5, False, "0.5000000"),
    ],
)
def test_round_numbers(low, high, most, whole, texts):
    assert [text for _, text in ticks(low, high, most, whole)] == texts.split()
