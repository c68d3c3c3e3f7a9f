"""Files of every axis order are read as frames (Z, C, Y, X); bad files give clear errors."""

import numpy as np
import pytest
import tifffile

from cpretrain.errors import BadInput
from cpretrain.images.discovery import list_images
from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from tests.support.axes import as_tzcyx, pixels_of


@pytest.mark.parametrize("axes", ["YX", "TYX", "CYX", "TCYX", "TZYX", "TZCYX", "CTZYX", "ZCTYX"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_every_axis_order_of_ome(tmp_path, axes, compression):
    pixels = pixels_of(axes)
    path = tmp_path / "Bild [1] ü.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": axes}, compression=compression)
    expected = as_tzcyx(pixels, axes)
    with TimeLapse(path) as movie:
        assert movie.shape == expected.shape
        assert movie.dtype == "uint16"
        for t, frame in enumerate(expected):
            assert np.array_equal(movie.frame(t), frame)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_written_and_read_back_with_its_calibration(tmp_path, dtype):
    pixels = pixels_of("TZCYX", dtype)
    calibration = Calibration((2.0, 0.5, 0.25), "µm", 30.0)
    write_frames(tmp_path / "a.tif", iter(pixels), pixels.shape, pixels.dtype, calibration)
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert np.array_equal([movie.frame(t) for t in range(3)], pixels)
        assert movie.dtype == dtype
        assert movie.calibration.pixel_size == pytest.approx(calibration.pixel_size)
        assert (movie.calibration.unit, movie.calibration.frame_interval) == ("µm", 30.0)


def test_types_that_imagej_lacks_are_written_as_ome(tmp_path):
    pixels = pixels_of("TZCYX", "int32")
    write_frames(
        tmp_path / "a.tif", iter(pixels), pixels.shape, pixels.dtype, Calibration((1, 0.5, 0.5), "µm")
    )
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.dtype == "int32"
        assert np.array_equal(movie.frame(2), pixels[2])
        assert movie.calibration.pixel_size == (1, 0.5, 0.5)


def test_axes_can_be_named_where_the_file_states_them_wrongly(tmp_path):
    path = tmp_path / "time as z.tif"
    tifffile.imwrite(path, pixels_of("ZYX"), imagej=True, metadata={"axes": "ZYX"})
    with TimeLapse(path) as movie:
        assert movie.shape == (1, 4, 1, 10, 12)
    with TimeLapse(path, axes="tyx") as movie:
        assert movie.shape == (4, 1, 1, 10, 12)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ("TZYX", "names 4 axes"),
        ("TTX", "not understood"),
        ("ABX", "not understood"),
        ("TZC", "not understood"),
    ],
)
def test_axes_that_do_not_fit(tmp_path, axes, message):
    tifffile.imwrite(tmp_path / "a.tif", pixels_of("TYX"))
    with pytest.raises(BadInput, match=message):
        TimeLapse(tmp_path / "a.tif", axes=axes)


@pytest.mark.parametrize(
    "content", [b"", b"II*\x00", b"not a TIFF at all", b"II*\x00\x08\x00\x00\x00" + b"\xff" * 40]
)
def test_unreadable_file(tmp_path, content):
    path = tmp_path / "broken.tif"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"broken\.tif"):
        TimeLapse(path)


def test_truncated_file_names_the_frame(tmp_path):
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, np.random.default_rng(0).integers(0, 9, (3, 64, 64), "uint16"), compression="zlib")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadInput, match=r"cut\.tif"), TimeLapse(path) as movie:
        for t in range(3):
            movie.frame(t)


def test_list_images(tmp_path):
    for name in ("b.tif", "A.TIFF", "notes.txt", ".hidden.tif"):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["A.TIFF", "b.tif"]
    assert list_images(tmp_path / "b.tif") == [tmp_path / "b.tif"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "an empty folder"),
        (["notes.txt", "a.czi"], r"found: a\.czi, notes\.txt"),
        (None, "no such file or folder"),
    ],
)
def test_folder_without_images(tmp_path, content, message):
    folder = tmp_path / "raw"
    if content is not None:
        folder.mkdir()
        for name in content:
            (folder / name).touch()
    with pytest.raises(BadInput, match=message):
        list_images(folder)
