"""Crops drawn from arrays equal those that the command cuts from a file with that name."""

import dask.array as da
import numpy as np
import pytest
import tifffile
import xarray as xr

from cpretrain import BadInput, cut_crops, draw_crops
from cpretrain.dataset.crops_table import read_crops
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
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


def test_planes_of_a_stack_are_cut_as_by_the_command(tmp_path):
    stack = np.random.default_rng(0).integers(1, 999, (1, 16, 1, 50, 60)).astype(np.uint16)
    size = Calibration((0.9, 0.3, 0.3), "µm")
    write_frames(tmp_path / "raw" / "a.tif", stack, stack.shape, stack.dtype, size)
    planes = "xy", "xz", "yz"
    settings = CropSettings(per_image=3, size=40, planes=planes)
    cut = cut_crops(tmp_path / "raw", settings=settings, out=tmp_path / "crops")
    labelled = xr.DataArray(stack[:, :, 0], dims=("t", "z", "y", "x"))
    for movie, distance in ((tmp_path / "raw" / "a.tif", None), (labelled, 3.0)):
        drawn = draw_crops(movie, per_image=3, size=40, planes=planes, anisotropy=distance, name="a.tif")
        assert [crop.plane for crop in drawn.crops] == ["xy", "xz", "yz"]
        assert [crop.place for crop in drawn.crops] == [crop.place for crop in cut.crops]
        for image, crop in zip(drawn.images, cut.crops, strict=True):
            np.testing.assert_array_equal(image, tifffile.imread(cut.folder / crop.file))


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
