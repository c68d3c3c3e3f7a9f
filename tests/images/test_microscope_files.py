"""Files in microscopes' own formats: real ones compared with their own libraries, written ones with known pixels."""

import sys
from pathlib import Path

import nd2
import numpy as np
import oiffile
import pytest

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, list_movies
from cpretrain.images.formats import FORMATS
from cpretrain.images.timelapse import TimeLapse, reader_of
from fiji_bridge import bioformats
from tests.support.microscope_files import czi_library, some, write_czi, write_lif, write_nd2, write_oif
from tests.support.movies import NATIVE

REAL = Path(__file__).parents[1] / "data" / "microscopes"


def opened(path: Path, **how: str) -> np.ndarray:
    with TimeLapse(path, **how) as movie:
        return np.stack([movie.frame(t) for t in range(movie.shape[0])])


# --- Real files, beside what reads them otherwise ---


def test_a_real_nd2():
    with nd2.ND2File(REAL / "cluster.nd2") as file:
        expected = file.asarray()
    with TimeLapse(REAL / "cluster.nd2") as movie:
        assert movie.calibration.pixel_size == pytest.approx((0.5, 0.167809, 0.167809))
        assert movie.calibration.frame_interval == pytest.approx(10.6475, abs=1e-4)
        assert movie.channels.names == ("5-FAM/pH 9.0", "FM 4-64/2% CHAPS")
        assert movie.channels.colours[1, :, -1].tolist() == [254, 1, 0]
    np.testing.assert_array_equal(opened(REAL / "cluster.nd2"), expected)


def test_a_real_czi_of_two_scenes():
    czi = czi_library()
    path = REAL / "xyz__multiple_images.czi"
    first, second = list_movies(path)
    assert [corrected_name(movie) for movie in (first, second)] == [
        "xyz__multiple_images_p1.tif", "xyz__multiple_images_p2.tif",
    ]  # fmt: skip
    with czi.open_czi(str(path)) as file:
        for scene, movie in enumerate((first, second)):
            expected = [file.read(plane={"Z": z}, scene=scene)[..., 0] for z in range(2)]
            np.testing.assert_array_equal(opened(movie)[0, :, 0], expected)
    with TimeLapse(second) as movie:
        assert movie.calibration.pixel_size == pytest.approx((0.3, 0.195644, 0.195644), abs=1e-6)


def test_a_real_oib():
    with oiffile.OifFile(REAL / "test.oib") as file:
        expected = file.asarray()
    np.testing.assert_array_equal(opened(REAL / "test.oib")[0, 0], expected)
    with TimeLapse(REAL / "test.oib") as movie:
        assert movie.channels.names == ("CH1", "Alexa Fluor 546", "TD1")
        assert movie.calibration.pixel_size[1:] == (0.177, 0.177)


# --- Written files, by their known pixels ---


@pytest.mark.parametrize("loops", ["TPZ", "PTZ", "TZP"])
@pytest.mark.parametrize("packed", [False, True])
def test_each_position_of_an_nd2_is_a_movie(tmp_path, loops, packed):
    lengths = {"T": 3, "P": 4, "Z": 2}
    pixels = some((*(lengths[axis] for axis in loops), 20, 30, 2))
    path = write_nd2(tmp_path / "exp.nd2", pixels, loops, packed)
    movies = list_movies(tmp_path)
    assert [movie.name for movie in movies] == [f"exp.nd2#{n}" for n in (1, 2, 3, 4)]
    ordered = pixels.transpose([loops.index(axis) for axis in "PTZ"] + [5, 3, 4])
    for expected, movie in zip(ordered, movies, strict=True):
        np.testing.assert_array_equal(opened(movie), expected)
    with TimeLapse(path) as movie:
        assert movie.images == 4 and "holds 4 positions; the first one is read" in "".join(movie.notes)
        assert movie.calibration.frame_interval == 2.5
        assert movie.channels.names == ("dye 0", "dye 1")


