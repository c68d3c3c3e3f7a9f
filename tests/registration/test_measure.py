"""Drift is the same wherever the pixels are: arrays, labelled arrays, files; misfits are reported."""

import numpy as np
import psutil
import pytest
import tifffile
import xarray as xr

from cpretrain.drift.correction import measure_drift
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.settings.drift import DriftSettings
from tests.support.movies import DRIFT, write_movie
from tests.support.textures import moving_window, textured

CORNERS = [(0, 2, 3), (1, 4, 2), (2, 5, 4)]
MOVED = np.array(CORNERS[0]) - CORNERS


@pytest.fixture(scope="module")
def pixels():
    """Return two channels of which the second one moves, shape (T, Z, C, Y, X)."""
    moving = moving_window(textured((12, 50, 55), 0), (10, 40, 45), CORNERS, "uint16").pixels
    return np.concatenate([np.full_like(moving, 7), moving], axis=2)


@pytest.mark.parametrize("held", ["array", "DataArray", "Frames", "lazy"])
def test_arrays(pixels, held):
    if held == "lazy":
        pytest.importorskip("dask")
    movie = {
        "array": lambda: pixels,
        "Frames": lambda: ArrayFrames(pixels),
        "DataArray": lambda: xr.DataArray(pixels.transpose(4, 2, 0, 1, 3), dims=("x", "ch", "t", "pln", "Y")),
        "lazy": lambda: xr.DataArray(pixels, dims=tuple("tzcyx")).chunk({"t": 1}),
    }[held]()
    np.testing.assert_array_equal(measure_drift(movie, settings=DriftSettings(channel=2)).drift, MOVED)


def test_axes_that_a_labelled_array_lacks(pixels):
    movie = xr.DataArray(pixels[:, 5, 1], dims=("frame", "row", "col"))
    curve = measure_drift(movie)
    assert curve.drift.shape == (3, 3)
    np.testing.assert_array_equal(curve.drift[:, 1:], measure_drift(pixels[:, 5:6, 1:]).drift[:, 1:])


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file(tmp_path, as_text):
    write_movie(tmp_path / "raw" / "a.tif")
    path = tmp_path / "raw" / "a.tif"
    curve = measure_drift(str(path) if as_text else path)
    np.testing.assert_array_equal(curve.drift[:, 1:], DRIFT)
    assert (curve.clipped_pairs, curve.uncertain_pairs) == ((), ())


def test_axes_of_a_file_by_name(tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    tifffile.imwrite(tmp_path / "z.tif", frames, imagej=True, metadata={"axes": "ZYX"})
    curve = measure_drift(tmp_path / "z.tif", settings=DriftSettings(axes="TYX"))
    np.testing.assert_array_equal(curve.drift[:, 1:], DRIFT)


def test_arrays_without_names_of_axes_are_not_guessed(pixels):
    with pytest.raises(BadInput, match="the axes of the array are not known") as caught:
        measure_drift(pixels[:, 0, 0])
    assert "xarray.DataArray(pixels, dims=('t', 'y', 'x'))" in caught.value.cure


@pytest.mark.parametrize("movie", [[np.zeros((4, 5))] * 3, [np.zeros((4, 5)), np.zeros((3, 5))], None, 7])
def test_what_is_no_movie_is_refused_in_words(movie):
    with pytest.raises(BadInput, match="a movie is a file, an array") as caught:
        measure_drift(movie)
    assert "numpy.stack" in caught.value.cure


class Enormous:
    """Frames too large for any machine; reading one is an error."""

    dtype = np.dtype(np.uint16)

    def __init__(self, side):
        self.shape = (5, 1, 1, side, side)

    def frame(self, t):
        raise AssertionError("a frame was read")


def test_frames_too_large_to_measure_are_refused_before_one_is_read():
    side = int((psutil.virtual_memory().total / 50) ** 0.5)  # a frame alone would fit
    with pytest.raises(BadInput, match="too large to measure in memory") as caught:
        measure_drift(Enormous(side))
    assert caught.value.found.endswith("GB") and caught.value.expected.endswith("GB")
    with pytest.raises(AssertionError, match="a frame was read"):
        measure_drift(Enormous(side), settings=DriftSettings(roi=(0, 0, 100, 100)))
