"""Movies that are more than one plain TIFF: OME-Zarr, multi-file OME-TIFF, single frames, more than 4 GB."""

import numpy as np
import pytest
import tifffile

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, list_movies
from cpretrain.images.timelapse import TimeLapse
from tests.support.axes import as_tzcyx, pixels_of
from tests.support.movie_files import write_ome_set, write_single_frames, write_zarr
from tests.support.movies import DRIFT, NATIVE, write_movie


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    ("axes", "dtype"), [("TYX", "uint8"), ("TCYX", ">u2"), ("TCZYX", "float32"), ("ZYX", "uint16")]
)
def test_ome_zarr(tmp_path, axes, dtype, version):
    pixels = pixels_of(axes, dtype)
    path = write_zarr(tmp_path / "Bild [1] ü.ome.zarr", pixels, axes, version)
    expected = as_tzcyx(pixels, axes)
    with TimeLapse(path) as movie:
        assert movie.shape == expected.shape
        assert movie.dtype == np.dtype(dtype).newbyteorder("=")
        for t, frame in enumerate(expected):
            assert np.array_equal(movie.frame(t), frame)
        z = 2.0 if "Z" in axes else 1.0
        assert (movie.calibration.pixel_size, movie.calibration.unit) == ((z, 0.5, 0.25), "µm")
        assert movie.calibration.frame_interval == (30.0 if "T" in axes else 0.0)


@pytest.mark.parametrize("content", [None, "{}", "not json"])
def test_folders_that_are_no_ome_zarr(tmp_path, content):
    path = tmp_path / "a.zarr"
    path.mkdir()
    if content is not None:
        (path / ".zattrs").write_text(content)
        (path / ".zgroup").write_text('{"zarr_format": 2}')
    with pytest.raises(BadInput, match=r"a\.zarr: cannot be read as an OME-Zarr"):
        TimeLapse(path)


def test_damaged_chunk_names_the_frame(tmp_path):
    path = write_zarr(tmp_path / "a.zarr", pixels_of("TYX"), "TYX")
    chunk = next(
        file for file in path.rglob("*") if file.is_file() and "2.0.0" in str(file).replace("/", ".")
    )
    chunk.write_bytes(b"broken")
    with TimeLapse(path) as movie:
        movie.frame(1)
        with pytest.raises(BadInput, match=r"a\.zarr: frame 2 cannot be read"):
            movie.frame(2)


def test_multi_file_ome_tiff_is_one_movie(tmp_path):
    frames = pixels_of("TYX")
    files = write_ome_set(tmp_path / "raw", frames)
    write_movie(tmp_path / "raw" / "other.tif")
    assert list_movies(tmp_path / "raw") == [files[0], tmp_path / "raw" / "other.tif"]
    for path in (files[0], files[2]):
        with TimeLapse(path) as movie:
            assert movie.files == files
            assert np.array_equal([movie.frame(t)[0, 0] for t in range(3)], frames)


def test_a_missing_file_of_a_set_is_not_taken_for_a_black_frame(tmp_path):
    files = write_ome_set(tmp_path / "raw", pixels_of("TYX"))
    files[1].unlink()
    with pytest.raises(
        BadInput, match=r"m_0\.ome\.tif: files of this multi-file OME-TIFF are missing\n.*2 of 3"
    ):
        TimeLapse(files[0])


def test_single_frames_are_one_movie_in_natural_order(tmp_path, capsys):
    frames = np.random.default_rng(0).integers(0, 9, (12, 20, 30)).astype(np.uint16)
    write_single_frames(tmp_path / "raw [1]", frames)
    write_single_frames(tmp_path / "raw [1]", frames[:2], "other_{}.tif")
    with TimeLapse(tmp_path / "raw [1]" / "img_*.tif") as movie:
        assert movie.shape == (12, 1, 1, 20, 30)
        assert np.array_equal([movie.frame(t)[0, 0] for t in range(12)], frames)
        assert (movie.calibration.pixel_size[2], movie.calibration.unit) == (0.5, "µm")
    assert "missing" not in capsys.readouterr().err
    (tmp_path / "raw [1]" / "img_5.tif").unlink()
    TimeLapse(tmp_path / "raw [1]" / "img_*.tif").close()
    assert "the numbers go from 4 to 6; is a frame missing?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((20, 31), np.uint16), r"img_1\.tif: frame 1 differs from the first frame"),
        (np.zeros((20, 30), np.uint8), r"img_1\.tif: frame 1 differs from the first frame"),
        (np.zeros((4, 20, 30), np.uint16), r"img_1\.tif"),
        (b"II*\x00", r"img_1\.tif: cannot be read as a TIFF"),
    ],
)
def test_a_single_frame_that_does_not_fit_is_named(tmp_path, wrong, message):
    write_single_frames(tmp_path / "raw", np.ones((3, 20, 30), np.uint16))
    path = tmp_path / "raw" / "img_1.tif"
    if isinstance(wrong, bytes):
        path.write_bytes(wrong)
    else:
        tifffile.imwrite(path, wrong)
    with TimeLapse(tmp_path / "raw" / "img_*.tif") as movie, pytest.raises(BadInput, match=message):
        movie.frame(1)


