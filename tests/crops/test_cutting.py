"""Crops hold data, have the positions in crops.csv, and depend on the seed, not on chance."""

import csv
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from cpretrain.crops.crop_image import add_border
from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.crops_table import Crop, read_crops
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.crops import CropSettings


def write_movie(path, shape=(6, 150, 160), axes="TYX", seed=0, dtype="uint16"):
    pixels = np.random.default_rng(seed).integers(1, 200, shape).astype(dtype)
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": axes})
    return pixels


@pytest.mark.parametrize(
    ("axes", "shape"),
    [("YX", (150, 160)), ("TYX", (6, 150, 160)), ("TCYX", (4, 3, 150, 160)), ("TZCYX", (3, 2, 2, 120, 130))],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_crops_are_what_the_table_says(tmp_path, axes, shape, dtype):
    write_movie(tmp_path / "corrected" / "Zelle [a] ü.tif", shape, axes, dtype=dtype)
    result = cut_crops(tmp_path / "corrected")
    assert result.folder == tmp_path / "training_images"
    assert len(result.crops) == 5
    assert list(read_crops(result.folder).values()) == result.crops
    with TimeLapse(tmp_path / "corrected" / "Zelle [a] ü.tif") as movie:
        for crop in result.crops:
            image = tifffile.imread(result.folder / crop.file)
            assert image.shape[-2:] == (104, 104)
            assert image.dtype == dtype
            source = movie.frame(crop.frame)[crop.z, :, crop.y : crop.y + 100, crop.x : crop.x + 100]
            assert np.array_equal(image, add_border(source, 2).squeeze())


def test_frames_differ_as_long_as_there_are_enough(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    assert len({crop.frame for crop in cut_crops(tmp_path / "raw").crops}) == 5


def test_seed_decides_and_neighbours_do_not(tmp_path):
    write_movie(tmp_path / "one" / "a.tif")
    write_movie(tmp_path / "two" / "a.tif")
    write_movie(tmp_path / "two" / "b.tif", seed=1)
    alone = cut_crops(tmp_path / "one", out=tmp_path / "1").crops
    beside = [
        crop for crop in cut_crops(tmp_path / "two", out=tmp_path / "2").crops if crop.source == "a.tif"
    ]
    other = cut_crops(tmp_path / "one", out=tmp_path / "3", settings=CropSettings(seed=1)).crops
    assert alone == beside
    assert {(c.frame, c.y, c.x) for c in alone} != {(c.frame, c.y, c.x) for c in other}


def test_padding_is_not_drawn(tmp_path):
    pixels = np.zeros((8, 260, 250), np.uint16)
    pixels[[1, 3]] = np.pad(np.full((120, 110), 9, np.uint16), ((100, 40), (20, 120)))
    pixels[5, :60, :60] = 9  # some data, but too little for a crop
    (tmp_path / "c").mkdir()
    tifffile.imwrite(tmp_path / "c" / "a.tif", pixels, imagej=True, metadata={"axes": "TYX"})
    crops = cut_crops(tmp_path / "c", settings=CropSettings(per_image=20)).crops
    assert {crop.frame for crop in crops} == {1, 3}
    assert len(crops) == 20
    for crop in crops:
        assert pixels[crop.frame, crop.y : crop.y + 100, crop.x : crop.x + 100].all()


def test_frames_only(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    crops = cut_crops(tmp_path / "raw", settings=CropSettings(frames_only="1,4")).crops
    assert {crop.frame for crop in crops} == {1, 4}
    with pytest.raises(BadInput, match="has none of the frames"):
        cut_crops(tmp_path / "raw", out=tmp_path / "x", settings=CropSettings(frames_only=(9,)))


def test_too_small_image_among_good_ones_is_told_and_the_rest_goes_on(tmp_path):
    write_movie(tmp_path / "raw" / "good.tif")
    write_movie(tmp_path / "raw" / "small.tif", (3, 99, 200))
    (tmp_path / "raw" / "broken.tif").write_bytes(b"nonsense")
    result = cut_crops(tmp_path / "raw")
    assert {path.name for path in result.failed} == {"small.tif", "broken.tif"}
    assert "at most 200 × 99 pixels" in str(result.failed[tmp_path / "raw" / "small.tif"])
    assert {crop.source for crop in result.crops} == {"good.tif"}


def test_nothing_is_written_when_no_image_can_be_used(tmp_path):
    write_movie(tmp_path / "raw" / "small.tif", (3, 50, 50))
    with pytest.raises(BadInput, match="too small for a crop"):
        cut_crops(tmp_path / "raw")
    assert not (tmp_path / "training_images").exists()


def test_a_rerun_keeps_crops_and_other_settings_do_not_replace_them(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    first = cut_crops(tmp_path / "raw")
    times = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert cut_crops(tmp_path / "raw").crops == first.crops
    with pytest.raises(BadInput, match="holds crops from other images or settings"):
        cut_crops(tmp_path / "raw", settings=CropSettings(seed=5))
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == times


def broken_among_good(folder):
    write_movie(folder / "a.tif")
    (folder / "broken.tif").write_bytes(b"nonsense")


def crops_command(*arguments):
    command = [sys.executable, "-m", "cpretrain.cli", "crops", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def test_a_broken_image_is_told_in_every_run(tmp_path):
    broken_among_good(tmp_path / "raw")
    first = cut_crops(tmp_path / "raw")
    times = {crop.file: (first.folder / crop.file).stat().st_mtime_ns for crop in first.crops}
    for _ in range(2):
        again = cut_crops(tmp_path / "raw")
        assert (again.crops, again.failed.keys()) == (first.crops, first.failed.keys())
    assert {name: (first.folder / name).stat().st_mtime_ns for name in times} == times


def test_the_command_on_a_broken_image_twice(tmp_path):
    broken_among_good(tmp_path / "raw")
    for _ in range(2):
        done = crops_command(tmp_path / "raw", "--out", tmp_path / "out")
        assert done.returncode == 1
        assert "failed: broken.tif" in done.stderr


def test_a_seed_below_0(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    done = crops_command(tmp_path / "raw", "--seed", "-1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --seed: ") and "Traceback" not in done.stderr


def test_a_run_that_was_killed_before_its_record_goes_on(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    first = cut_crops(tmp_path / "raw")
    (first.folder / "crops.json").unlink()
    (first.folder / first.crops[0].file).unlink()
    assert cut_crops(tmp_path / "raw").crops == first.crops
    assert (first.folder / first.crops[0].file).is_file()


def test_crops_are_known_when_their_images_lie_in_another_folder(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    first = cut_crops(tmp_path / "raw")
    (tmp_path / "raw").rename(tmp_path / "renamed")
    assert cut_crops(tmp_path / "renamed").crops == first.crops


def test_a_crop_that_is_gone_is_cut_where_it_was(tmp_path):
    """Even if this version would draw other positions: somebody may have drawn on the other crops."""
    write_movie(tmp_path / "raw" / "a.tif")
    first = cut_crops(tmp_path / "raw")
    whole = {path: path.read_bytes() for path in first.folder.glob("*.tif")}
    for path in whole:
        path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cpretrain.crops.cutting.draw", None)
        assert cut_crops(tmp_path / "raw").crops == first.crops
    assert {path: path.read_bytes() for path in first.folder.glob("*.tif")} == whole


def test_damaged_table(tmp_path):
    (tmp_path / "crops.csv").write_text("file,source\na.tif,b.tif\n")
    with pytest.raises(BadInput, match="is not the table of crops"):
        read_crops(tmp_path)


def test_columns_of_the_table(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    folder = cut_crops(tmp_path / "raw").folder
    with open(folder / "crops.csv", newline="") as file:
        header = next(csv.reader(file))
    places = ["file", "source", "frame", "z", "y", "x", "height", "width", "border", "seed"]
    assert header == [*places, "frame_low", "frame_high"]
    assert [*header, "source_file", "plane", "anisotropy"] == list(Crop.__dataclass_fields__)


def test_images_of_other_formats_are_named_but_not_the_pictures_of_a_drift_correction(tmp_path, capsys):
    write_movie(tmp_path / "corrected" / "a.tif")
    for name in ("a.drift.png", "a.mask.png", "b.avi"):
        (tmp_path / "corrected" / name).touch()
    cut_crops(tmp_path / "corrected")
    said = capsys.readouterr().err
    assert "corrected: 1 images in other formats are skipped: b.avi; save them as TIFF" in said
