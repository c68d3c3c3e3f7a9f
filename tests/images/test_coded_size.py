"""Stated sizes of compressed pixels are read and checked before anything is decoded."""

import struct

import imagecodecs
import numcodecs
import numpy as np
import pytest
import tifffile
import zarr

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.coded_image import stated_pixels
from cpretrain.images.coded_size import stated_bytes
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.encodings import read_label_image
from tests.support.movie_files import write_zarr

CODECS = {
    "blosc": numcodecs.Blosc(), "zstd": numcodecs.Zstd(), "lz4": numcodecs.LZ4(), "gzip": numcodecs.GZip(),
    "zlib": numcodecs.Zlib(), "bz2": numcodecs.BZ2(), "lzma": numcodecs.LZMA(),
}  # fmt: skip


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("noise", [True, False])
def test_bytes_are_known_before_they_are_decoded(codec, noise):
    raw = np.random.default_rng(0).integers(0, 255 * noise + 1, 3_000_000).astype(np.uint8)
    data = bytes(CODECS[codec].encode(raw))
    assert stated_bytes(codec, data, 3_000_000) == 3_000_000
    assert stated_bytes(codec, data, 1_000_000) > 1_000_000


@pytest.mark.parametrize("size", [0, 1, 200, 300, 70_000])
def test_bytes_of_zstd_whatever_way_they_are_stated(size):
    assert stated_bytes("zstd", bytes(numcodecs.Zstd().encode(np.zeros(size, np.uint8))), 10**6) == size


def test_a_zstd_frame_that_states_no_size_is_tried():
    body = struct.pack("<I", (1000 << 3) | (1 << 1) | 1)[:3] + b"a"  # a last block: one byte, 1000 times
    data = b"\x28\xb5\x2f\xfd\x00\x58" + body
    assert stated_bytes("zstd", data, 1000) == 1000
    assert stated_bytes("zstd", data, 999) > 999


@pytest.mark.parametrize("shape", [(64, 100), (1000, 37), (8, 8), (1080, 1920)])
@pytest.mark.parametrize("codec", ["jpeg8", "jpeg2k", "png", "webp", "jpegxl", "jpegxr", "lerc"])
def test_pixels_are_known_before_they_are_decoded(codec, shape):
    pixels = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    pixels = np.stack([pixels] * 3, -1) if codec == "webp" else pixels
    data = getattr(imagecodecs, f"{codec}_encode")(pixels)
    assert stated_pixels(data) == shape
    for end in range(60):  # cut off anywhere, it is never an error
        stated_pixels(data[:end])


ENCODERS = {
    "jpeg": imagecodecs.jpeg8_encode,
    "png": imagecodecs.png_encode,
    "jpeg2000": imagecodecs.jpeg2k_encode,
}


def write_pages(path, codec, pages):
    small = np.random.default_rng(0).integers(0, 9, (pages, 16, 16)).astype(np.uint8)
    with tifffile.TiffWriter(path) as file:
        for page in small:
            file.write(page, compression=codec, metadata=None, photometric="minisblack")


def enlarge_last_page(path, codec):
    """Replace the image of the last page by one of 600 × 600 pixels, without changing its header."""
    bomb = ENCODERS[codec](np.zeros((600, 600), np.uint8))
    with tifffile.TiffFile(path, mode="r+b") as file:
        end = file.filehandle.size
        file.filehandle.seek(end)
        file.filehandle.write(bomb)
        file.pages[-1].tags["StripOffsets"].overwrite(end)
        file.pages[-1].tags["StripByteCounts"].overwrite(min(len(bomb), 2**16 - 1))


@pytest.mark.parametrize("codec", ENCODERS)
def test_an_image_larger_than_its_page_is_refused(tmp_path, codec):
    write_pages(tmp_path / "a.tif", codec, 3)
    with TimeLapse(tmp_path / "a.tif") as movie:
        assert movie.frame(2).shape == (1, 1, 16, 16)
    enlarge_last_page(tmp_path / "a.tif", codec)
    with TimeLapse(tmp_path / "a.tif") as movie:
        movie.frame(1)
        with pytest.raises(DamagedFile, match=r"a\.tif: is damaged") as error:
            movie.frame(2)
    assert "600 × 600" in error.value.found


@pytest.mark.parametrize("codec", ["png", "jpeg2000"])
def test_so_is_a_label_image(tmp_path, codec):
    write_pages(tmp_path / "a.tif", codec, 1)
    assert read_label_image(tmp_path / "a.tif", components=True).labels.shape == (16, 16)
    enlarge_last_page(tmp_path / "a.tif", codec)
    with pytest.raises(DamagedFile, match=r"a\.tif: is damaged") as error:
        read_label_image(tmp_path / "a.tif", components=True)
    assert "600 × 600" in error.value.found


def write_packed(path, pixels, version, **how):
    """Write an OME-Zarr with the given compression of chunks."""
    write_zarr(path, pixels[:, :8, :8], "TYX", version)
    group = zarr.open_group(str(path), mode="r+")
    array = group.create_array("0", shape=pixels.shape, dtype=pixels.dtype, overwrite=True, **how)
    array[:] = pixels


@pytest.mark.parametrize(
    ("version", "how"),
    [
        ("0.4", {"compressors": numcodecs.Blosc()}),
        ("0.4", {"compressors": numcodecs.Zstd()}),
        ("0.4", {"compressors": numcodecs.GZip()}),
        ("0.4", {"compressors": numcodecs.LZ4()}),
        ("0.4", {"compressors": None}),
        ("0.4", {"compressors": numcodecs.Zlib(), "filters": [numcodecs.Delta("u2")]}),
        ("0.5", {"compressors": zarr.codecs.BloscCodec()}),
        ("0.5", {"compressors": zarr.codecs.GzipCodec()}),
        ("0.5", {"compressors": [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()]}),
        ("0.5", {"compressors": None}),
        ("0.5", {"shards": (1, 32, 32)}),
        ("0.5", {"shards": (2, 32, 32), "compressors": zarr.codecs.BloscCodec()}),
    ],
)
def test_sound_chunks_are_read_and_others_refused(tmp_path, version, how):
    pixels = np.random.default_rng(0).integers(0, 255, (2, 32, 32)).astype(np.uint16)
    path = tmp_path / "a.zarr"
    write_packed(path, pixels, version, chunks=(1, 16, 16), **how)
    with TimeLapse(path) as movie:
        assert np.array_equal([movie.frame(t)[0, 0] for t in range(2)], pixels)
    if how.get("compressors", 1) is None:
        return
    larger = how | {"chunks": (1, 256, 256)} | ({"shards": (2, 512, 512)} if "shards" in how else {})
    write_packed(tmp_path / "bomb.zarr", np.ones((2, 512, 512), np.uint16), version, **larger)
    facts = ".zarray" if version == "0.4" else "zarr.json"
    (tmp_path / "bomb.zarr" / "0" / facts).write_text((path / "0" / facts).read_text())
    with TimeLapse(tmp_path / "bomb.zarr") as movie, pytest.raises(BadInput, match=r"bomb\.zarr"):
        movie.frame(0)


def test_several_compressors_behind_each_other_are_refused(tmp_path):
    pixels = np.zeros((2, 32, 32), np.uint16)
    how = {"compressors": [zarr.codecs.ZstdCodec(), zarr.codecs.GzipCodec()]}
    write_packed(tmp_path / "a.zarr", pixels, "0.5", chunks=(1, 16, 16), **how)
    with pytest.raises(BadInput, match="uses a compression that cannot be read"):
        TimeLapse(tmp_path / "a.zarr")
