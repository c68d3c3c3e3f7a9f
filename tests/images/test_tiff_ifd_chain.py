"""Loops of TIFF directories, and OME-XML headers with excessive counts, are refused at once."""

import struct

import numpy as np
import psutil
import pytest
import tifffile

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.tiff import ifd_chain as tiff_directories
from cpretrain.images.tiff.ifd_chain import check_complete, check_directories
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.encodings import read_label_image
from tests.fuzz.tiff_tags import Layout
from tests.support.movie_files import write_ome_set

FRAMES = np.arange(6 * 8 * 9, dtype=np.uint16).reshape(6, 8, 9)


def chain(path, pages, following, bigtiff=False):
    """Write a TIFF with this many pages, and let page `following` follow the last one."""
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as file:
        for number in range(pages):
            file.write(FRAMES[number % 6], photometric="minisblack", metadata=None, contiguous=False)
    with tifffile.TiffFile(path) as file:
        offsets = [page.offset for page in file.pages]
    data = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        kind = file.tiff
        last = offsets[-1] + kind.tagnosize + len(file.pages[-1].tags) * kind.tagsize
    return path.write_bytes(
        data[:last] + struct.pack(kind.offsetformat, offsets[following]) + data[last + kind.offsetsize :]
    )


@pytest.mark.parametrize("read", [TimeLapse, read_label_image, describe_image])
@pytest.mark.parametrize(
    ("pages", "following", "bigtiff"),
    [(1, 0, False), (6, 0, True), (6, 5, False), (6, 2, False), (250, 0, False), (250, 120, True)],
)
def test_directories_in_a_circle(tmp_path, read, pages, following, bigtiff):
    path = tmp_path / "loop.tif"
    chain(path, pages, following, bigtiff)
    before = psutil.Process().memory_info().rss
    with pytest.raises(DamagedFile, match=r"loop\.tif: is damaged") as error:
        read(path)
    assert "a circular chain" in error.value.found
    assert psutil.Process().memory_info().rss - before < 50e6


def test_more_pages_than_any_movie_has(tmp_path, monkeypatch):
    chain(tmp_path / "a.tif", 12, 0)
    monkeypatch.setattr(tiff_directories, "MOST_PAGES", 11)
    with pytest.raises(DamagedFile, match="is damaged") as error:
        TimeLapse(tmp_path / "a.tif")
    assert error.value.found == "more than 11 pages"


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"byteorder": ">"}, {"ome": True}])
def test_sound_chains_of_any_length_have_an_end(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((300, 4, 4), np.uint8), photometric="minisblack", **options)
    assert check_directories(tmp_path / "a.tif") is False
    (tmp_path / "b.txt").write_bytes(b"no TIFF at all")
    assert check_directories(tmp_path / "b.txt") is False


def test_directories_beyond_the_end_are_missed(tmp_path):
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, FRAMES, photometric="minisblack", metadata=None, contiguous=False)
    layout = Layout(path.read_bytes())
    path.write_bytes(
        layout.put(path.read_bytes(), layout.pointers[-1], layout.offset, path.stat().st_size + 8)
    )
    with pytest.raises(DamagedFile, match="is damaged") as error:
        check_complete(path)
    assert error.value.found == "pages beyond the end of the file"


PIXELS = '<Pixels ID="P:0" DimensionOrder="XYCZT" Type="uint16" SizeX="9" SizeY="8" SizeC="1" SizeZ="1" {}>{}</Pixels>'
BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
HEADERS = {
    "entities that grow": ('<!DOCTYPE OME [<!ENTITY a0 "ha">' + BILLION + "]>", "&a11;", 'SizeT="6"', "", "entities"),
    "an entity of a file": ('<!DOCTYPE OME [<!ENTITY a SYSTEM "file:///a">]>', "&a;", 'SizeT="6"', "", "entities"),
    "frames": ("", "", 'SizeT="2000000000"', "", "SizeT='2000000000'"),
    "planes": ("", "", 'SizeT="6"', '<TiffData IFD="0" PlaneCount="2000000000"/>', "PlaneCount"),
    "a first frame": ("", "", 'SizeT="6"', '<TiffData FirstT="899999999"/>', "FirstT"),
    "a page before the first": ("", "", 'SizeT="6"', '<TiffData IFD="-1"/>', "IFD='-1'"),
    "a file above": ("", "", 'SizeT="6"', '<TiffData><UUID FileName="../a.tif">u</UUID></TiffData>', "another folder"),
    "a file anywhere": ("", "", 'SizeT="6"', '<TiffData><UUID FileName="/dev/zero">u</UUID></TiffData>', "/dev/zero"),
    "a file on Windows": ("", "", 'SizeT="6"', r'<TiffData><UUID FileName="C:\a.tif">u</UUID></TiffData>', "folder"),
    "modulo steps": (
        "",
        '<StructuredAnnotations><A ID="A" Namespace="modulo"><V><M><ModuloAlongT Start="0" End="1e12"/></M></V></A>'
        "</StructuredAnnotations>",
        'SizeT="6"',
        "",
        "modulo",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_asks_for_too_much(tmp_path, kind):
    before, inside, sizes, data, found = HEADERS[kind]
    pixels = PIXELS.format(sizes, data or '<TiffData IFD="0" PlaneCount="6"/>')
    text = f'<?xml version="1.0"?>{before}<OME xmlns="x">{inside}<Image ID="Image:0">{pixels}</Image></OME>'
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, FRAMES, description=text.encode(), metadata=None, photometric="minisblack")
    for read in (TimeLapse, describe_image):
        with pytest.raises(DamagedFile, match=r"a\.ome\.tif: is damaged") as error:
            read(path)
        assert found in error.value.found


def test_ten_thousand_levels_of_xml(tmp_path):
    pixels = PIXELS.format('SizeT="6"', '<TiffData IFD="0" PlaneCount="6"/>')
    text = f'<OME xmlns="x"><Image ID="Image:0">{pixels}</Image>{"<a>" * 10_000}{"</a>" * 10_000}</OME>'
    tifffile.imwrite(
        tmp_path / "a.tif", FRAMES, description=text.encode(), metadata=None, photometric="minisblack"
    )
    with pytest.raises(BadInput, match=r"a\.tif: cannot be read"):
        TimeLapse(tmp_path / "a.tif")


UUIDS = ["<UUID>u</UUID>", '<UUID FileName="a.ome.tif">u</UUID>', '<UUID FileName="">u</UUID>']


@pytest.mark.parametrize("uuid", UUIDS)
def test_a_header_that_names_no_other_file_is_an_ordinary_one(tmp_path, uuid):
    pixels = PIXELS.format('SizeT="6"', f'<TiffData IFD="0" PlaneCount="6">{uuid}</TiffData>')
    text = f'<?xml version="1.0"?><OME xmlns="x" UUID="u"><!-- by hand --><Image ID="Image:0">{pixels}</Image></OME>'
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, FRAMES, description=text.encode(), metadata=None, photometric="minisblack")
    with TimeLapse(path) as movie:
        assert np.array_equal([movie.frame(t)[0, 0] for t in range(6)], FRAMES)


def test_a_circle_in_another_file_of_a_set(tmp_path):
    files = write_ome_set(tmp_path / "set", FRAMES)
    chain(files[3], 1, 0)
    with pytest.raises(DamagedFile, match=r"m_3\.ome\.tif: is damaged"):
        TimeLapse(files[0])
