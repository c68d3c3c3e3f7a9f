"""A crop has the same scaled grey values as in the frame that it was cut from."""

import csv

import numpy as np
import pytest
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.crops_table import LEVELS, read_crops
from cpretrain.dataset.reading import read_for_network, read_image
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.normalization import Normalization, normalize
from cpretrain.settings.crops import CropSettings


@pytest.fixture
def cut(tmp_path):
    """Crops of a corrected movie with two channels, padding and one bright corner."""
    pixels = np.random.default_rng(0).integers(90, 110, (2, 2, 240, 260)).astype(np.uint16)
    pixels[:, :, 30:60, 30:60] += 2000
    pixels[1, :, :20] = 0
    (tmp_path / "corrected").mkdir()
    tifffile.imwrite(tmp_path / "corrected" / "a.tif", pixels, imagej=True, metadata={"axes": "TCYX"})
    return cut_crops(tmp_path / "corrected", settings=CropSettings(per_image=6))


def test_crops_are_scaled_as_their_frames(cut, tmp_path):
    with TimeLapse(tmp_path / "corrected" / "a.tif") as movie:
        for crop in cut.crops:
            whole = normalize(movie.frame(crop.frame)[crop.z])
            window = whole[0, crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
            ready = read_for_network(cut.folder / crop.file).ready
            inside = slice(crop.border, -crop.border)
            assert ready[0, inside, inside] == pytest.approx(window, abs=1e-6)


@pytest.mark.parametrize(
    "old", [Normalization(of="image"), Normalization(percentiles=(0.1, 99.9)), "no table"]
)
def test_without_values_of_the_frame_the_crop_is_measured(cut, old):
    if old == "no table":
        (cut.folder / "crops.csv").unlink()
    how = None if old == "no table" else old
    for crop in cut.crops:
        image = read_for_network(cut.folder / crop.file, how=how)
        assert np.array_equal(image.ready[:1], normalize(image.planes[:1], how))


def test_a_table_of_before_is_read(cut):
    path = cut.folder / "crops.csv"
    rows = list(csv.DictReader(path.open(newline="")))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [name for name in rows[0] if name not in LEVELS], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    assert all(not crop.levels for crop in read_crops(cut.folder).values())
    image = read_for_network(cut.folder / rows[0]["file"])
    assert np.array_equal(image.ready[:1], normalize(image.planes[:1]))


def test_another_number_of_channels_than_in_the_table(cut):
    path = cut.folder / cut.crops[0].file
    tifffile.imwrite(path, tifffile.imread(path)[0])
    with pytest.raises(BadInput, match=r"differs in number of channels from crops\.csv"):
        read_for_network(path)


def test_channels_first(tmp_path):
    for shape, photometric, expected in (
        ((2, 20, 30), "minisblack", (2, 20, 30)),
        ((20, 30, 3), "rgb", (3, 20, 30)),
    ):
        tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint8), photometric=photometric)
        assert read_image(tmp_path / "a.tif").shape == expected
    with pytest.raises(BadInput):
        read_image(tmp_path / "none.tif")
