import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from cpretrain.dataset.pairs import Pair, load_pairs
from cpretrain.dataset.splitting import read_split, split_known, split_pairs, write_split
from cpretrain.errors import BadFolder, BadInput


def labels(objects: int = 2) -> np.ndarray:
    found = np.zeros((40, 50), np.uint16)
    for number in range(objects):
        found[1 + 9 * number : 8 + 9 * number, 5:30] = number + 1
    return found


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three images of two movies, and their masks."""
    images, masks = tmp_path / "images [1]", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    for number, name in enumerate(["a.tif", "-b ü.tif", "c.tif"]):
        tifffile.imwrite(images / name, np.zeros((40, 50), np.uint16))
        tifffile.imwrite(masks / name, labels(number))
    (images / "crops.csv").write_text(
        "file,source,frame,z,y,x,height,width,border,seed\n"
        "a.tif,m1.tif,0,0,0,0,36,46,2,1\n-b ü.tif,m1.tif,0,0,0,0,36,46,2,1\nc.tif,m2.tif,0,0,0,0,36,46,2,1\n",
        encoding="utf-8",
    )
    return images, masks


def test_pairs_with_their_movie_and_objects(folders):
    pairs = load_pairs(*folders)
    assert [(pair.image.name, pair.mask.name, pair.movie, pair.objects) for pair in pairs] == [
        ("-b ü.tif", "-b ü.tif", "m1.tif", 1),
        ("a.tif", "a.tif", "m1.tif", 0),
        ("c.tif", "c.tif", "m2.tif", 2),
    ]


def test_without_crops_csv_an_image_is_its_own_group(folders):
    (folders[0] / "crops.csv").unlink()
    assert [pair.movie for pair in load_pairs(*folders)] == ["-b ü.tif", "a.tif", "c.tif"]


def test_objects_at_the_edge_and_tiny_ones_are_counted(folders):
    drawn = labels(1)
    drawn[39, :20] = 2
    drawn[20:22, 20:24] = 3
    tifffile.imwrite(folders[1] / "a.tif", drawn)
    pair = load_pairs(*folders)[1]
    assert (pair.objects, pair.touching_border, pair.tiny) == (3, 1, 1)


def test_channels_are_no_planes(folders):
    images, masks = folders
    for path in images.glob("*.tif"):
        tifffile.imwrite(path, np.zeros((2, 40, 50), np.uint16), imagej=True, metadata={"axes": "CYX"})
    assert len(load_pairs(images, masks)) == 3


def test_all_problems_in_one_go(folders):
    images, masks = folders
    tifffile.imwrite(images / "a.tif", np.zeros((40, 50), np.uint8))
    for folder in folders:
        tifffile.imwrite(folder / "h.tif", labels(3))
    tifffile.imwrite(masks / "-b ü.tif", labels()[:39])
    tifffile.imwrite(
        images / "d.tif", np.zeros((7, 40, 50), np.uint16), imagej=True, metadata={"axes": "TYX"}
    )
    tifffile.imwrite(masks / "d.tif", labels())
    tifffile.imwrite(images / "e.tif", np.zeros((40, 50), np.uint16))
    tifffile.imwrite(masks / "f.tif", labels())
    tifffile.imwrite(images / "g.tif", np.zeros((40, 50), np.uint16))
    tifffile.imwrite(masks / "g.tif", np.where(labels() > 0, 255, 0).astype(np.uint8))
    with pytest.raises(BadFolder) as error:
        load_pairs(images, masks)
    assert {(row["file"], row["problem"]) for row in error.value.rows} == {
        ("-b ü.tif ← -b ü.tif", "differs in size from its image"),
        ("d.tif ← d.tif", "is not one plane"),
        ("e.tif", "has no mask"),
        ("f.tif", "no image belongs to this mask"),
        ("g.tif ← g.tif", "is a binary mask"),
        ("a.tif", "differs in type from the other images"),
    }
    row = next(row for row in error.value.rows if row["file"] == "a.tif")
    assert (row["found"], row["expected"]) == ("uint8, 1 channel", "uint16, 1 channel, as 2 others")


def test_masks_without_any_object_are_refused(folders):
    for path in folders[1].iterdir():
        tifffile.imwrite(path, labels(0))
    with pytest.raises(BadFolder, match="no mask holds an object"):
        load_pairs(*folders)


def test_a_table_of_crops_that_is_none(folders):
    (folders[0] / "crops.csv").write_text("name,movie\na.tif,m\n")
    with pytest.raises(BadInput, match="not the table of crops"):
        load_pairs(*folders)


def crops(movies: int, each: int = 4) -> list[Pair]:
    return [
        Pair(Path(f"/i/{movie}-{number}.tif"), Path(f"/m/{movie}-{number}.tif"), f"movie {movie}")
        for movie in range(movies)
        for number in range(each)
    ]


@pytest.mark.parametrize(
    ("pairs", "split_by", "by", "train", "warning"),
    [
        (crops(5), "auto", "movie", 16, "1 validation movie: "),
        (crops(10, 3), "auto", "movie", 21, ""),
        (crops(4), "auto", "image", 13, "4 movies, fewer than 5"),
        (crops(4), "movie", "movie", 12, "1 validation movie: "),
        (crops(5), "image", "image", 16, "crops of one movie are on both sides"),
        (crops(2, 1), "auto", "image", 1, ""),
        (
            [Pair(Path(f"{k}.tif"), Path(f"{k}.tif"), f"{k}.tif") for k in range(10)],
            "auto",
            "movie",
            8,
            "not known",
        ),
    ],
)
def test_split(pairs, split_by, by, train, warning):
    parts = split_pairs(pairs, 0.8, split_by, seed=3)
    assert (parts.by, len(parts.train), len(parts.validation)) == (by, train, len(pairs) - train)
    assert bool(parts.warnings) == bool(warning)
    assert warning in "".join(parts.warnings)


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=9),
    st.floats(0.01, 0.99),
    st.sampled_from(["auto", "movie", "image"]),
    st.integers(0, 99),
    st.sampled_from([0.0, 0.1, 0.9]),
)
def test_no_side_is_empty_and_no_movie_is_on_both(sizes, fraction, split_by, seed, test_fraction):
    pairs = [
        Pair(Path(f"{movie}-{k}"), Path("m"), str(movie))
        for movie, each in enumerate(sizes)
        for k in range(each)
    ]
    if len(pairs) < 2 or (split_by == "movie" and len(sizes) < 2):
        with pytest.raises(BadInput):
            split_pairs(pairs, fraction, split_by, seed, test_fraction)
        return
    parts = split_pairs(pairs, fraction, split_by, seed, test_fraction)
    assert parts.train
    assert parts.validation
    assert sorted(parts.train + parts.validation + parts.test, key=str) == sorted(pairs, key=str)
    assert bool(parts.test) == (test_fraction > 0 and len(parts.train + parts.test) > 1)
    if parts.by == "movie":
        training = {pair.movie for pair in parts.train + parts.test}
        assert training.isdisjoint(pair.movie for pair in parts.validation)
    assert split_pairs(pairs[::-1], fraction, split_by, seed, test_fraction) == parts


@pytest.mark.parametrize(("movies", "together"), [(10, True), (5, False)])
def test_the_in_training_test_set_is_by_movie_where_there_are_enough(movies, together):
    parts = split_pairs(crops(movies, 4), 0.8, test_fraction=0.3)
    shared = {pair.movie for pair in parts.train} & {pair.movie for pair in parts.test}
    assert parts.test
    assert bool(shared) != together


def test_the_seed_decides():
    assert len({split_pairs(crops(8), seed=seed).validation for seed in range(20)}) > 5


@pytest.mark.parametrize(
    ("pairs", "split_by"), [([], "auto"), (crops(1, 1), "image"), (crops(1, 5), "movie")]
)
def test_too_few_to_split(pairs, split_by):
    with pytest.raises(BadInput, match="cannot be split"):
        split_pairs(pairs, 0.8, split_by)


def test_split_csv(tmp_path):
    parts = split_pairs(crops(6), 0.7, seed=2, test_fraction=0.2)
    write_split(tmp_path / "split.csv", parts)
    with open(tmp_path / "split.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "mask", "group", "set"]
    assert {row["set"] for row in rows} == {"train", "validation", "test"}
    again = read_split(tmp_path / "split.csv")
    assert (again.train, again.validation, again.test, again.by) == (
        parts.train, parts.validation, parts.test, "movie"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no column image, mask, group, set"),
        ("a,b\n1,2\n", "no column image"),
        ("image,mask,group,set\na,a,g,train\nb,b,g,testing\n", "testing"),
        ("image,mask,group,set\na,a,g,train\n", "empty"),
        ("image,mask,group,set\na,a,g,train\na,a,g,validation\n", "in two sets: "),
    ],
)
def test_a_table_that_is_no_split(tmp_path, text, found):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(BadInput, match="not a split") as error:
        read_split(tmp_path / "split.csv")
    assert found in str(error.value.found)


def test_a_known_validation_set_is_never_trained_on():
    def of(movie, *names):
        return [Pair(Path(f"{name}.tif"), Path(f"{name}_masks.tif"), movie) for name in names]

    parts = split_known(of("a", "1", "2", "3", "4"), of("b", "5"), test_fraction=0.25)
    assert ([*map(len, (parts.train, parts.test, parts.validation))], parts.by) == ([3, 1, 1], "movie")
    assert not parts.warnings
    mixed = split_known(of("a", "1", "2"), of("a", "3"))
    assert mixed.by == "image" and "both sides" in mixed.warnings[0]
    with pytest.raises(BadInput, match="also validation images"):
        split_known(of("a", "1", "2"), of("b", "2"))
