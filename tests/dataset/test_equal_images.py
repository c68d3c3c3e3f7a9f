"""Images that are identical in every pixel stay on one side of the split; enough movies validate."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.equal_images import equal_note, find_equal, pixel_digest
from cpretrain.dataset.pairs import Pair, load_pairs
from cpretrain.dataset.splitting import joined, split_known, split_pairs
from cpretrain.rounds.start import validation_movies
from tests.support.paths import FAULTS

TWICE = FAULTS / "masks-10"
COPY = "Kopie von "


@pytest.fixture
def twice(tmp_path):
    """The same movies under two names, also in crops.csv."""
    folder = shutil.copytree(TWICE, tmp_path / "twice")
    for path in folder.glob("*/*.tif"):
        shutil.copy(path, path.with_name(COPY + path.name))
    table = folder / "images" / "crops.csv"
    head, *rows = table.read_text().splitlines()
    copies = [
        ",".join(COPY + cell if k < 2 else cell for k, cell in enumerate(row.split(","))) for row in rows
    ]
    table.write_text("\n".join([head, *rows, *copies, ""]))
    return folder


@pytest.mark.parametrize("split_by", ["auto", "movie", "image"])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("table", [True, False])
def test_masks_10_copies_stay_on_one_side(twice, split_by, seed, table):
    if not table:
        (twice / "images" / "crops.csv").unlink()
    pairs = load_pairs(twice / "images", twice / "masks")
    equal = find_equal(pairs)
    assert [len(same) for same in equal] == [2] * 6
    parts = split_pairs(pairs, 0.8, split_by, seed, 0.3, equal)
    sides = [
        {pixel_digest(pair.image) for pair in side} for side in (parts.train, parts.validation, parts.test)
    ]
    assert all(sides)
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert sum(map(len, (parts.train, parts.validation, parts.test))) == 12
    if table:
        assert len({pair.movie for pair in (*parts.train, *parts.validation, *parts.test)}) == 6
        assert parts.by == "image" or len({pair.movie for pair in parts.validation}) == 3


def test_masks_10_is_said(twice):
    pairs = load_pairs(twice / "images", twice / "masks")
    (note,) = equal_note(find_equal(pairs))
    assert note.startswith(
        "12 images are exact copies of others under other names, and stay on the same side"
    )
    assert "IXMtest_A16_s2_y0100_x0100.tif = Kopie von IXMtest_A16_s2_y0100_x0100.tif" in note
    assert equal_note(find_equal([pair for pair in pairs if pair.image.name.startswith("K")])) == []


def test_a_known_validation_set_that_is_trained_on_is_said(twice):
    pairs = load_pairs(twice / "images", twice / "masks")
    copies = [pair for pair in pairs if pair.image.name.startswith(COPY)]
    others = [pair for pair in pairs if pair not in copies]
    parts = split_known(others, copies[:2], equal=find_equal(pairs))
    assert parts.warnings[0].startswith("2 of 2 validation images are exact copies of training images")
    assert not split_known(others[2:], copies[:2], equal=find_equal([*others[2:], *copies[:2]])).warnings


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        (lambda image: image, True),
        (lambda image: image.astype(np.float32), True),
        (lambda image: np.pad(image, 3), True),
        (lambda image: image[np.newaxis], True),
        (lambda image: image + (image > 0).astype(np.uint16), False),
        (lambda image: image[::-1], False),
    ],
)
def test_pixels_count_not_files(tmp_path, change, equal):
    image = tifffile.imread(next((TWICE / "images").glob("*.tif")))
    tifffile.imwrite(tmp_path / "a.tif", image)
    tifffile.imwrite(tmp_path / "b.tif", change(image), compression="zlib", photometric="minisblack")
    pairs = [Pair(tmp_path / name, tmp_path / name, name) for name in ("a.tif", "b.tif")]
    assert bool(find_equal(pairs)) == equal


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_images_without_contrast_are_not_compared(tmp_path, value):
    pairs = [Pair(tmp_path / name, tmp_path / name, name) for name in ("a.tif", "b.tif")]
    for pair in pairs:
        tifffile.imwrite(pair.image, np.full((9, 9), value, np.float32))
    assert find_equal(pairs) == []


def of_movies(sizes):
    return [
        Pair(Path(f"/i/{movie}-{k}.tif"), Path("m"), f"movie {movie}")
        for movie, each in enumerate(sizes)
        for k in range(each)
    ]


def test_movies_that_share_an_image_are_one_however_long_the_chain():
    pairs = of_movies([2, 2, 2, 2])
    chain = [(pairs[0], pairs[2]), (pairs[3], pairs[5])]
    assert set(joined({pair: pair.movie for pair in pairs}, chain).values()) == {"movie 0", "movie 3"}


@pytest.mark.parametrize(
    ("movies", "validating"), [(5, 1), (6, 3), (7, 3), (9, 3), (12, 3), (13, 3), (15, 3), (20, 4), (30, 6)]
)
@pytest.mark.parametrize("seed", range(3))
def test_three_movies_validate_wherever_there_are_six(movies, validating, seed):
    parts = split_pairs(of_movies([4] * movies), 0.8, "auto", seed)
    assert len({pair.movie for pair in parts.validation}) == validating
    assert validation_movies(movies) == validating
    assert any(f"{validating} validation movie" in text for text in parts.warnings) == (validating < 3)


def test_three_movies_validate_of_movies_of_unequal_length():
    for seed in range(20):
        parts = split_pairs(of_movies([50, 1, 1, 1, 1, 1]), 0.8, "movie", seed)
        assert len({pair.movie for pair in parts.validation}) >= 3
        assert parts.train