def test_pattern_without_files(tmp_path):
    with pytest.raises(BadInput, match="no file matches this pattern"):
        TimeLapse(tmp_path / "img_*.tif")


def test_imagej_hyperstack_of_more_than_4_gb(tmp_path):
    """ImageJ writes one directory, and the planes one after the other; here most of the file is a hole."""
    path, lengths, size = tmp_path / "big.tif", (1200, 1500, 1500), 1500 * 1500 * 2
    text = "ImageJ=1.54p\nimages=1200\nframes=1200\nhyperstack=true\nmode=grayscale\nloop=false\n"
    tifffile.imwrite(path, np.zeros(lengths[1:], np.uint16), description=text, metadata=None, byteorder=">")
    with tifffile.TiffFile(path) as file:
        start = file.pages[0].dataoffsets[0]
    with open(path, "r+b") as file:
        file.truncate(start + 1200 * size)
        for t in (1, 1100, 1199):
            file.seek(start + t * size)
            file.write(np.full(1500, t, ">u2").tobytes())
    assert path.stat().st_size > 2**32
    with TimeLapse(path) as movie:
        assert movie.shape == (1200, 1, 1, 1500, 1500)
        for t in (0, 1, 1100, 1199):
            frame = movie.frame(t)
            assert (frame[0, 0, 0] == t).all()
            assert not frame[0, 0, 1:].any()


@pytest.mark.parametrize(
    ("movie", "name"),
    [("a.tif", "a.tif"), ("a.ome.tif", "a.ome.tif"), ("raw/img_*.tif", "img.tif"), ("Versuch 1/*.tif", "Versuch 1.tif"),
     ("a_t??_c1.tif", "a_t_c1.tif")],
)  # fmt: skip
def test_name_of_the_corrected_movie(tmp_path, movie, name):
    assert corrected_name(tmp_path / movie) == name


def test_every_kind_is_corrected(tmp_path):
    frames = write_movie(tmp_path / "plain.tif")
    write_zarr(tmp_path / "raw" / "store.ome.zarr", frames, "TYX")
    write_ome_set(tmp_path / "raw", frames)
    done = correct_drift(tmp_path / "raw", settings=NATIVE).done
    assert [movie.corrected.name for movie in done] == ["m_0.ome.tif", "store.tif"]
    write_single_frames(tmp_path / "single", frames)
    done += correct_drift(tmp_path / "single" / "img_*.tif", settings=NATIVE).done
    assert done[2].corrected == tmp_path / "corrected" / "img.tif"
    assert done[0].corrected.parent == done[2].corrected.parent
    for movie in done:
        assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)
    again = correct_drift(tmp_path / "single" / "img_*.tif", settings=NATIVE).done
    assert again[0].engine == "unchanged"
    write_single_frames(tmp_path / "single", frames[:, ::-1])
    changed = correct_drift(tmp_path / "single" / "img_*.tif", settings=NATIVE).done
    assert changed[0].engine == "native"


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_ome_zarr_is_corrected_again_only_when_its_pixels_change(tmp_path, version):
    frames = write_movie(tmp_path / "plain.tif")
    path = write_zarr(tmp_path / "a.zarr", frames, "TYX", version)
    engines = [correct_drift(path, settings=NATIVE).done[0].engine for _ in range(2)]
    write_zarr(path, frames[:, ::-1], "TYX", version)
    engines += [correct_drift(path, settings=NATIVE).done[0].engine]
    assert engines == ["native", "unchanged", "native"]


def test_movies_whose_results_would_have_one_name(tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    write_zarr(tmp_path / "raw" / "a.ome.zarr", frames, "TYX")
    with pytest.raises(
        BadInput, match=r"a\.ome\.zarr: its results would have the same names as those of a\.tif"
    ):
        correct_drift(tmp_path / "raw", settings=NATIVE)
    assert not (tmp_path / "corrected").exists()


def test_shifts_of_the_same_name_are_found_for_every_kind(tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    correct_drift(tmp_path / "raw", settings=NATIVE)
    path = write_zarr(tmp_path / "other" / "a.ome.zarr", frames[:, ::-1], "TYX")
    [movie] = correct_drift(
        path, out=tmp_path / "out", settings=NATIVE.replace(shifts=tmp_path / "corrected")
    ).done
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)
