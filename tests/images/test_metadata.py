"""Names and colours of channels are carried from every format to the corrected movie."""

import os

import numpy as np
import pytest
import tifffile
import zarr

from cpretrain.drift.correction import correct_drift
from cpretrain.images.metadata import Calibration, Channels, colour_of, from_rgba, table_of, to_rgba
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from tests.support.movie_files import write_zarr
from tests.support.movies import DRIFT, NATIVE, write_movie

RED, CYAN = (255, 0, 0), (0, 255, 255)
FIRE = np.stack([np.arange(256), np.arange(256) // 2, 255 - np.arange(256)]).astype(np.uint8)
TABLES = np.array([table_of(RED), FIRE])
NAMES = ("GFP", "H2B ü")


@pytest.mark.parametrize(
    ("colour", "number"), [(RED, -16776961), (CYAN, 16777215), ((0, 0, 0), 255), ((1, 2, 3), 16909311)]
)
def test_colours_as_ome_writes_them(colour, number):
    assert (to_rgba(colour), from_rgba(number)) == (number, colour)
    assert colour_of(table_of(colour)) == colour
    assert table_of(colour)[:, 128].tolist() == [level * 128 // 255 for level in colour]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("ome", [None, {}])
def test_written_and_read_back(tmp_path, dtype, count, ome):
    pixels = np.random.default_rng(0).integers(0, 99, (3, 2, count, 16, 20)).astype(dtype)
    channels = Channels(NAMES[:count], TABLES[:count], "composite" if count > 1 else "grayscale", ome)
    path = tmp_path / "a.tif"
    write_frames(path, iter(pixels), pixels.shape, pixels.dtype, Calibration(), channels)
    with TimeLapse(path) as movie:
        assert np.array_equal([movie.frame(t) for t in range(3)], pixels)
        found = movie.channels
    assert (found.names, found.mode) == (channels.names, channels.mode)
    if ome is None:
        np.testing.assert_array_equal(found.colours, channels.colours)
    else:  # OME has one colour for each channel
        assert [colour_of(table) for table in found.colours] == [colour_of(table) for table in TABLES[:count]]


def test_files_that_say_nothing(tmp_path):
    for name, more in (("plain.tif", {}), ("ij.tif", {"imagej": True}), ("o.ome.tif", {})):
        tifffile.imwrite(
            tmp_path / name,
            np.ones((3, 20, 20), np.uint8),
            photometric="minisblack",
            metadata={"axes": "TYX"},
            **more,
        )
        with TimeLapse(tmp_path / name) as movie:
            assert (movie.channels.names, movie.channels.colours) == ((), None)


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("ome", [None, {}])
def test_a_z_step_that_is_not_stated_stays_so_in_files_written_from_it(tmp_path, stated, ome):
    pixels = np.ones((1, 4, 1, 16, 20), np.uint8)
    known = Calibration((1.0, 0.25, 0.25), "µm", z_step_stated=stated)
    write_frames(tmp_path / "a.tif", iter(pixels), pixels.shape, pixels.dtype, known, Channels(ome=ome))
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.calibration == known


def test_labels_that_differ_from_frame_to_frame_are_no_names(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.ones((3, 20, 20), np.uint8), imagej=True,
        metadata={"axes": "TYX", "Labels": ["0 min", "5 min", "10 min"]},
    )  # fmt: skip
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.channels.names == ()


def two_channels(tmp_path):
    frames = write_movie(tmp_path / "plain.tif")
    return np.stack([frames, frames[:, ::-1]], axis=1)[:, None]  # t, z, c, y, x


@pytest.mark.parametrize(
    "engine",
    [
        "native",
        pytest.param(
            "fiji", marks=pytest.mark.skipif(not os.environ.get("FIJI_HOME"), reason="needs a real Fiji")
        ),
    ],
)
def test_an_imagej_hyperstack_keeps_its_colours(tmp_path, engine):
    pixels = two_channels(tmp_path)
    raw = tmp_path / "raw" / "a.tif"
    write_frames(
        raw, iter(pixels), pixels.shape, pixels.dtype, Calibration(), Channels(NAMES, TABLES, "color")
    )
    correct_drift(raw.parent, settings=NATIVE.replace(engine=engine))
    with tifffile.TiffFile(tmp_path / "corrected" / "a.tif") as file:
        facts = file.imagej_metadata
    assert facts["mode"] == "color"
    np.testing.assert_array_equal(facts["LUTs"], TABLES)
    assert facts["Labels"] == list(NAMES) * 4


def test_an_ome_tiff_stays_one_and_keeps_what_it_says(tmp_path):
    pixels = two_channels(tmp_path)
    raw = tmp_path / "raw" / "a.ome.tif"
    raw.parent.mkdir()
    said = {
        "axes": "TZCYX",
        "Name": "Zelle 1", "Description": "wild type <1>", "AcquisitionDate": "2024-05-01T10:00:00",
        "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm", "TimeIncrement": 1.5, "TimeIncrementUnit": "min",
        "Channel": {"Name": list(NAMES), "Color": [to_rgba(RED), to_rgba(CYAN)], "EmissionWavelength": [509, 610],
                    "EmissionWavelengthUnit": ["nm", "nm"]},
    }  # fmt: skip
    tifffile.imwrite(raw, pixels, ome=True, metadata=said, photometric="minisblack")
    [movie] = correct_drift(raw.parent, settings=NATIVE).done
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)
    with tifffile.TiffFile(tmp_path / "corrected" / "a.ome.tif") as file:
        image = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
    assert {key: image[key] for key in ("Name", "Description", "AcquisitionDate")} == {
        key: said[key] for key in ("Name", "Description", "AcquisitionDate")
    }
    kept = image["Pixels"]
    assert {axis: kept[f"PhysicalSize{axis}"] for axis in "XYZ"} == {"X": 0.25, "Y": 0.5, "Z": 2.0}
    assert (kept["TimeIncrement"], kept["TimeIncrementUnit"]) == (90, "s")
    for key, values in said["Channel"].items():
        assert [channel[key] for channel in kept["Channel"]] == values
    with TimeLapse(tmp_path / "corrected" / "a.ome.tif") as corrected:
        assert corrected.shape == (4, 1, 2, 85, 96)


def test_an_ome_zarr_gives_names_and_colours(tmp_path):
    pixels = two_channels(tmp_path)
    path = write_zarr(tmp_path / "raw" / "a.ome.zarr", pixels[:, 0], "TCYX")
    group = zarr.open_group(str(path), mode="r+")
    described = [
        {"label": label, "color": color} for label, color in zip(NAMES, ("FF0000", "00ffff"), strict=True)
    ]
    group.attrs["omero"] = {"channels": described}
    correct_drift(tmp_path / "raw", settings=NATIVE)
    with TimeLapse(tmp_path / "corrected" / "a.tif") as movie:
        assert (movie.channels.names, movie.channels.mode) == (NAMES, "composite")
        assert [colour_of(table) for table in movie.channels.colours] == [RED, CYAN]