@pytest.mark.parametrize("packed", [False, True])
def test_an_nd2_that_was_stopped_leaves_frames_out(tmp_path, packed):
    pixels = some((5, 2, 20, 30, 1))
    path = write_nd2(tmp_path / "exp.nd2", pixels, "TZ", packed, frames=7)
    with TimeLapse(path) as movie:
        said = "".join(movie.notes)
        assert not movie.is_complete(3, 1) and movie.is_complete(3, 0)
    assert "frame 4 of 5 is missing and left out" in said and "1 of 8 planes are missing" in said
    np.testing.assert_array_equal(opened(path)[:3, :, 0], pixels[:3, ..., 0])


def test_an_nd2_without_readable_metadata_still_gives_its_pixels(tmp_path):
    pixels = some((3, 20, 30, 1))
    path = write_nd2(tmp_path / "exp.nd2", pixels, "T")
    path.write_bytes(
        path.read_bytes().replace(
            "pFluorescentProbe".encode("utf-16-le"), "pFluorescentXrobe".encode("utf-16-le")
        )
    )
    with TimeLapse(path) as movie:
        assert movie.calibration.unit == "pixel" and "names of the channels are not known" in "".join(
            movie.notes
        )
    np.testing.assert_array_equal(opened(path)[:, 0, 0], pixels[..., 0])


def test_colours_of_an_nd2(tmp_path):
    pixels = some((2, 20, 30, 3), "uint8")
    path = write_nd2(tmp_path / "exp.nd2", pixels, "T", rgb=True)
    with TimeLapse(path) as movie:
        assert movie.is_rgb
    np.testing.assert_array_equal(opened(path)[:, 0], np.moveaxis(pixels, -1, 1))


def test_images_and_tiles_of_a_lif_are_movies(tmp_path):
    cells, tiles = some((3, 2, 2, 20, 30), "uint8"), some((2, 3, 20, 24))
    path = write_lif(tmp_path / "exp.lif", {"cells": ("TZCYX", cells), "tiles": ("TMYX", tiles)})
    first, *others = list_movies(path)
    np.testing.assert_array_equal(opened(first), cells)
    assert len(others) == 3
    for tile, movie in enumerate(others):
        np.testing.assert_array_equal(opened(movie)[:, 0, 0], tiles[:, tile])
    with TimeLapse(first) as movie:
        assert movie.calibration.pixel_size == pytest.approx((1, 1, 1)) and movie.calibration.unit == "µm"
        assert movie.calibration.frame_interval == pytest.approx(10)
        assert movie.channels.names == ("Green", "Red")
        assert 'the image is called "cells"' in movie.notes


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_scenes_of_a_czi_are_movies(tmp_path, dtype):
    pixels = some((2, 3, 2, 2, 20, 30), dtype)
    write_czi(tmp_path / "exp.czi", pixels, scenes=2)
    for expected, movie in zip(pixels, list_movies(tmp_path), strict=True):
        np.testing.assert_array_equal(opened(movie), expected)
    with TimeLapse(tmp_path / "exp.czi#2") as movie:
        assert movie.channels.names == ("DAPI", "GFP")
        assert movie.calibration.pixel_size == pytest.approx((1, 0.25, 0.25))


def test_colours_and_missing_frames_of_a_czi(tmp_path):
    pixels = some((4, 1, 1, 20, 30, 3), "uint8")
    path = write_czi(tmp_path / "exp.czi", pixels)
    np.testing.assert_array_equal(opened(path)[:, 0], np.moveaxis(pixels[:, 0, 0], -1, 1))
    with TimeLapse(path, convert="red") as movie:
        np.testing.assert_array_equal(movie.frame(1)[0, 0], pixels[1, 0, 0, ..., 0])
    path = write_czi(tmp_path / "gaps.czi", some((4, 1, 1, 20, 30)), missing=(2,))
    assert opened(path).shape[0] == 3


def test_an_oif_and_the_folder_beside_it(tmp_path):
    pixels = some((3, 2, 2, 20, 30))
    path = write_oif(tmp_path / "exp.oif", pixels)
    np.testing.assert_array_equal(opened(path), pixels)
    with TimeLapse(path) as movie:
        assert movie.calibration.pixel_size == (0.5, 0.25, 0.25) and movie.calibration.frame_interval == 2.0
        assert movie.channels.names == ("DAPI", "CH2") and len(movie.files) == 13
    (tmp_path / "exp.oif.files" / "s_C001Z001T003.tif").unlink()
    with TimeLapse(path) as movie:
        assert "channel 1 of frame 2" in "".join(movie.notes)


