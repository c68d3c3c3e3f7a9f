"""Pixels of every type become grey values by a rule that the person names and the record states, in every step."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.crops import CropSettings
from tests.support.movies import DRIFT, NATIVE, write_movie


def write(path, pixels, **how):
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": "TYX"}, **how)
    return path


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        ("bool", 'type bool became 32-bit floats (convert="float")'),
        ("int16", 'type int16 became 32-bit floats (convert="float")'),
        ("uint32", 'type uint32 became 32-bit floats; they are rounded to 24 bits (convert="float")'),
        ("int32", 'type int32 became 32-bit floats; they are rounded to 24 bits (convert="float")'),
        ("float16", 'type float16 became 32-bit floats (convert="float")'),
        (
            "float64",
            'type float64 became 32-bit floats; they are rounded to 24 bits, about 7 digits (convert="float")',
        ),
    ],
)
def test_other_types_become_floats(tmp_path, dtype, said):
    pixels = (np.random.default_rng(0).normal(0, 1e5, (2, 20, 30))).astype(dtype)
    path = write(tmp_path / "a.tif", pixels)
    with pytest.raises(BadInput, match=r'convert="(float|offset)"'):
        correct_drift(path, settings=NATIVE, out=tmp_path / "out")
    with TimeLapse(path, convert="float") as movie:
        assert movie.notes == [f"pixels of {said}"]
        assert movie.dtype == np.float32
        np.testing.assert_array_equal(movie.frame(1)[0, 0], pixels[1].astype(np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_what_can_be_measured_is_not_converted(tmp_path, dtype):
    path = write(tmp_path / "a.tif", np.ones((2, 20, 30), dtype))
    with pytest.raises(BadInput, match='convert="float" does not fit'):
        TimeLapse(path, convert="float")


def test_the_offset_of_signed_pixels_is_kept_in_the_corrected_movie(tmp_path):
    grey = write_movie(tmp_path / "grey.tif")
    signed = (grey.astype(np.int32) - 300).astype(np.int16)
    path = write(tmp_path / "a.tif", signed)
    [done] = correct_drift(path, settings=NATIVE.replace(convert="offset"), out=tmp_path / "out").done
    assert np.array_equal(done.curve.drift[:, 1:], DRIFT)
    with tifffile.TiffFile(done.corrected) as file:
        facts = file.imagej_metadata  # what ImageJ calls a signed 16-bit image
        assert (facts["cf"], facts["c0"], facts["c1"]) == (0, -32768.0, 1.0)
    with TimeLapse(done.corrected) as movie:
        assert movie.calibration.value_offset == -32768
        frame = movie.frame(0)[0, 0].astype(int)
    values = frame[frame > 0] + -32768
    assert (values.min(), values.max()) == (signed[0].min(), signed[0].max())


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_pixels_are_unpacked_as_they_are(tmp_path, bits):
    pixels = np.random.default_rng(0).integers(0, 2**bits, (2, 20, 30)).astype(np.uint16)
    rows = np.unpackbits(pixels.astype(">u2").view(np.uint8).reshape(2, 20, 30, 2), axis=-1)[..., 16 - bits :]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for plane in rows:
            packed = np.packbits(plane.reshape(20, -1), axis=1)
            file.write(iter([packed.tobytes()]), shape=(20, 30), dtype=np.uint16, bitspersample=bits,
                       photometric="minisblack", rowsperstrip=20, metadata=None)  # fmt: skip
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.dtype == np.uint16
        np.testing.assert_array_equal([movie.frame(t)[0, 0] for t in range(2)], pixels)


@pytest.mark.parametrize(
    ("rule", "expected"), [("luminance", 0.299 * 200 + 0.587 * 100 + 0.114 * 50), ("green", 100)]
)
def test_crops_take_a_rule_too_and_record_it(tmp_path, rule, expected):
    rgb = np.zeros((2, 60, 70, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", rgb, photometric="rgb", metadata={"axes": "TYXS"})
    settings = CropSettings(per_image=1, size=20, convert=rule)
    done = cut_crops(tmp_path / "a.tif", out=tmp_path / "crops", settings=settings)
    [crop] = done.crops
    pixels = tifffile.imread(done.folder / crop.file)
    assert pixels.shape == (24, 24) and pixels[10, 10] == round(expected)
    record = json.loads((done.folder / "crops.json").read_text())
    assert record["settings"]["convert"] == rule and f'(convert="{rule}")' in record["notes"]["a.tif"][0]
    cut_crops(tmp_path / "a.tif", out=tmp_path / "crops", settings=settings)
    with pytest.raises(BadInput, match="holds crops from other images or settings"):
        cut_crops(tmp_path / "a.tif", out=tmp_path / "crops", settings=settings.replace(convert="red"))
