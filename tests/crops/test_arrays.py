"""Crops drawn from arrays equal those that the command cuts from a file with that name."""

import dask.array as da
import numpy as np
import pytest
import tifffile
import xarray as xr

from cpretrain import BadInput, cut_crops, draw_crops
from cpretrain.dataset.crops_table import read_crops
from cpretrain.settings import CropSettings
from tests.support.movies import write_movie


@pytest.mark.parametrize("form", ["path", "array", "dask"])
def test_equals_what_the_command_cuts(form, tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    labelled = xr.DataArray(frames if form == "array" else da.from_array(frames), dims=("t", "y", "x"))
    drawn = draw_crops(
        tmp_path / "raw" / "a.tif" if form == "path" else labelled, per_image=4, size=30, seed=3, name="a.tif"
    )
    cut = cut_crops(
        tmp_path / "raw", settings=CropSettings(per_image=4, size=30, seed=3), out=tmp_path / "crops"
    )
    assert [(crop.frame, crop.y, crop.x) for crop in drawn.crops] == [
        (crop.frame, crop.y, crop.x) for crop in cut.crops
    ]
    for image, crop in zip(drawn.images, cut.crops, strict=True):
        np.testing.assert_array_equal(image, tifffile.imread(cut.folder / crop.file))
    assert list(drawn.to_frame().file) == list(read_crops(cut.folder))


def test_channels_stay_together():
    movie = xr.DataArray(np.random.default_rng(0).integers(1, 9, (2, 3, 40, 50)), dims=("t", "c", "y", "x"))
    crops = draw_crops(movie.astype("uint8"), per_image=2, size=20, border=0)
    assert [image.shape for image in crops.images] == [(3, 20, 20)] * 2
    crop = crops.crops[0]
    np.testing.assert_array_equal(
        crops.images[0], movie.values[crop.frame, :, crop.y : crop.y + 20, crop.x : crop.x + 20]
    )


def test_too_small():
    with pytest.raises(BadInput, match="too small for a crop"):
        draw_crops(xr.DataArray(np.ones((2, 9, 9), np.uint8), dims=("t", "y", "x")), size=20)
