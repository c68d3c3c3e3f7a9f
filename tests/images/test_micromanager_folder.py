"""Recordings of Micro-Manager as single images, a folder for each position, under the names of both versions."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, list_movies, source_name
from cpretrain.images.origin import file_behind
from cpretrain.images.timelapse import TimeLapse
from tests.support.micromanager_files import summary, write_stack
from tests.support.microscope_files import some
from tests.support.movies import NATIVE

NAMES = {
    "1.4": "img_{t:09}_{name}_{z:03}.tif",
    "2.0": "img_channel{c:03}_position000_time{t:09}_z{z:03}.tif",
}
FACTS = {"ChNames": ["GFP", "DAPI"], "PixelSize_um": 0.25, "z-step_um": 0.5, "Interval_ms": 2000, "Frames": 9}


def write_position(folder, pixels, version="1.4", cut_off=False):
    """A position: an image for each plane of `pixels` (axes t, z, c, y, x), and the metadata."""
    folder.mkdir(parents=True)
    for t, z, c in np.ndindex(pixels.shape[:3]):
        name = NAMES[version].format(t=t, z=z, c=c, name=FACTS["ChNames"][c])
        tifffile.imwrite(folder / name, pixels[t, z, c])
    text = json.dumps({"Summary": FACTS, "FrameKey-0-0-0": {"Width": 30}})
    (folder / "metadata.txt").write_text(text[:-20] if cut_off else text)
    return folder


def opened(path):
    with TimeLapse(path) as movie:
        return np.stack([movie.frame(t) for t in range(movie.shape[0])]), movie


@pytest.mark.parametrize("version", NAMES)
@pytest.mark.parametrize("cut_off", [False, True])
def test_a_position_is_a_movie(tmp_path, version, cut_off):
    pixels = some((3, 2, 2, 20, 30))
    path = write_position(tmp_path / "exp_1" / "Pos0", pixels, version, cut_off)
    found, movie = opened(path)
    np.testing.assert_array_equal(found, pixels)
    assert movie.calibration.pixel_size == (0.5, 0.25, 0.25) and movie.calibration.frame_interval == 2.0
    assert movie.channels.names == (("GFP", "DAPI") if version == "1.4" else ("000", "001"))
    assert len(movie.files) == 13 and not movie.notes


def test_folders_of_positions_and_files_below(tmp_path):
    raw = tmp_path / "raw"
    for number in range(2):
        write_position(raw / "exp_1" / f"Pos{number}", some((3, 1, 1, 40, 60)))
    planes = {(0, 0, t, 0): plane for t, plane in enumerate(some((3, 40, 60)))}
    (raw / "exp_2").mkdir()
    write_stack(raw / "exp_2" / "exp_2_MMStack_Default.ome.tif", planes, summary(3))
    (raw / "notes").mkdir()
    tifffile.imwrite(raw / "notes" / "screenshot.tif", some((40, 60)))
    movies = list_movies(raw)
    assert [corrected_name(movie) for movie in movies] == [
        "exp_2_MMStack_Default.ome.tif", "exp_1_Pos0.tif", "exp_1_Pos1.tif",
    ]  # fmt: skip
    assert [source_name(movie) for movie in movies[1:]] == ["exp_1/Pos0", "exp_1/Pos1"]
    assert [file_behind(movie) for movie in movies] == ["", "exp_1", "exp_1"]
    assert list_movies(raw / "exp_1") == movies[1:] and list_movies(raw / "exp_1" / "Pos1") == movies[2:]
    done = correct_drift(raw, settings=NATIVE)
    assert sorted(movie.corrected.name for movie in done.done) == sorted(map(corrected_name, movies))
    assert {movie.engine for movie in correct_drift(raw, settings=NATIVE).done} == {"unchanged"}


def test_planes_that_are_missing_or_odd(tmp_path):
    path = write_position(tmp_path / "exp_1" / "Pos0", some((4, 1, 2, 20, 30)))
    (path / "img_000000002_GFP_000.tif").unlink()
    (path / "img_000000003_GFP_000.tif").unlink()
    (path / "img_000000003_DAPI_000.tif").unlink()
    with TimeLapse(path) as movie:
        assert movie.shape[0] == 3 and not movie.is_complete(2, 0)
        assert "channel 1 of frame 2" in "".join(movie.notes)
    tifffile.imwrite(path / "img_000000001_DAPI_000.tif", some((20, 31)))
    with TimeLapse(path) as movie, pytest.raises(BadInput, match=r"img_000000001_DAPI_000\.tif"):
        movie.frame(1)
