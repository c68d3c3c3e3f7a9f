"""Settings that do not fit a movie are refused with a cure."""

from pathlib import Path

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.registration.checks import check_drift_settings
from cpretrain.settings.drift import DriftSettings


class Movie:
    """A movie without pixels, since checks read no frame."""

    def __init__(self, shape, dtype="uint16", **more):
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.__dict__ |= more


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 1, 1, 3, 3), {}),
        ((5, 7, 2, 50, 60), {"channel": 2, "z_range": (1, 7), "roi": (0, 0, 60, 50)}),
        ((5, 7, 1, 50, 60), {"z_range": (4, 4)}),
        ((5, 2, 1, 50, 60), {"only_xy": True}),
        ((5, 7, 1, 50, 60), {"z_range": (3, 4), "only_xy": True}),
    ],
)
def test_settings_that_fit(shape, options):
    check_drift_settings(Movie(shape), DriftSettings(**options))


@pytest.mark.parametrize(
    ("shape", "options", "problem", "cure"),
    [
        ((5, 1, 2, 50, 60), {"channel": 3}, "no channel 3", "channel= from 1 to 2"),
        ((5, 1, 1, 50, 60), {"channel": 2}, "no channel 2", "leave out channel="),
        ((5, 4, 1, 50, 60), {"z_range": (1, 5)}, "no z planes 1 to 5", None),
        ((5, 4, 1, 50, 60), {"z_range": (3, 2)}, "no z planes 3 to 2", None),
        ((5, 2, 1, 50, 60), {}, "2 z planes are too few", "only_xy=True"),
        ((5, 9, 1, 50, 60), {"z_range": (4, 5)}, "2 z planes are too few", "only_xy=True"),
        ((1, 1, 1, 50, 60), {}, "only one frame", "all frames of the movie"),
        ((1, 13, 1, 50, 60), {}, "only one frame", 'axes="TYX"'),
        ((1, 13, 3, 50, 60), {}, "only one frame", "axes="),
        ((5, 1, 1, 2, 60), {}, "too small", None),
        ((5, 1, 1, 50, 60), {"roi": (20, 0, 41, 50)}, "ROI reaches beyond", "roi=(X, Y, WIDTH, HEIGHT)"),
        ((5, 1, 1, 50, 60), {"roi": (0, 1, 60, 50)}, "ROI reaches beyond", "roi=(X, Y, WIDTH, HEIGHT)"),
        ((5, 1, 1, 50, 60), {"roi": (0, 0, 2, 50)}, "too small", None),
    ],
)
def test_settings_that_do_not_fit(shape, options, problem, cure):
    with pytest.raises(BadInput, match=problem) as caught:
        check_drift_settings(Movie(shape, path=Path("a/b.tif")), DriftSettings(**options))
    assert str(caught.value).startswith(str(Path("a/b.tif")) + ": ")
    assert cure is None or cure in caught.value.cure


def test_movies_that_cannot_be_measured():
    with pytest.raises(BadInput, match="RGB"):
        check_drift_settings(Movie((5, 1, 3, 50, 60), "uint8", is_rgb=True), DriftSettings())
    for dtype in ("int16", "float64", "bool"):
        with pytest.raises(BadInput, match=dtype):
            check_drift_settings(Movie((5, 1, 1, 50, 60), dtype), DriftSettings())
