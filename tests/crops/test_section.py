"""Crops across the planes of a stack: their pixels are as high as wide, and lie where the table says."""

import numpy as np
import pytest
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.crops.section import rescale_rows, section
from cpretrain.dataset.crops_table import read_crops
from cpretrain.dataset.reading import read_for_network
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.crops import CropSettings

ALL = CropSettings(planes="xy,xz,yz", per_image=9, size=40, border=2)


def write_stack(path, pixels, spacing=1.5, pixel=0.5):
    path.parent.mkdir(exist_ok=True)
    facts = {"axes": "TZYX", "unit": "micron", "spacing": spacing}
    tifffile.imwrite(path, pixels, imagej=True, resolution=(1 / pixel, 1 / pixel), metadata=facts)


@pytest.fixture
def ramp():
    """Two stacks (T, Z, Y, X) whose grey values rise by 300 for each plane, 10 for each row, 1 for each column."""
    t, z, y, x = np.indices((2, 20, 50, 60))
    return (1000 * t + 300 * z + 10 * y + x + 1).astype(np.uint16)


def test_grey_values_are_those_of_the_places_in_the_table(tmp_path, ramp):
    write_stack(tmp_path / "raw" / "a.tif", ramp)
    crops = cut_crops(tmp_path / "raw", settings=ALL).crops
    assert [crop.plane for crop in crops] == ["xy", "xz", "yz"] * 3
    assert read_crops(tmp_path / "training_images") == {crop.file: crop for crop in crops}
    for crop in crops:
        image = tifffile.imread(tmp_path / "training_images" / crop.file)
        assert image.shape == (44, 44) and not image[:2].any() and not image[:, -2:].any()
        row, column = np.indices((40, 40)).astype(float)
        if crop.plane == "xy":
            z, y, x = crop.z, crop.y + row, crop.x + column
        else:
            z = np.clip(crop.z + (row + 0.5) / 3 - 0.5, crop.z, crop.z + crop.rows - 1)
            y, x = (crop.y, crop.x + column) if crop.plane == "xz" else (crop.y + column, crop.x)
            assert crop.anisotropy == 3 and crop.rows == 14
        expected = 1000 * crop.frame + 300 * z + 10 * y + x + 1
        assert np.abs(image[2:-2, 2:-2] - expected).max() <= 0.5


def test_the_file_says_plane_pixel_size_and_source(tmp_path, ramp):
    write_stack(tmp_path / "raw" / "a.tif", ramp)
    crops = cut_crops(tmp_path / "raw", settings=ALL).crops
    with TimeLapse(tmp_path / "training_images" / crops[1].file) as image:
        assert image.calibration.pixel_size == (0.5, 0.5, 0.5) and image.calibration.unit == "µm"
    with tifffile.TiffFile(tmp_path / "training_images" / crops[1].file) as file:
        said = file.imagej_metadata["Info"]
    assert said.startswith(f"a.tif, frame {crops[1].frame}, XZ plane, y {crops[1].y}, ")
    assert f"_xz_z{crops[1].z:03d}" in crops[1].file


def test_a_rerun_cuts_the_same_crop_again(tmp_path, ramp):
    write_stack(tmp_path / "raw" / "a.tif", ramp)
    first = cut_crops(tmp_path / "raw", settings=ALL)
    lost = first.folder / first.crops[2].file
    before = tifffile.imread(lost)
    lost.unlink()
    assert cut_crops(tmp_path / "raw", settings=ALL).crops == first.crops
    assert np.array_equal(tifffile.imread(lost), before)


def test_all_crops_of_a_stack_are_scaled_as_flows_in_3d_are(tmp_path, ramp):
    padded = np.pad(ramp[:1], ((0, 0), (2, 0), (7, 0), (0, 9)))
    write_stack(tmp_path / "raw" / "a.tif", padded)
    result = cut_crops(tmp_path / "raw", settings=ALL)
    low, high = np.percentile(ramp[0].astype(np.float32), (1, 99))
    assert {(crop.frame_low, crop.frame_high) for crop in result.crops} == {((low,), (high,))}
    crop = result.crops[1]
    ready = read_for_network(result.folder / crop.file).ready[0]
    grey = tifffile.imread(result.folder / crop.file).astype(np.float32)
    assert np.allclose(ready[2:-2, 2:-2], ((grey - low) / (high - low))[2:-2, 2:-2], atol=1e-5)


