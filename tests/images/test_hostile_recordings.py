"""Files in microscopes' own formats that state more than they hold are refused before anything is allocated."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.images.compound_file import check_chains
from cpretrain.images.timelapse import TimeLapse
from tests.support.microscope_files import some, write_czi, write_lif, write_nd2

REAL = Path(__file__).parents[1] / "data" / "microscopes"


def changed(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data and len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


def read(path: Path) -> None:
    with TimeLapse(path) as movie:
        for t in range(movie.shape[0]):
            movie.frame(t)


def test_a_tile_of_a_czi_that_is_larger_than_the_file(tmp_path):
    path = write_czi(tmp_path / "a.czi", some((2, 1, 1, 20, 30)))
    sizes = struct.pack("<iq", 0, 20 * 30 * 2)
    with pytest.raises(BadInput, match="is damaged") as error:
        read(changed(path, sizes, struct.pack("<iq", 0, 2**40)))
    assert "a tile of" in error.value.found


def test_metadata_of_a_czi_beyond_its_end(tmp_path):
    path = write_czi(tmp_path / "a.czi", some((2, 1, 1, 20, 30)))
    data = bytearray(path.read_bytes())
    struct.pack_into("<q", data, 92, len(data) - 8)
    path.write_bytes(data)
    with pytest.raises(BadInput, match="is damaged"):
        read(path)


def test_an_nd2_that_was_cut_off_or_unpacks_to_more(tmp_path):
    pixels = np.zeros((2, 64, 64, 1), np.uint16)
    path = write_nd2(tmp_path / "a.nd2", pixels, "T", packed=True)
    frame, bomb = zlib.compress(pixels[0].tobytes()), zlib.compress(bytes(10**7), 9)
    data = path.read_bytes()
    place = data.index(frame)
    path.write_bytes(data[:place] + bomb[: len(frame)] + data[place + len(frame) :])
    with pytest.raises(BadInput, match=r"a\.nd2"):
        read(path)


def test_an_image_of_a_lif_that_is_larger_than_its_block(tmp_path):
    path = write_lif(tmp_path / "a.lif", {"a": ("TYX", some((3, 20, 30), "uint8"))})
    old, new = ('NumberOfElements="3"'.encode("utf-16-le"), 'NumberOfElements="9"'.encode("utf-16-le"))
    with pytest.raises(BadInput, match="is damaged") as error:
        read(changed(path, old, new))
    assert "1800 bytes, where its header says 5400" in error.value.found


@pytest.mark.parametrize("what", ["fat in a circle", "tables", "no compound file"])
def test_an_oib_whose_chains_do_not_end(tmp_path, what):
    data = bytearray((REAL / "test.oib").read_bytes())
    if what == "fat in a circle":
        sector = struct.unpack_from("<I", data, 76)[0]
        struct.pack_into("<2I", data, ((sector + 1) << data[30]) + 40, 11, 10)
    elif what == "tables":
        struct.pack_into("<I", data, 72, 2**30)
    else:
        data[:8] = b"II*\0    "
    path = tmp_path / "a.oib"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"a\.oib: is damaged"):
        TimeLapse(path)
    check_chains(REAL / "test.oib")
