"""Files that were once read wrongly, or not at all: each is read as recorded, and missing parts are reported."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.combination import combine
from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.discovery import corrected_name, list_movies
from cpretrain.images.timelapse import TimeLapse
from cpretrain.rounds.crop_selection import candidates
from cpretrain.settings.combination import CombineSettings
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings
from tests.support.movie_files import write_ome_set, write_zarr
from tests.support.movies import DRIFT, NATIVE, write_movie
from tests.support.paths import FAULTS


def pages(path: Path) -> np.ndarray:
    """Return all pages of a file in order, whatever its header says."""
    with tifffile.TiffFile(path) as file:
        return np.stack([page.asarray() for page in file.pages])


def frames_of(path: Path, axes: str | None = None) -> tuple[np.ndarray, list[str]]:
    """Return frames of one plane and channel, and the notes on the file."""
    with TimeLapse(path, axes) as movie:
        assert movie.shape[1:3] == (1, 1)
        return np.stack([movie.frame(t)[0, 0] for t in range(movie.shape[0])]), movie.notes


def test_movies_1_a_pyramid_is_read_at_full_resolution():
    path = FAULTS / "movies-1" / "10_ome_pyramid.ome.tif"
    frames, notes = frames_of(path)
    assert np.array_equal(frames, pages(path)) and not notes


def test_movies_2_pages_appended_one_by_one_are_frames():
    path = FAULTS / "movies-2" / "1_append_loop.tif"
    frames, notes = frames_of(path)
    assert len(frames) == 8
    assert np.array_equal(frames, pages(path)) and not notes


@pytest.mark.parametrize("block", [(64, 70), (3, 64, 70)])
def test_whatever_is_appended_alike_is_one_movie(tmp_path, block):
    pixels = np.random.default_rng(0).integers(1, 99, (4, *block)).astype(np.uint16)
    for one in pixels:
        tifffile.imwrite(tmp_path / "a.tif", one, append=True, photometric="minisblack")
    frames, _ = frames_of(tmp_path / "a.tif")
    assert np.array_equal(frames, pixels.reshape(-1, 64, 70))


def test_an_appended_page_of_another_size_is_named(tmp_path):
    for width in (70, 70, 60):
        tifffile.imwrite(tmp_path / "a.tif", np.ones((64, width), np.uint16), append=True)
    with pytest.raises(BadInput, match=r"a\.tif: frame 2 differs from the first frame"):
        TimeLapse(tmp_path / "a.tif")


def test_a_page_of_another_size_behind_an_imagej_header_is_named(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for number in range(4):
            width = 60 if number == 2 else 70
            text = "ImageJ=1.53t\nimages=4\nframes=4\nhyperstack=true\n" if number == 0 else None
            file.write(
                np.full((64, width), number, np.uint16),
                description=text,
                metadata=None,
                photometric="minisblack",
            )
    with pytest.raises(BadInput, match="frame 2 differs from the first frame"), TimeLapse(path) as movie:
        for t in range(4):
            movie.frame(t)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("a.stk", "a.tif"), ("a.STK", "a.tif"), ("a.lsm", "a.tif"), ("a.ome.tf8", "a.tif"), ("a.ome.tif", "a.ome.tif"),
        ("day1.zarr/0", "day1_0.tif"), ("plate.ome.zarr/B/2/0", "plate_B_2_0.tif"), ("a.ome.zarr", "a.tif"),
    ],
)  # fmt: skip
def test_name_of_a_result(tmp_path, name, result):
    if ".zarr" in name:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / ".zgroup").touch()
    assert corrected_name(tmp_path / name) == result


def test_movies_3_stk_is_read_and_what_is_made_of_it_is_found(tmp_path):
    raw = tmp_path / "raw"
    shutil.copytree(FAULTS / "movies-3", raw)
    [movie] = correct_drift(raw, settings=NATIVE).done
    assert movie.corrected.name == "4_metamorph_t8.tif"
    assert len(cut_crops(tmp_path / "corrected", settings=CropSettings(size=40)).crops) == 5


@pytest.mark.parametrize("position", [0, 1])
def test_movies_4_a_file_of_several_positions_gives_its_own_pixels(position, tmp_path):
    path = FAULTS / "movies-4" / f"exp_MMStack_Pos{position}.ome.tif"
    frames, notes = frames_of(path)
    assert np.array_equal(frames, pages(path)) and not notes
    shutil.copy(path, tmp_path / "renamed.ome.tif")  # alone, under another name: its identifier tells
    assert np.array_equal(frames_of(tmp_path / "renamed.ome.tif")[0], frames)
    assert list_movies(FAULTS / "movies-4") == sorted((FAULTS / "movies-4").iterdir())


def test_movies_4_crops_are_cut_from_the_right_position(tmp_path):
    path = FAULTS / "movies-4" / "exp_MMStack_Pos1.ome.tif"
    result = cut_crops(path, out=tmp_path / "crops", settings=CropSettings(size=40, border=0))
    own = pages(path)
    for crop in result.crops:
        cut = own[crop.frame, crop.y : crop.y + 40, crop.x : crop.x + 40]
        assert np.array_equal(tifffile.imread(result.folder / crop.file), cut)


@pytest.mark.parametrize("opened", [0, 1])
def test_movies_6_a_stack_in_two_files_is_one_movie(opened):
    files = sorted((FAULTS / "movies-6").iterdir())
    frames, notes = frames_of(files[opened])
    assert np.array_equal(frames, np.concatenate([pages(file) for file in files]))
    assert not notes and list_movies(FAULTS / "movies-6") == files[:1]
    with TimeLapse(files[opened]) as movie:
        assert movie.files == files


def test_movies_6_renamed_alike_stays_one_movie(tmp_path):
    for file in (FAULTS / "movies-6").iterdir():
        shutil.copy(file, tmp_path / file.name.replace("e_MMStack_Default", "cells"))
    assert len(frames_of(tmp_path / "cells.ome.tif")[0]) == 8


def test_movies_7_a_stack_without_its_second_file_says_so(tmp_path, capsys):
    path = tmp_path / "raw" / "e_MMStack_Default.ome.tif"
    path.parent.mkdir()
    shutil.copy(FAULTS / "movies-6" / path.name, path)
    [movie] = correct_drift(path, settings=NATIVE).done
    said = capsys.readouterr().err
    assert "frames 4 to 7 of 8 are missing" in said and "e_MMStack_Default_1.ome.tif" in said
    assert "frames 4 to 7" in json.loads(movie.corrected.with_suffix(".json").read_text())["notes"][0]


def test_a_stack_without_its_first_file_is_refused(tmp_path):
    path = tmp_path / "e_MMStack_Default_1.ome.tif"
    shutil.copy(FAULTS / "movies-6" / path.name, path)
    with pytest.raises(BadInput, match="files of this Micro-Manager stack are missing"):
        TimeLapse(path)


def test_movies_12_pages_that_the_header_does_not_count_are_told(tmp_path, capsys):
    [_] = correct_drift(FAULTS / "movies-12", out=tmp_path, settings=NATIVE).done
    assert "header says 4 planes, but the file holds 6; the last 2 are left out" in capsys.readouterr().err


def test_a_header_of_more_frames_than_pages_is_told(tmp_path):
    text = "ImageJ=1.53t\nimages=4\nframes=8\nhyperstack=true\n"
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number in range(4):
            page = np.full((64, 70), number, np.uint16)
            file.write(
                page, description=text if not number else None, metadata=None, photometric="minisblack"
            )
    frames, notes = frames_of(tmp_path / "a.tif")
    assert len(frames) == 4 and "ImageJ header does not fit its 4 pages" in notes[0]


def test_movies_15_planes_left_out_on_purpose_are_told_and_the_other_channel_is_corrected(tmp_path, capsys):
    path = FAULTS / "movies-15" / "1_skip_frames.ome.tif"
    own = pages(path)
    [movie] = correct_drift(path, out=tmp_path / "out", settings=NATIVE).done
    said = capsys.readouterr().err
    assert "6 of 16 planes are missing" in said and "channel 2 of frames 1 to 3, 5 to 7" in said
    assert "Complete: channel 1" in said
    with TimeLapse(path) as opened:
        first = [opened.frame(t)[0, 0] for t in range(8)]
        assert np.array_equal(first, own[[0, 2, 3, 4, 5, 7, 8, 9]])
        assert np.array_equal(opened.frame(4)[0, 1], own[6]) and not opened.frame(1)[0, 1].any()
    assert len(movie.curve.drift) == 8


def test_movies_15_crops_are_cut_where_all_channels_are(tmp_path):
    crops = cut_crops(FAULTS / "movies-15", out=tmp_path / "crops", settings=CropSettings(size=40)).crops
    assert {crop.frame for crop in crops} == {0, 4}


def test_movies_17_images_of_two_stores_have_results_of_their_own(tmp_path):
    frames = write_movie(tmp_path / "plain.tif")
    for day, pixels in (("A", frames), ("B", frames[:, ::-1])):
        write_zarr(tmp_path / "raw" / f"day{day}.zarr" / "0", pixels, "TYX")
        [movie] = correct_drift(
            tmp_path / "raw" / f"day{day}.zarr" / "0", out=tmp_path / "out", settings=NATIVE
        ).done
        assert movie.corrected.name == f"day{day}_0.tif"


def test_a_result_of_another_movie_is_not_replaced_in_silence(tmp_path, capsys):
    for folder in ("one", "two"):
        write_movie(tmp_path / folder / "a.tif")
    frames = tifffile.imread(tmp_path / "two" / "a.tif")
    tifffile.imwrite(tmp_path / "two" / "a.tif", frames[:, ::-1], imagej=True, metadata={"axes": "TYX"})
    correct_drift(tmp_path / "one" / "a.tif", out=tmp_path / "out", settings=NATIVE)
    assert "replaced" not in capsys.readouterr().err
    correct_drift(tmp_path / "two" / "a.tif", out=tmp_path / "out", settings=NATIVE)
    assert "the result of one/a.tif is replaced by that of two/a.tif" in capsys.readouterr().err


def test_movies_18_channels_that_are_frames_are_named_with_the_cure(tmp_path):
    path = FAULTS / "movies-18" / "imagej_no_axes.tif"
    with pytest.raises(BadInput) as error:
        correct_drift(path, out=tmp_path / "x", settings=NATIVE)
    assert "8 channels" in error.value.found and 'axes="TYX"' in error.value.cure
    [movie] = correct_drift(path, out=tmp_path / "out", settings=NATIVE.replace(axes="TYX")).done
    assert len(movie.curve.drift) == 8


def test_movies_18_crops_take_axes_and_warn_without(tmp_path, capsys):
    path = FAULTS / "movies-18" / "imagej_no_axes.tif"
    eight = cut_crops(path, out=tmp_path / "eight", settings=CropSettings(size=40))
    assert "has 8 channels and one frame" in capsys.readouterr().err
    assert tifffile.imread(eight.folder / eight.crops[0].file).shape == (8, 44, 44)
    one = cut_crops(path, out=tmp_path / "one", settings=CropSettings(size=40, axes="TYX"))
    assert "channels" not in capsys.readouterr().err
    assert tifffile.imread(one.folder / one.crops[0].file).shape == (44, 44)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("luminance", lambda rgb: np.floor(rgb @ [0.299, 0.587, 0.114] + 0.5)),
        ("red", lambda rgb: rgb[..., 0]),
        ("green", lambda rgb: rgb[..., 1]),
        ("blue", lambda rgb: rgb[..., 2]),
    ],
)
def test_rgb_becomes_grey_by_a_rule_chosen_by_name(tmp_path, capsys, rule, expected):
    grey = write_movie(tmp_path / "grey.tif")
    rgb = np.stack([grey, grey // 2, grey // 3], -1).clip(0, 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", rgb, photometric="rgb", metadata={"axes": "TYXS"})
    with pytest.raises(BadInput, match="convert= luminance"):
        correct_drift(tmp_path / "a.tif", out=tmp_path / "out", settings=NATIVE)
    [movie] = correct_drift(
        tmp_path / "a.tif", out=tmp_path / "out", settings=NATIVE.replace(convert=rule)
    ).done
    assert f'(convert="{rule}")' in capsys.readouterr().err
    record = json.loads(movie.corrected.with_suffix(".json").read_text())
    assert record["settings"]["convert"] == rule and "RGB became grey values" in record["notes"][0]
    with TimeLapse(tmp_path / "a.tif", convert=rule) as opened:
        assert np.array_equal(opened.frame(2)[0, 0], expected(rgb[2].astype(float)))
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)


def test_signed_pixels_get_an_offset_chosen_by_name(tmp_path, capsys):
    pixels = write_movie(tmp_path / "grey.tif")
    signed = (pixels.astype(np.int32) - 300).astype(np.int16)
    tifffile.imwrite(tmp_path / "a.tif", signed, photometric="minisblack", metadata={"axes": "TYX"})
    with pytest.raises(BadInput, match='convert="offset"'):
        correct_drift(tmp_path / "a.tif", out=tmp_path / "out", settings=NATIVE)
    [movie] = correct_drift(
        tmp_path / "a.tif", out=tmp_path / "out", settings=NATIVE.replace(convert="offset")
    ).done
    assert "32768 was added to pixels of type int16" in capsys.readouterr().err
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)
    with TimeLapse(tmp_path / "a.tif", convert="offset") as opened:
        assert opened.dtype == np.uint16
        assert np.array_equal(opened.frame(1)[0, 0], signed[1].astype(int) + 32768)


@pytest.mark.parametrize(("rule", "found"), [("offset", "uint16"), ("luminance", "uint16")])
def test_a_rule_that_does_not_fit_is_refused(tmp_path, rule, found):
    write_movie(tmp_path / "a.tif")
    with pytest.raises(BadInput, match=f'convert="{rule}" does not fit') as error:
        TimeLapse(tmp_path / "a.tif", convert=rule)
    assert found in error.value.found


def test_crops_leave_out_what_is_not_finite_and_say_so(tmp_path, capsys):
    pixels = np.random.default_rng(0).random((3, 150, 160)).astype(np.float32) + 1
    pixels[:, :20] = np.nan
    pixels[1, 70, 70] = np.inf
    tifffile.imwrite(tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "TYX"})
    result = cut_crops(tmp_path / "a.tif", out=tmp_path / "crops", settings=CropSettings(per_image=20))
    assert "pixels that are NaN or infinite, in frames 0 to 2, are left out" in capsys.readouterr().err
    for crop in result.crops:
        assert crop.y >= 20 and np.isfinite([*crop.frame_low, *crop.frame_high]).all()
        assert np.isfinite(tifffile.imread(result.folder / crop.file)).all()


def test_drift_refuses_what_is_not_finite_by_name(tmp_path):
    frames = write_movie(tmp_path / "grey.tif").astype(np.float32)
    frames[2, 5, 5] = np.inf
    tifffile.imwrite(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(BadInput, match="frame 2 holds pixels that are NaN or infinite"):
        correct_drift(tmp_path / "a.tif", out=tmp_path / "out", settings=NATIVE)


def test_images_whose_crops_would_have_one_name_are_refused(tmp_path):
    for name in ("a.tif", "a.tiff"):
        tifffile.imwrite(tmp_path / name, np.ones((200, 200), np.uint16))
    with pytest.raises(BadInput, match=r"a\.tiff: its results would have the same names as those of a\.tif"):
        cut_crops(tmp_path, out=tmp_path / "crops")


def test_fuzz_18621_a_chunk_that_states_too_much_is_refused():
    with TimeLapse(FAULTS / "fuzz-movie-20261126-18621" / "a.zarr") as movie:
        with pytest.raises(DamagedFile, match=r"a\.zarr: is damaged") as error:
            for t in range(movie.shape[0]):
                movie.frame(t)
        assert "states more bytes" in error.value.found


def test_fuzz_24465_a_file_of_a_set_whose_header_asks_for_too_much_is_refused():
    with pytest.raises(DamagedFile, match=r"m_2\.ome\.tif: is damaged"):
        TimeLapse(FAULTS / "fuzz-movie-20261126-24465" / "m_0.ome.tif")


def test_a_file_of_a_set_of_another_size_is_refused(tmp_path):
    files = write_ome_set(tmp_path, np.ones((3, 20, 24), np.uint16))
    text = tifffile.tiffcomment(files[2])
    tifffile.imwrite(files[2], np.ones((40, 24), np.uint16), description=text, metadata=None)
    with (
        TimeLapse(files[0]) as movie,
        pytest.raises(BadInput, match=r"m_2\.ome\.tif: frame 0 differs from the first frame"),
    ):
        movie.frame(2)


@pytest.mark.parametrize(
    "settings", [CropSettings, CombineSettings, DriftSettings, PredictSettings, RoundSettings]
)
def test_axes_can_be_named_wherever_movies_are_read(settings):
    assert settings(axes="TYX").axes == "TYX"


def test_combine_takes_axes(tmp_path):
    labels = np.random.default_rng(0).integers(0, 2, (8, 30, 30)).astype(np.uint8)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        tifffile.imwrite(tmp_path / name / "m.tif", labels, imagej=True)  # the header says channels
    with pytest.raises(BadInput, match="8 channels"):
        combine(
            {"a": tmp_path / "a", "b": tmp_path / "b"},
            out=tmp_path / "c",
            settings=CombineSettings(rule="order"),
        )
    combine(
        {"a": tmp_path / "a", "b": tmp_path / "b"},
        out=tmp_path / "c",
        settings=CombineSettings(rule="order", axes="TYX"),
    )
    assert tifffile.imread(tmp_path / "c" / "m.tif").shape == (8, 30, 30)


def test_round_takes_axes():
    path = FAULTS / "movies-18" / "imagej_no_axes.tif"
    found = candidates([path], RoundSettings(size=40, axes="TYX"), (0,), planes=8)
    assert {one.frame for one in found} == set(range(8))


def test_frames_of_a_store_that_were_not_copied_are_told(tmp_path):
    pixels = np.ones((4, 16, 16), np.uint16)
    for version, chunks in (("0.4", "2.*"), ("0.5", "c/2")):
        path = write_zarr(tmp_path / f"{version[-1]}.zarr", pixels, "TYX", version)
        for chunk in (path / "0").glob(chunks):
            shutil.rmtree(chunk) if chunk.is_dir() else chunk.unlink()
        with TimeLapse(path) as movie:
            assert "frame 2 of 4 has no pixels in it" in movie.notes[0]


def test_the_largest_level_of_a_store_is_read_whatever_its_place(tmp_path):
    path = write_zarr(tmp_path / "a.zarr", np.ones((2, 32, 32), np.uint16), "TYX")
    write_zarr(tmp_path / "small.zarr", np.ones((2, 8, 8), np.uint16), "TYX")
    shutil.copytree(tmp_path / "small.zarr" / "0", path / "1")
    facts = json.loads((path / ".zattrs").read_text())
    facts["multiscales"][0]["datasets"].insert(0, facts["multiscales"][0]["datasets"][0] | {"path": "1"})
    (path / ".zattrs").write_text(json.dumps(facts))
    with TimeLapse(path) as movie:
        assert movie.shape[3:] == (32, 32)


def test_fuzz_1689_a_page_of_more_rows_than_any_plane_has_is_refused():
    with pytest.raises(DamagedFile, match=r"a\.tif: is damaged"):
        TimeLapse(FAULTS / "fuzz-movie-20270302-1689" / "a.tif")