def test_a_thin_stack_gives_lower_crops(tmp_path, ramp):
    write_stack(tmp_path / "raw" / "a.tif", ramp[:, :12])
    crops = cut_crops(tmp_path / "raw", settings=ALL.replace(planes=("xz",))).crops
    assert {(crop.height, crop.width, crop.rows, crop.z) for crop in crops} == {(36, 40, 12, 0)}


@pytest.mark.parametrize(
    ("planes", "message"), [(5, "at most 60 × 15 pixels"), (1, "has no stacks to cut along z")]
)
def test_too_few_planes(tmp_path, ramp, planes, message):
    write_stack(tmp_path / "raw" / "a.tif", ramp[:, :planes])
    with pytest.raises(BadInput, match=message):
        cut_crops(tmp_path / "raw", settings=ALL.replace(planes=("xz",)))


def test_a_stack_without_sizes_is_taken_as_given_or_warned_of(tmp_path, ramp, capsys):
    (tmp_path / "raw").mkdir()
    tifffile.imwrite(
        tmp_path / "raw" / "a.tif", np.tile(ramp, (1, 3, 1, 1)), imagej=True, metadata={"axes": "TZYX"}
    )
    crops = cut_crops(tmp_path / "raw", settings=ALL, out=tmp_path / "1").crops
    assert {crop.anisotropy for crop in crops} == {1.0}
    assert "states neither pixel size nor z step" in capsys.readouterr().err
    crops = cut_crops(tmp_path / "raw", settings=ALL.replace(anisotropy=2.5), out=tmp_path / "2").crops
    assert {crop.anisotropy for crop in crops} == {1.0, 2.5}
    assert "states neither" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stated", "distance", "warned"),
    [({}, 4.0, True), ({"spacing": 1.0}, 4.0, False), ({"spacing": 0.5}, 2.0, False)],
)
def test_a_z_step_that_imagej_left_out_is_warned_of(tmp_path, ramp, capsys, stated, distance, warned):
    (tmp_path / "raw").mkdir()
    tifffile.imwrite(
        tmp_path / "raw" / "a.tif", np.tile(ramp, (1, 3, 1, 1)), imagej=True, resolution=(4, 4),
        metadata={"axes": "TZYX", "unit": "um", **stated},
    )  # fmt: skip
    crops = cut_crops(tmp_path / "raw", settings=ALL).crops
    assert {crop.anisotropy for crop in crops} == {1.0, distance}
    said = capsys.readouterr().err
    assert ("states the pixel size, 0.25 µm, but not the z step" in said) is warned
    assert ("anisotropy" in said) is warned


def test_xy_only_is_as_before(tmp_path, ramp):
    write_stack(tmp_path / "raw" / "a.tif", ramp)
    result = cut_crops(tmp_path / "raw", settings=ALL.replace(planes=("xy",)))
    header = (result.folder / "crops.csv").read_text().splitlines()[0]
    assert "plane" not in header and "anisotropy" not in header
    assert all(len(set(crop.frame_low)) == 1 for crop in result.crops)


@pytest.mark.parametrize(("plane", "shape"), [("xy", (2, 5, 6)), ("xz", (2, 4, 6)), ("yz", (2, 4, 5))])
def test_axes_of_a_section(plane, shape):
    stack = np.random.default_rng(0).integers(0, 9, (4, 2, 5, 6))
    assert section(stack, plane, 1).shape == shape


def test_rescaling_is_that_of_cellpose():
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(0).random((1, 10, 30)).astype(np.float32)
    expected = cv2.resize(image[0], (30, 35), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(rescale_rows(image, 35, 3.5)[0], expected, atol=1e-5)
