"""The plugin on arrays: a DataArray in, a DataArray out, one Fiji for several movies."""

import numpy as np
import pytest
import xarray as xr

from cpretrain import correct_drift_in_fiji, measure_drift, open_fiji, undo_drift
from tests.support.movies import DRIFT, write_movie

pytestmark = pytest.mark.fiji


def test_two_movies_in_one_fiji(fiji, tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    labelled = xr.DataArray(frames, dims=("t", "y", "x"))
    with open_fiji(fiji.home) as opened:
        first = correct_drift_in_fiji(labelled, fiji=opened)
        second = correct_drift_in_fiji(tmp_path / "raw" / "a.tif", fiji=opened)
        assert opened.starts == 1
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(np.stack([first.drift_y, first.drift_x], axis=1), DRIFT)
    np.testing.assert_array_equal(first.values, undo_drift(labelled, measure_drift(labelled)).values)
    assert second.attrs["unit"] == "µm"
