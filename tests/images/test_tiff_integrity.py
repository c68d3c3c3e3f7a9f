"""Movies that are truncated, have different frames, or excessive headers: refused, never shortened."""

import numpy as np
import psutil
import pytest
import tifffile
import zarr

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from tests.support.movie_files import write_ome_set

FRAMES = np.random.default_rng(0).integers(1, 9, (6, 64, 70)).astype(np.uint16)


def one_by_one(path, frames, **more):
    with tifffile.TiffWriter(path) as file:
        for frame in frames:
            file.write(frame, photometric="minisblack", metadata=None, contiguous=False, **more)


KINDS = {
    "plain": lambda path: one_by_one(path, FRAMES),
    "big": lambda path: tifffile.imwrite(path, FRAMES, bigtiff=True, photometric="minisblack"),
    "deflate": lambda path: one_by_one(path, FRAMES, compression="zlib"),
    "strips": lambda path: one_by_one(path, FRAMES, compression="lzw", rowsperstrip=8),
    "tiles": lambda path: one_by_one(path, FRAMES, tile=(32, 32)),
    "imagej": lambda path: tifffile.imwrite(path, FRAMES, imagej=True, metadata={"axes": "TYX"}),
    "ome": lambda path: tifffile.imwrite(path, FRAMES, ome=True, metadata={"axes": "TYX"}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_a_movie_that_was_cut_off_is_never_a_shorter_or_a_darker_one(tmp_path, kind, part, caplog):
    path = tmp_path / "cut.tif"
    KINDS[kind](path)
    with TimeLapse(path) as movie:
        assert movie.shape[0] == 6
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(BadInput, match=r"cut\.tif: .*(damaged|cannot be read)"), TimeLapse(path) as movie:
        for t in range(movie.shape[0]):
            assert np.array_equal(movie.frame(t)[0, 0], FRAMES[t])
    assert not caplog.records  # what tifffile thinks of it is in the message


@pytest.mark.parametrize(
    ("odd", "found"),
    [(FRAMES[3, :, :60], "uint16, (64, 60)"), (FRAMES[3].astype(np.uint8), "uint8, (64, 70)")],
)
def test_frames_of_different_size_or_type_are_named(tmp_path, odd, found):
    one_by_one(tmp_path / "a.tif", [*FRAMES[:3], odd, *FRAMES[4:]])
    with pytest.raises(BadInput, match=r"a\.tif: frame 3 differs from the first frame") as caught:
        TimeLapse(tmp_path / "a.tif")
    assert caught.value.found == found


def test_a_bit_a_pixel_is_enough(tmp_path):
    frames = FRAMES > 4
    tifffile.imwrite(tmp_path / "a.tif", frames, photometric="minisblack")
    assert (tmp_path / "a.tif").stat().st_size < frames.size
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert np.array_equal([movie.frame(t)[0, 0] for t in range(6)], frames)


def test_a_thumbnail_is_no_frame(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for frame in FRAMES:
            file.write(frame, photometric="minisblack", metadata=None, contiguous=False)
        file.write(FRAMES[0, ::8, ::8], photometric="minisblack", metadata=None, subfiletype=1)
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert (movie.shape[0], movie.images) == (6, 1)


def test_several_images_in_a_file_are_counted(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        for _ in range(3):
            file.write(FRAMES, metadata={"axes": "TYX"}, photometric="minisblack")
    with TimeLapse(tmp_path / "a.ome.tif") as movie:
        assert (movie.shape[0], movie.images) == (6, 3)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_header_that_asks_for_more_than_the_file_can_hold(tmp_path, compression):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, FRAMES[0], compression=compression, photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(30_000)
        file.pages[0].tags["ImageLength"].overwrite(30_000)
    with pytest.raises(BadInput, match=r"a\.tif: is damaged or incomplete"):
        TimeLapse(path)


@pytest.mark.parametrize("kind", ["deflate", "strips", "tiles"])
def test_a_later_page_that_asks_for_more_than_the_file_holds(tmp_path, kind):
    path = tmp_path / "a.tif"
    KINDS[kind](path)
    with tifffile.TiffFile(path, mode="r+b") as file:
        tags = file.pages[4].tags
        counts = tags.get("StripByteCounts") or tags["TileByteCounts"]
        counts.overwrite([2**16 - 1] * len(np.atleast_1d(counts.value)))
    with TimeLapse(path) as movie:
        assert np.array_equal(movie.frame(3)[0, 0], FRAMES[3])
        with pytest.raises(BadInput, match=r"a\.tif: is damaged") as error:
            movie.frame(4)
        assert "page 4" in error.value.found


def test_a_later_file_of_a_set_that_asks_for_more_than_it_holds(tmp_path):
    files = write_ome_set(tmp_path / "set", FRAMES)
    with tifffile.TiffFile(files[5], mode="r+b") as file:
        file.pages[0].tags["StripByteCounts"].overwrite(2**32 - 1)
    with TimeLapse(files[0]) as movie, pytest.raises(BadInput, match=r"m_5\.ome\.tif: is damaged"):
        movie.frame(5)


def test_more_memory_than_there_is(tmp_path):
    side = int(psutil.virtual_memory().total ** 0.5)
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2)
    group.create_array("0", shape=(3, side, side), dtype="uint16", chunks=(1, 64, 64))
    group.attrs["multiscales"] = [
        {"axes": [{"name": axis} for axis in "tyx"], "datasets": [{"path": "0"}], "version": "0.4"}
    ]
    with pytest.raises(BadInput, match=rf"a\.zarr: a frame of 1 × 1 × {side} × {side} pixels") as caught:
        TimeLapse(tmp_path / "a.zarr")
    assert "GB" in caught.value.found and "GB" in caught.value.expected
