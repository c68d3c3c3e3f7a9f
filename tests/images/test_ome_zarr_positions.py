"""OME-Zarrs that hold several movies: series of bioformats2raw and fields of a plate, versions 0.4 and 0.5."""

import json

import numpy as np
import pytest
import zarr
from yaozarrs import DimSpec, v05
from yaozarrs.write.v05 import write_bioformats2raw, write_plate

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, folder_of, list_movies, source_name
from cpretrain.images.origin import file_behind
from cpretrain.images.timelapse import TimeLapse
from tests.support.movie_files import write_zarr_plate, write_zarr_series
from tests.support.movies import NATIVE, write_movie

MOVIES = [np.random.default_rng(number).integers(1, 99, (2, 9, 8)).astype(np.uint16) for number in range(4)]
WELLS = {"A/1": MOVIES[:2], "B/12": MOVIES[2:3], "C/3": MOVIES[3:]}
FIELDS = ["A/1/0", "A/1/1", "B/12/0", "C/3/0"]


def image_05():
    dims = [DimSpec(name="t", unit="second"), DimSpec(name="y"), DimSpec(name="x")]
    return v05.Image(multiscales=[v05.Multiscale.from_dims(dims)])


def series(path, version):
    if version == "0.4":
        return write_zarr_series(path, MOVIES, "TYX")
    images = {str(number): (image_05(), pixels) for number, pixels in enumerate(MOVIES)}
    return write_bioformats2raw(path, images, writer="zarr")


def plate(path, version):
    if version == "0.4":
        return write_zarr_plate(path, WELLS, "TYX")
    fields = {
        (*well.split("/"), str(number)): (image_05(), pixels)
        for well, movies in WELLS.items()
        for number, pixels in enumerate(movies)
    }
    return write_plate(path, fields, writer="zarr")


def pixels_of(path):
    with TimeLapse(path) as movie:
        return np.stack([movie.frame(t)[0, 0] for t in range(movie.shape[0])])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_series(tmp_path, version, capsys):
    store = series(tmp_path / "raw" / "exp 1.ome.zarr", version)
    names = [f"exp 1.ome.zarr#{number}" for number in range(1, 5)]
    for raw in (store, store.parent):
        movies = list_movies(raw)
        assert [movie.name for movie in movies] == names
        assert [corrected_name(movie) for movie in movies] == [f"exp 1_p{n}.tif" for n in range(1, 5)]
        assert [source_name(movie) for movie in movies] == names
        assert all(np.array_equal(pixels_of(m), p) for m, p in zip(movies, MOVIES, strict=True))
    assert list_movies(movies[2]) == [movies[2]]
    assert folder_of(movies[2]) == folder_of(store) == store.parent
    with TimeLapse(store) as first:
        assert first.images == 4 and np.array_equal(first.frame(1)[0, 0], MOVIES[0][1])
        first.warn_of_notes()
    assert (
        "holds 4 positions; the first one is read. Name the others as exp 1.ome.zarr#2"
        in capsys.readouterr().err
    )
    with pytest.raises(BadInput, match=r"zarr#5: there is no position 5\n.*4 positions"):
        TimeLapse(store.with_name(f"{store.name}#5"))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_fields_of_a_plate(tmp_path, version):
    store = plate(tmp_path / "raw" / "plate.zarr", version)
    movies = list_movies(store)
    assert [movie.relative_to(store).as_posix() for movie in movies] == FIELDS
    assert [corrected_name(movie) for movie in movies] == [f"plate_{f.replace('/', '_')}.tif" for f in FIELDS]
    assert [source_name(movie) for movie in movies] == [f"plate.zarr/{field}" for field in FIELDS]
    assert all(np.array_equal(pixels_of(m), p) for m, p in zip(movies, MOVIES, strict=True))
    assert list_movies(store / "A" / "1") == movies[:2]
    for typed, expected in (("A/1/1", 1), ("B/12/0", 2), ("4", 3)):
        raw = store.parent / f"plate.zarr#{typed}"
        [movie] = list_movies(raw)
        assert np.array_equal(pixels_of(movie), MOVIES[expected])
        assert np.array_equal(pixels_of(raw), MOVIES[expected])
        assert folder_of(raw) == folder_of(movie) == store.parent
    assert list_movies(store.parent / "plate.zarr#A/1") == movies[:2]