def test_an_oif_with_a_truncated_plane(tmp_path):
    path = write_oif(tmp_path / "exp.oif", some((3, 2, 2, 20, 30)))
    plane = tmp_path / "exp.oif.files" / "s_C002Z001T002.tif"
    plane.write_bytes(plane.read_bytes()[:-300])  # the reader would fill it with zeros
    with pytest.raises(BadInput, match="beyond the end"):
        opened(path)


# --- What all have in common ---


def test_a_folder_of_mixed_formats_gives_a_corrected_movie_for_each_position(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_nd2(raw / "exp.nd2", np.repeat(some((1, 2, 40, 60, 1)), 3, axis=0), "TP")
    write_lif(raw / "other.lif", {"cells": ("TYX", np.repeat(some((1, 40, 60), "uint8"), 3, axis=0))})
    done = correct_drift(raw, settings=NATIVE)
    assert sorted(movie.corrected.name for movie in done.done) == ["exp_p1.tif", "exp_p2.tif", "other.tif"]
    again = correct_drift(raw, settings=NATIVE)
    assert {movie.engine for movie in again.done} == {"unchanged"}
    [only] = correct_drift(raw / "exp.nd2#2", settings=NATIVE, out=tmp_path / "one").done
    assert only.corrected.name == "exp_p2.tif"


def test_axes_can_be_named_otherwise(tmp_path):
    pixels = some((5, 20, 30, 2))
    path = write_nd2(tmp_path / "exp.nd2", pixels, "Z")
    np.testing.assert_array_equal(opened(path, axes="TCYX")[:, 0], np.moveaxis(pixels, -1, 1))
    np.testing.assert_array_equal(opened(path, axes="ZTYX")[:, :, 0], pixels.transpose(3, 0, 1, 2))


@pytest.mark.parametrize("suffix", [suffix for one in FORMATS if one.library for suffix in one.suffixes])
@pytest.mark.parametrize(
    "content", [b"", b"II*\0", b"\xda\xce\xbe\x0a" + bytes(200), b"ZISRAWFILE" + bytes(500)]
)
def test_other_content_is_refused_in_a_sentence(tmp_path, suffix, content):
    path = tmp_path / f"exp{suffix}"
    path.write_bytes(content)
    if suffix == ".czi":
        czi_library()
    with pytest.raises(BadInput, match=r"exp\.\w+: (cannot be read as|is damaged or incomplete)"):
        TimeLapse(path)
    assert list_movies(tmp_path) == [path]


def test_a_missing_library_is_named_with_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nd2", None)
    (tmp_path / "exp.nd2").touch()
    with pytest.raises(BadInput, match=r"ND2 files \(\.nd2\) are read with the package nd2") as error:
        TimeLapse(tmp_path / "exp.nd2")
    assert 'pip install "cpretrain[formats]"' in str(error.value)


@pytest.mark.parametrize(
    ("version", "said"), [((3, 13), "pip install pylibCZIrw"), ((3, 14), "Python before 3.14")]
)
def test_a_library_without_a_build_for_this_python_is_not_recommended(monkeypatch, version, said):
    czi = next(one for one in FORMATS if one.name == "CZI")
    with monkeypatch.context() as python:
        python.setattr(sys, "version_info", version)
        cure = czi.cure
    assert said in cure
    assert "FIJI_HOME" in cure


def test_bioformats_steps_in_where_the_library_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pylibCZIrw", None)
    monkeypatch.setattr(bioformats, "is_available", lambda: True)
    assert reader_of(Path("exp.czi")) is bioformats.BioFormatsMovie


def test_a_position_that_is_not_there(tmp_path):
    write_nd2(tmp_path / "exp.nd2", some((2, 3, 20, 30, 1)), "TP")
    with pytest.raises(BadInput, match="there is no position 4"):
        TimeLapse(tmp_path / "exp.nd2#4")
