"""Recordings of several positions and files, opened by any of their files: the right pixels, or a clear error."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, list_movies
from cpretrain.images.timelapse import TimeLapse
from tests.support.micromanager_files import summary, write_ndtiff, write_stack

SIZE = (24, 30)
NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def some(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 999, (count, *SIZE)).astype(np.uint16)


def opened(path: Path) -> np.ndarray:
    """Return all frames, shape (T, C, Y, X)."""
    with TimeLapse(path) as movie:
        return np.stack([movie.frame(t)[0] for t in range(movie.shape[0])])


def notes_of(path: Path) -> str:
    with TimeLapse(path) as movie:
        return "\n".join(movie.notes)


# --- OME ---


def image_xml(number: int, planes: list[tuple[str, str, int]]) -> str:
    """Return an Image element with one channel; for each frame the file, its UUID and the page."""
    data = "".join(
        f'<TiffData FirstT="{t}" IFD="{page}" PlaneCount="1">'
        + (f'<UUID FileName="{name}">{uuid}</UUID>' if name else "")
        + "</TiffData>"
        for t, (name, uuid, page) in enumerate(planes)
    )
    return (
        f'<Image ID="Image:{number}" Name="position {number}"><Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" '
        f'Type="uint16" SizeX="{SIZE[1]}" SizeY="{SIZE[0]}" SizeZ="1" SizeC="1" SizeT="{len(planes)}" '
        f'PhysicalSizeX="{number + 1}" PhysicalSizeXUnit="µm"><Channel ID="Channel:{number}:0"/>{data}</Pixels></Image>'
    )


def write_positions(folder: Path, how: str) -> tuple[list[Path], np.ndarray]:
    """Write two positions of three frames, one file each; `how` determines the distribution of the header."""
    folder.mkdir()
    pixels = np.stack([some(3, seed) for seed in (1, 2)])
    files = [folder / f"e_Pos{number}.ome.tif" for number in range(2)]
    ids = ["" if "no UUID" in how else f"urn:uuid:0000000{number}" for number in range(2)]
    images = "".join(
        image_xml(n, [(file.name, ids[n] or f"urn:uuid:9{n}", t) for t in range(3)])
        for n, file in enumerate(files)
    )
    for number, file in enumerate(files):
        own = ids[0] if "copied" in how else ids[number]
        start = f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NS}"' + (
            f' UUID="{own}">' if own else ">"
        )
        master = {"companion": "e.companion.ome", "master": files[0].name}.get(how)
        if how == "companion" or (how == "master" and number):
            text = f'{start}<BinaryOnly MetadataFile="{master}" UUID="urn:uuid:00000000"/></OME>'
        else:
            text = f"{start}{images}</OME>"
        tifffile.imwrite(
            file,
            pixels[number],
            description=text.encode(),
            metadata=None,
            photometric="minisblack",
            contiguous=False,
        )
    if how == "companion":
        text = f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NS}" UUID="urn:uuid:7">{images}</OME>'
        (folder / "e.companion.ome").write_text(text, "utf-8")
    return files, pixels


HOW = ["full", "full, no UUID", "full, copied", "companion", "master"]


@pytest.mark.parametrize("how", HOW)
def test_each_position_gives_its_own_pixels_and_calibration(tmp_path, how):
    files, pixels = write_positions(tmp_path / "raw", how)
    for number, file in enumerate(files):
        assert np.array_equal(opened(file)[:, 0], pixels[number])
        with TimeLapse(file) as movie:
            assert movie.images == 1 and not movie.notes
            assert movie.calibration.pixel_size[2] == number + 1
            assert file in movie.files and files[1 - number] not in set(movie.files) - {files[0]}
    assert list_movies(tmp_path / "raw") == files


@pytest.mark.parametrize("how", ["full", "master"])
def test_a_position_alone_in_a_folder_is_read_or_told_what_is_missing(tmp_path, how):
    files, pixels = write_positions(tmp_path / "raw", how)
    files[0].unlink()
    if how == "full":
        assert np.array_equal(opened(files[1])[:, 0], pixels[1])
    else:
        with pytest.raises(BadInput, match=r"holds pixels only.*missing") as error:
            opened(files[1])
        assert "e_Pos0.ome.tif" in error.value.found


def test_files_that_changed_names_give_their_own_pixels_or_are_refused(tmp_path):
    files, pixels = write_positions(tmp_path / "raw", "full")
    other = tmp_path / "raw" / "cells.ome.tif"
    files[1].rename(other)
    assert np.array_equal(opened(other)[:, 0], pixels[1])
    files, _ = write_positions(tmp_path / "no", "full, no UUID")
    files[1].rename(other)
    with pytest.raises(BadInput, match="cannot tell"):
        opened(other)


def test_swapped_names_still_give_the_pixels_of_the_file(tmp_path):
    files, pixels = write_positions(tmp_path / "raw", "full")
    files[0].rename(tmp_path / "raw" / "x")
    files[1].rename(files[0])
    (tmp_path / "raw" / "x").rename(files[1])
    assert np.array_equal(opened(files[0])[:, 0], pixels[1])


def test_a_single_image_under_another_name_is_that_of_the_file_even_beside_a_copy(tmp_path):
    for name, seed in (("old.ome.tif", 1), ("new.ome.tif", 2)):
        text = f'<?xml version="1.0"?><OME xmlns="{NS}">' + image_xml(
            0, [("old.ome.tif", "urn:uuid:1", t) for t in range(3)]
        )
        tifffile.imwrite(tmp_path / name, some(3, seed), description=(text + "</OME>").encode(), metadata=None,
                         photometric="minisblack", contiguous=False)  # fmt: skip
    assert np.array_equal(opened(tmp_path / "new.ome.tif")[:, 0], some(3, 2))


def test_a_file_of_a_set_with_another_identifier_is_told(tmp_path):
    names, ids = ["m_0.ome.tif", "m_1.ome.tif"], ["urn:uuid:0", "urn:uuid:1"]
    image = image_xml(0, [(name, uuid, 0) for name, uuid in zip(names, ids, strict=True)])
    for name, uuid in zip(names, ["urn:uuid:0", "urn:uuid:5"], strict=True):
        text = f'<?xml version="1.0"?><OME xmlns="{NS}" UUID="{uuid}">{image}</OME>'
        tifffile.imwrite(tmp_path / name, some(1)[0], description=text.encode(), metadata=None)
    assert "m_1.ome.tif: has a different identifier" in notes_of(tmp_path / names[0])


def test_an_ome_header_that_does_not_fit_is_told(tmp_path):
    text = f'<?xml version="1.0"?><OME xmlns="{NS}">{image_xml(0, [("", "", t) for t in range(3)])}</OME>'
    tifffile.imwrite(tmp_path / "a.ome.tif", np.ones((3, 20, 20), np.uint16), description=text.encode(), metadata=None,
                     photometric="minisblack", contiguous=False)  # fmt: skip
    assert "its OME header does not fit its 3 pages" in notes_of(tmp_path / "a.ome.tif")


# --- Micro-Manager ---


def planes_of(pixels: np.ndarray, position: int = 0, first: int = 0) -> dict:
    return {(0, 0, first + t, position): plane for t, plane in enumerate(pixels)}


def test_positions_in_files_of_their_own(tmp_path):
    for number in range(3):
        path = tmp_path / f"e_MMStack_1-Pos00{number}_000.ome.tif"
        write_stack(path, planes_of(some(4, number), number), summary(4, positions=3))
    for number in range(3):
        path = tmp_path / f"e_MMStack_1-Pos00{number}_000.ome.tif"
        assert np.array_equal(opened(path)[:, 0], some(4, number)) and not notes_of(path)
    assert len(list_movies(tmp_path)) == 3


def test_positions_in_one_file_are_told_and_the_first_is_read(tmp_path):
    planes = planes_of(some(3, 0), 0) | planes_of(some(3, 1), 1)
    path = write_stack(tmp_path / "e_MMStack_Default.ome.tif", planes, summary(3, positions=2))
    assert np.array_equal(opened(path)[:, 0], some(3, 0))
    assert "holds 2 positions; the first one is read" in notes_of(path)
    first, second = list_movies(tmp_path)
    assert np.array_equal(opened(first)[:, 0], some(3, 0)) and not notes_of(first)
    assert np.array_equal(opened(second)[:, 0], some(3, 1))
    assert corrected_name(second) == "e_MMStack_Default_p2.ome.tif"


@pytest.mark.parametrize("name", ["A", "A_1"])
def test_positions_whose_names_end_in_a_number(tmp_path, name):
    for number, one in enumerate(("A", "A_1")):
        write_stack(
            tmp_path / f"e_MMStack_{one}.ome.tif", planes_of(some(3, number), number), summary(3, positions=2)
        )
    path = tmp_path / f"e_MMStack_{name}.ome.tif"
    assert np.array_equal(opened(path)[:, 0], some(3, int(name == "A_1"))) and not notes_of(path)


def test_a_part_missing_in_the_middle_is_refused(tmp_path):
    for part in range(3):
        name = f"e_MMStack_Default{f'_{part}' if part else ''}.ome.tif"
        write_stack(tmp_path / name, planes_of(some(2, part), 0, 2 * part), summary(6))
    (tmp_path / "e_MMStack_Default_1.ome.tif").unlink()
    with pytest.raises(BadInput, match="files of this Micro-Manager stack are missing") as error:
        opened(tmp_path / "e_MMStack_Default.ome.tif")
    assert "e_MMStack_Default_1.ome.tif" in error.value.expected


def test_another_recording_of_nearly_the_same_name_is_no_part(tmp_path):
    path = write_stack(tmp_path / "e_MMStack_Default.ome.tif", planes_of(some(3)), summary(3))
    copy = write_stack(tmp_path / "e_MMStack_Default_1.ome.tif", planes_of(some(3, 1)), summary(3))
    assert np.array_equal(opened(path)[:, 0], some(3))
    assert "e_MMStack_Default_1.ome.tif holds frames of the same numbers" in notes_of(path)
    assert np.array_equal(opened(copy)[:, 0], some(3, 1))


def test_a_recording_that_was_stopped_within_a_frame(tmp_path):
    planes = {(c, 0, t, 0): some(1, 2 * t + c)[0] for t in range(3) for c in range(2) if (c, t) != (1, 2)}
    path = write_stack(tmp_path / "e_MMStack_Default.ome.tif", planes, summary(9, channels=2))
    pixels = opened(path)
    assert pixels.shape == (3, 2, *SIZE)
    assert np.array_equal(pixels[2, 0], some(1, 4)[0]) and not pixels[2, 1].any()
    said = notes_of(path)
    assert "frames 3 to 8 of 9 are missing and left out" in said
    assert "1 of 6 planes are missing and read as zeros" in said and "channel 2 of frame 2" in said


def test_frames_missing_between_others_are_left_out_and_told(tmp_path):
    planes = {place: plane for place, plane in planes_of(some(5)).items() if place[2] != 2}
    path = write_stack(tmp_path / "e_MMStack_Default.ome.tif", planes, summary(5))
    assert np.array_equal(opened(path)[:, 0], np.delete(some(5), 2, axis=0))
    assert "frame 2 of 5 is missing and left out" in notes_of(path)


@pytest.mark.parametrize("where", ["index", "pixels"])
def test_a_damaged_stack_is_refused(tmp_path, where):
    path = write_stack(tmp_path / "e_MMStack_Default.ome.tif", planes_of(some(3)), summary(3))
    data = bytearray(path.read_bytes())
    start = int.from_bytes(data[12:16], "little")
    if where == "index":
        data[start + 16 : start + 20] = b"\xff\xff\xff\x7f"
    else:
        data[start + 8 + 36 : start + 8 + 40] = (len(data) - 100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"e_MMStack_Default\.ome\.tif"):
        opened(path)


# --- NDTiff ---


def nd_planes(frames: int = 3, positions: int = 2) -> list[tuple[dict, np.ndarray]]:
    return [
        ({"time": t, "position": p, "channel": name}, some(1, 100 * p + 10 * t + c)[0])
        for t in range(frames)
        for p in range(positions)
        for c, name in enumerate(("DAPI", "GFP"))
    ]


def test_ndtiff_gives_the_first_position_and_says_so(tmp_path):
    files = write_ndtiff(tmp_path / "raw", nd_planes())
    for path in files:
        pixels = opened(path)
        assert pixels.shape == (3, 2, *SIZE)
        assert np.array_equal(pixels[2, 1], some(1, 21)[0])
    with TimeLapse(files[0]) as movie:
        assert movie.channels.names == ("DAPI", "GFP") and movie.images == 2
    movies = list_movies(tmp_path / "raw")
    assert [movie.name for movie in movies] == ["NDTiffStack.tif#1", "NDTiffStack.tif#2"]
    assert np.array_equal(opened(movies[1])[2, 1], some(1, 121)[0])


def test_ndtiff_with_missing_parts(tmp_path):
    files = write_ndtiff(tmp_path / "raw", nd_planes(positions=1))
    files[1].rename(tmp_path / "away.tif")
    with pytest.raises(BadInput, match="files of this NDTiff recording are missing"):
        opened(files[0])
    renamed = tmp_path / "raw" / "cells.tif"
    shutil.copy(files[0], renamed)
    with pytest.raises(BadInput, match="does not list it"):
        opened(renamed)
    (tmp_path / "raw" / "NDTiff.index").unlink()
    assert "there is no NDTiff.index beside it" in notes_of(files[0])


def test_ndtiff_with_planes_left_out(tmp_path):
    planes = [one for one in nd_planes(4, 1) if one[0]["channel"] == "DAPI" or one[0]["time"] % 2 == 0]
    [path, *_] = write_ndtiff(tmp_path / "raw", planes)
    assert "channel 2 of frames 1, 3" in notes_of(path)
    assert np.array_equal(opened(path)[3, 0], some(1, 30)[0])
