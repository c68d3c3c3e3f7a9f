from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from cpretrain.errors import BadInput
from fiji_bridge.imageplus import check_dtype

LENGTHS = {"t": 2, "z": 3, "c": 4, "y": 5, "x": 6}
PLACES = [
    (0, 0, 0, 0, 0),
    (1, 0, 0, 0, 0),
    (0, 1, 0, 0, 0),
    (0, 0, 1, 0, 0),
    (0, 0, 0, 1, 0),
    (1, 2, 3, 4, 5),
]
CALIBRATION = {"pixel_size": (2.0, 0.4, 0.25), "unit": "µm", "frame_interval": 90.0}

ORDERS = [
    *("".join(order) for order in list(permutations("tzcyx"))[::17]),
    "tyx",
    "zyx",
    "cyx",
    "tzyx",
    "tcyx",
    "yxt",
    "yx",
]


def counting(dims: str, dtype: str = "uint16") -> np.ndarray:
    """An array in which every pixel differs."""
    shape = tuple(LENGTHS[dim] for dim in dims)
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def as_tzcyx(pixels: np.ndarray, dims: str) -> np.ndarray:
    shape = [LENGTHS[dim] if dim in dims else 1 for dim in "tzcyx"]
    return pixels.transpose([dims.index(dim) for dim in "tzcyx" if dim in dims]).reshape(shape)


def hand_over(imagej, folder: Path, pixels: np.ndarray, dims, **more) -> tuple[dict, np.ndarray]:
    np.save(folder / "pixels.npy", pixels)
    told = imagej.call(
        "hand_over",
        pixels=str(folder / "pixels.npy"),
        dims=list(dims),
        back=str(folder / "back.npy"),
        **({"calibration": CALIBRATION, "places": []} | more),
    )
    return told, np.load(folder / "back.npy")


@pytest.mark.parametrize("dims", ORDERS)
def test_axes_in_any_order_become_a_hyperstack_and_come_back(imagej, tmp_path, dims):
    pixels = counting(dims)
    expected = as_tzcyx(pixels, dims)
    places = [place for place in PLACES if all(at < n for at, n in zip(place, expected.shape, strict=True))]
    told, back = hand_over(imagej, tmp_path, pixels, dims, places=places)
    t, z, c, y, x = expected.shape
    assert told["width_height_c_z_t"] == [x, y, c, z, t]
    assert told["hyperstack"] == (len([n for n in (t, z, c) if n > 1]) > 1)  # as ImageJ counts
    assert not told["virtual"]
    assert told["probed"] == [expected[place] for place in places]
    assert told["dims"] == ["t", "z", "c", "y", "x"]
    np.testing.assert_array_equal(back, expected)


@pytest.mark.parametrize(
    ("dtype", "bits"), [("uint8", 8), ("uint16", 16), ("float32", 32), (">u2", 16), (">f4", 32)]
)
def test_pixel_types_survive(imagej, tmp_path, dtype, bits):
    extremes = {
        "u1": [0, 1, 127, 128, 255],
        "u2": [0, 1, 32767, 32768, 65535],
        "f4": [-1.5, 0, 0.1, 1e-30, 3e38],
    }
    values = np.array(extremes[np.dtype(dtype).str[1:]], dtype).reshape(1, 5)
    told, back = hand_over(
        imagej, tmp_path, values, "yx", places=[(0, 0, 0, 0, x) for x in range(values.shape[1])]
    )
    assert told["bits"] == bits
    assert told["probed"] == [float(value) for value in values[0]]
    assert back.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(back.reshape(1, 5), values)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int16", "int32", "uint32", "int64", "float16", "float64"])
def test_pixel_types_that_imagej_would_change_are_refused_by_name(imagej, tmp_path, dtype):
    np.save(tmp_path / "pixels.npy", np.zeros((4, 5), dtype))
    told = imagej.call("refused", pixels=str(tmp_path / "pixels.npy"), dims=["y", "x"])
    assert told["kind"] == "BadInput"
    assert dtype in told["said"]
    with pytest.raises(BadInput, match=dtype):
        check_dtype(np.dtype(dtype))


@pytest.mark.parametrize(
    "calibration",
    [
        {"pixel_size": (2.0, 0.4, 0.25), "unit": "µm", "frame_interval": 90.0},
        {"pixel_size": (1.0, 1.0, 1.0), "unit": "pixel", "frame_interval": 0.0},
        {"pixel_size": (0.001, 0.002, 0.003), "unit": "mm", "frame_interval": 0.5},
        {"pixel_size": (300.0, 65.0, 65.0), "unit": "nm", "frame_interval": 1e-3},
    ],
)
def test_calibration_survives(imagej, tmp_path, calibration):
    told, _ = hand_over(imagej, tmp_path, counting("tyx"), "tyx", calibration=calibration)
    assert told["voxel"] == list(calibration["pixel_size"])
    assert told["unit"] == calibration["unit"]
    assert told["interval"] == calibration["frame_interval"]
    assert told["time_unit"] == "sec"
    assert told["calibration"] == calibration | {"pixel_size": list(calibration["pixel_size"])}
    assert {name: told["again"][name] for name in ("voxel", "unit", "interval")} == {
        name: told[name] for name in ("voxel", "unit", "interval")
    }


def test_what_comes_back_says_in_plain_values_where_and_when(imagej, tmp_path):
    told, _ = hand_over(imagej, tmp_path, counting("tcyx"), "tcyx")
    assert set(told["attrs"]) == {"pixel_size", "unit", "frame_interval", "colours"}
    assert told["coords"] == {
        "t": [0, 90],
        "y": [n * 0.4 for n in range(5)],
        "x": [n * 0.25 for n in range(6)],
    }


def test_channels_keep_order_and_colours(imagej, tmp_path):
    ramp = np.arange(256, dtype=np.uint8)
    colours = np.zeros((4, 3, 256), np.uint8)
    for channel, weights in enumerate([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)]):
        colours[channel] = np.outer(weights, ramp)
    np.save(tmp_path / "colours.npy", colours)
    told, back = hand_over(imagej, tmp_path, counting("tcyx"), "tcyx", colours=str(tmp_path / "colours.npy"))
    assert told["colours"] == colours.tolist()
    assert told["again"]["hyperstack"]
    np.testing.assert_array_equal(back[:, 0], counting("tcyx"))


def test_a_copy_outlives_the_image(imagej, tmp_path):
    np.save(tmp_path / "pixels.npy", counting("yx"))
    told = imagej.call("copy_outlives_image", pixels=str(tmp_path / "pixels.npy"))
    assert told["sum"] == counting("yx").sum()


def test_an_rgb_image_is_refused(imagej):
    told = imagej.call("rgb_refused")
    assert told["kind"] == "BadInput"
    assert "RGB" in told["said"]


@pytest.mark.parametrize("roi", [(0, 0, 3, 2), (10, 4, 7, 9), (0, 0, 40, 30), (39, 29, 1, 1)])
def test_roi_boxes_are_x_y_width_height(imagej, tmp_path, roi):
    pixels = np.random.default_rng(1).integers(0, 65535, (2, 30, 40), np.uint16)
    np.save(tmp_path / "pixels.npy", pixels)
    told = imagej.call("box_mean", pixels=str(tmp_path / "pixels.npy"), roi=roi)
    x, y, width, height = roi
    assert told["bounds"] == list(roi)
    assert told["mean"] == pytest.approx(pixels[0, y : y + height, x : x + width].mean())
    assert told["cropped"] == [width, height, 1, 1, 2]
