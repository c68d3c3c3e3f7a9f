import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.evaluation.iou_thresholds import parse_thresholds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5:0.95:0.05", tuple(np.round(np.arange(0.5, 1, 0.05), 6).tolist())),
        ("0.5,0.75,0.9", (0.5, 0.75, 0.9)),
        ("0.5", (0.5,)),
    ],
)
def test_thresholds(text, expected):
    assert parse_thresholds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "half", "0.5:0.9", "0.5:0.9:0", "0,0.5", "0.5,1.5", "nan", "0.5:0.9:1e-12", "0.9:0.5:0.1"]
)
def test_thresholds_that_are_none(text):
    with pytest.raises(BadInput, match="thresholds"):
        parse_thresholds(text)
