"""Which point of the grid is taken, and how it is drawn."""

import numpy as np
import pytest

from cpretrain.evaluation.tuning import Grid, Surface

GRID = Grid(flow_thresholds=(0.2, 0.4, 0.8), cellprob_thresholds=(-1.0, 0.0, 2.0), diameters=(None, 30.0))


@pytest.mark.parametrize(
    ("peaks", "found"),
    [
        ({}, (0.4, 0.0, None)),
        ({(1, 2, 0): 0.9}, (0.8, -1.0, 30.0)),
        ({(1, 2, 0): 0.9, (1, 0, 2): 0.9}, (0.8, -1.0, 30.0)),
        ({(0, 0, 1): 0.9, (0, 2, 1): 0.9}, (0.2, 0.0, None)),
        ({(1, 1, 1): 0.9, (0, 1, 1): 0.9}, (0.4, 0.0, None)),
        ({(1, 1, 1): 0.9, (0, 1, 1): 0.9 - 1e-12}, (0.4, 0.0, None)),
    ],
    ids=[
        "all equal",
        "one peak",
        "nearer cellprob threshold",
        "nearer flow threshold",
        "own diameter",
        "rounding",
    ],
)
def test_the_best_and_of_equals_the_one_nearest_to_cellposes_own(peaks, found):
    precision = np.full((2, 3, 3), 0.5)
    for place, value in peaks.items():
        precision[place] = value
    surface = Surface(GRID, precision)
    assert tuple(surface.found().values()) == found
    assert list(surface.found()) == ["flow_threshold", "cellprob_threshold", "diameter"]
