"""TIFFs written by ImageJ and read by cpretrain, and vice versa."""

import numpy as np
import pytest
import tifffile

from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames

LENGTHS = {"t": 3, "z": 4, "c": 2, "y": 17, "x": 23}
CALIBRATION = {"pixel_size": [2.0, 0.4, 0.25], "unit": "µm", "frame_interval": 90.0}


def noise(shape, dtype):
    values = np.random.default_rng(7).integers(0, 256 if dtype == "uint8" else 65536, shape)
    return (values / 3).astype(dtype) if dtype == "float32" else values.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("dims", ["tyx", "tzyx", "tcyx", "tzcyx", "cyx", "yx"])
def test_written_by_imagej(imagej, tmp_path, dims, dtype):
    pixels = noise(tuple(LENGTHS[dim] for dim in dims), dtype)
    np.save(tmp_path / "pixels.npy", pixels)
    path = tmp_path / "from_imagej.tif"
    imagej.call(
        "save_tiff",
        pixels=str(tmp_path / "pixels.npy"),
        dims=list(dims),
        calibration=CALIBRATION,
        path=str(path),
    )
    with TimeLapse(path) as movie:
        assert movie.shape == tuple(LENGTHS[dim] if dim in dims else 1 for dim in "tzcyx")
        assert movie.dtype.newbyteorder("=") == np.dtype(dtype)
        read = np.array([movie.frame(t) for t in range(movie.shape[0])])
        assert movie.calibration.pixel_size[1:] == pytest.approx((0.4, 0.25), rel=1e-5)
        assert movie.calibration.unit == "µm"
        if "z" in dims:
            assert movie.calibration.pixel_size[0] == pytest.approx(2.0)
        if "t" in dims:
            assert movie.calibration.frame_interval == pytest.approx(90.0)
    np.testing.assert_array_equal(read, pixels.reshape(movie.shape))


@pytest.mark.parametrize("virtual", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "shape", [(3, 1, 1, 17, 23), (3, 4, 1, 17, 23), (3, 1, 2, 17, 23), (3, 4, 2, 17, 23)]
)
def test_written_by_cpretrain(imagej, tmp_path, shape, dtype, virtual):
    pixels = noise(shape, dtype)
    path = tmp_path / "from_cpretrain.tif"
    write_frames(path, iter(pixels), shape, np.dtype(dtype), Calibration((2.0, 0.4, 0.25), "µm", 90.0))
    told = imagej.call("open_tiff", path=str(path), virtual=virtual, back=str(tmp_path / "back.npy"))
    t, z, c, y, x = shape
    assert told["width_height_c_z_t"] == [x, y, c, z, t]
    assert told["bits"] == np.dtype(dtype).itemsize * 8
    assert told["virtual"] == virtual
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), pixels)
    assert told["voxel"][1:] == pytest.approx([0.4, 0.25], rel=1e-5)
    assert told["calibration"]["unit"] == "µm"
    assert told["interval"] == pytest.approx(90.0)
    if z > 1:
        assert told["voxel"][0] == pytest.approx(2.0)


COLOURS = np.array([table_of((255, 0, 0)), table_of((0, 200, 255))])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("count", [1, 2])
def test_colours_of_channels(imagej, tmp_path, dtype, count):
    """From ImageJ into cpretrain, through its writer, and back into ImageJ."""
    pixels = noise((3, 1, count, 17, 23), dtype)
    np.save(tmp_path / "pixels.npy", pixels)
    np.save(tmp_path / "colours.npy", COLOURS[:count])
    paths = {"pixels": str(tmp_path / "pixels.npy"), "colours": str(tmp_path / "colours.npy")}
    imagej.call(
        "save_tiff", **paths, dims=list("tzcyx"), calibration=CALIBRATION, path=str(tmp_path / "imagej.tif")
    )
    with TimeLapse(tmp_path / "imagej.tif") as movie:
        channels = movie.channels
        assert movie.shape == pixels.shape
    np.testing.assert_array_equal(channels.colours, COLOURS[:count])
    named = Channels(("GFP", "RFP")[:count], channels.colours, channels.mode)
    write_frames(tmp_path / "ours.tif", iter(pixels), pixels.shape, pixels.dtype, movie.calibration, named)
    told = imagej.call(
        "open_tiff", path=str(tmp_path / "ours.tif"), virtual=False, back=str(tmp_path / "b.npy")
    )
    assert told["colours"] == COLOURS[:count].tolist()
    assert told["label"] == "GFP"
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), pixels)


@pytest.mark.parametrize(("unit", "seconds"), [("sec", 1), ("min", 60), ("ms", 0.001)])
def test_frame_intervals_in_other_units(tmp_path, unit, seconds):
    frames = np.ones((3, 9, 9), np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "TYX", "finterval": 5, "tunit": unit}
    )
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.calibration.frame_interval == 5 * seconds
