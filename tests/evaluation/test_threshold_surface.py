"""Choice of a point in the grid: Cellpose's own unless another one is shown to be better."""

import numpy as np
import pytest

from cpretrain.evaluation.confidence_intervals import Clusters
from cpretrain.evaluation.threshold_surface import Surface, ThresholdGrid, draw_surfaces

GRID = ThresholdGrid(
    flow_thresholds=(0.2, 0.4, 0.8), cellprob_thresholds=(-1.0, 0.0, 2.0), diameters=(None, 30.0)
)
IMAGES = 20
NOISE = np.random.default_rng(0).normal(0, 0.1, IMAGES)


def surface(gains: dict[tuple[int, int, int], float], noise: float = 0.0) -> Surface:
    """Return a surface with equal points, except for some that gain about a given amount in each image."""
    precision = np.full((IMAGES, 2, 3, 3), 0.5)
    for index, gain in gains.items():
        precision[:, *index] += gain + noise * (NOISE - NOISE.mean())
    return Surface(GRID, precision, Clusters(tuple(range(IMAGES)), IMAGES, 0))


@pytest.mark.parametrize(
    ("gains", "noise", "taken"),
    [
        ({}, 0, (0.4, 0.0, None)),
        ({(0, 0, 1): 0.1}, 1, (0.2, 0.0, None)),
        ({(0, 0, 1): 0.01}, 1, (0.4, 0.0, None)),
        ({(1, 2, 0): 0.1}, 1, (0.8, -1.0, 30.0)),
        ({(0, 0, 1): 0.2, (0, 2, 2): 0.21}, 1, (0.8, 2.0, None)),
        ({(0, 0, 1): 0.2, (0, 2, 2): 0.2}, 1, (0.2, 0.0, None)),
        ({(0, 1, 1): 0.2, (1, 1, 1): 0.2}, 0, (0.4, 0.0, None)),
    ],
    ids=[
        "all equal", "shown to be better", "not shown", "another diameter", "of two the one shown to be better",
        "of equals the nearer", "of equals the own diameter",
    ],
)  # fmt: skip
def test_what_is_taken(gains, noise, taken):
    one = surface(gains, noise)
    found = one.found()
    assert (found["flow_threshold"], found["cellprob_threshold"], found["diameter"]) == taken
    assert found["highest"] == pytest.approx(one.mean.max())
    assert found["mean_average_precision"] == pytest.approx(one.mean[one.taken])


def test_picture(tmp_path):
    draw_surfaces(tmp_path / "a.png", {"base": surface({}), "retrained": surface({(1, 2, 0): 0.1})})
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
