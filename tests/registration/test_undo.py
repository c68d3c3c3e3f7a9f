"""Undoing a drift on arrays gives the command's result, lazily if the movie is lazy."""

import pickle

import dask.array as da
import numpy as np
import pytest
import tifffile
import xarray as xr

from cpretrain import BadInput, DriftCurve, correct_drift, measure_drift, undo_drift
from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings import DriftSettings
from tests.support.movies import write_movie


@pytest.fixture(params=[False, True], ids=["whole pixels", "sub-pixel"])
def settings(request):
    return DriftSettings(engine="native", sub_pixel=request.param)


@pytest.fixture
def movie(tmp_path):
    path = tmp_path / "raw" / "movie.tif"
    write_movie(path)
    return path


def pixels_of(path):
    with TimeLapse(path) as opened:
        return np.stack([opened.frame(t).copy() for t in range(opened.shape[0])])


FORMS = {
    "a path": lambda path: path,
    "a text": str,
    "an array": pixels_of,
    "a dask array": lambda path: da.from_array(pixels_of(path), chunks=(2, 1, 1, 50, 50)),
    "a labelled array": lambda path: xr.DataArray(pixels_of(path)[:, 0, 0], dims=("t", "y", "x")),
    "a lazy labelled array": lambda path: xr.DataArray(
        da.from_array(pixels_of(path)[:, 0, 0].transpose(1, 2, 0)), dims=("row", "col", "t")
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_equals_what_the_command_writes(form, movie, settings, tmp_path):
    given = FORMS[form](movie)
    corrected = undo_drift(given, measure_drift(given, settings=settings))
    (written,) = correct_drift(movie, out=tmp_path / "out", settings=settings).done
    assert corrected.dims == ("t", "z", "c", "y", "x")
    assert corrected.dtype == np.uint16
    np.testing.assert_array_equal(corrected.values.squeeze(), tifffile.imread(written.corrected))
    assert isinstance(corrected.data, da.Array) == (
        "path" in form or "text" in form or "dask" in form or "lazy" in form
    )


def test_what_is_lazy_travels_to_another_process(movie, settings):
    corrected = undo_drift(movie, measure_drift(movie, settings=settings))
    again = pickle.loads(pickle.dumps(corrected))
    np.testing.assert_array_equal(again.values, corrected.values)


def test_a_lazy_movie_is_read_one_frame_at_a_time(settings):
    read = []

    def frame(block, block_id):
        read.append(block_id[0])
        return block

    pixels = da.zeros((5, 1, 1, 64, 64), np.uint8, chunks=(1, 1, 1, 64, 64)).map_blocks(frame, dtype=np.uint8)
    corrected = undo_drift(pixels, DriftCurve(np.zeros((5, 3), np.float32)))
    read.clear()
    corrected[3].compute()
    assert read == [3]


def test_the_curve_of_another_movie_is_refused(movie):
    with pytest.raises(BadInput, match="does not belong to this movie"):
        undo_drift(movie, DriftCurve(np.zeros((2, 3), np.float32)))