def test_series_without_a_list_are_found_by_number(tmp_path):
    store = write_zarr_series(tmp_path / "a.zarr", MOVIES[:2], "TYX", listed=False)
    assert [movie.name for movie in list_movies(store)] == ["a.zarr#1", "a.zarr#2"]
    one = write_zarr_series(tmp_path / "b.zarr", MOVIES[:1], "TYX")
    assert list_movies(one) == [one]
    assert np.array_equal(pixels_of(one), MOVIES[0])


def test_each_is_corrected(tmp_path):
    frames = write_movie(tmp_path / "plain.tif")
    write_zarr_series(tmp_path / "raw" / "exp.zarr", [frames, frames[:, ::-1]], "TYX")
    write_zarr_plate(tmp_path / "raw" / "plate.zarr", {"A/1": [frames]}, "TYX")
    done = correct_drift(tmp_path / "raw", settings=NATIVE.replace(format="ome-zarr")).done
    assert [movie.corrected.name for movie in done] == [
        "exp_p1.ome.zarr",
        "exp_p2.ome.zarr",
        "plate_A_1_0.ome.zarr",
    ]
    assert done[0].corrected.parent == tmp_path / "corrected"
    record = json.loads((tmp_path / "corrected" / "exp_p2.json").read_text())
    assert record["movie"] == "raw/exp.zarr#2" and [*record["inputs"]] == ["1/.zattrs", "1/0"]
    again = correct_drift(tmp_path / "raw", settings=NATIVE.replace(format="ome-zarr")).done
    assert [movie.engine for movie in again] == ["unchanged"] * 3
    [alone] = correct_drift(tmp_path / "raw" / "exp.zarr#2", settings=NATIVE, out=tmp_path / "alone").done
    assert alone.corrected.name == "exp_p2.tif"
    assert [file_behind(movie.corrected) for movie in (*done, alone)] == [
        "exp.zarr", "exp.zarr", "plate.zarr/A/1", "exp.zarr"
    ]  # fmt: skip
    assert np.array_equal(alone.curve.drift, done[1].curve.drift)


@pytest.mark.parametrize(
    ("movie", "holder"),
    [("raw/exp.zarr#2", "exp.zarr"), ("raw/plate.zarr/A/1/0", "plate.zarr/A/1"), ("raw/day.zarr/0", "day.zarr"),
     ("raw/day.zarr", ""), ("corrected/a.ome.zarr", "")],
)  # fmt: skip
def test_what_holds_several(tmp_path, movie, holder):
    if "#" not in movie:
        (tmp_path / movie).mkdir(parents=True)
    assert file_behind(tmp_path / movie) == holder


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"plate": {"wells": [{"path": "../secret"}]}}, "no name of an image in the store"),
        ({"plate": {"wells": [{"path": "/etc"}]}}, "no name of an image in the store"),
        ({"plate": {"wells": [{"path": "A/9"}]}}, "FileNotFoundError"),
        ({"plate": {"wells": [{"path": "A/1"}] * 60_000}}, "more than 100000 images"),
        ({"plate": {"wells": 10**9}}, "TypeError"),
        ({"plate": {}}, "KeyError"),
        ({"plate": None}, "TypeError"),
        ({"plate": {"wells": []}}, "KeyError"),
        ({"well": {"images": [{"path": "C:/windows"}]}}, "no name of an image in the store"),
        ({"bioformats2raw.layout": 3}, "KeyError"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path, change, found):
    store = write_zarr_plate(tmp_path / "a.zarr", {"A/1": MOVIES[:2]}, "TYX")
    (store / ".zattrs").write_text(json.dumps(change))
    assert list_movies(store) == [store]
    with pytest.raises(BadInput, match=rf"a\.zarr: cannot be read as an OME-Zarr\n.*{found}"):
        TimeLapse(store)


def test_a_store_of_that_very_name_is_itself(tmp_path):
    store = tmp_path / "day.zarr#A"
    zarr.open_group(store, mode="w")
    with pytest.raises(BadInput, match=r"day\.zarr#A: cannot be read as an OME-Zarr"):
        TimeLapse(store)
