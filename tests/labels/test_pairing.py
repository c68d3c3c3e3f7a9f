import unicodedata
from pathlib import Path

import pytest

from cpretrain.labels.pairing import Tile, match_by_name, stem, tile_of, without_masks


def paired(images: list[str], masks: list[str]) -> dict[str, list[str]]:
    found = match_by_name([Path("i", name) for name in images], [Path("m", name) for name in masks])
    assert not found.problems, found.problems
    return {pair.image.name: [mask.name for mask in pair.masks] for pair in found.pairs}


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("a.tif", "a.tif"),
        ("a.tif", "a.TIFF"),
        ("a.tif", "a.ome.tif"),
        ("a.ome.tif", "a.tif"),
        ("a.tif", "a_masks.tif"),
        ("a.tif", "a_cp_masks.tif"),
        ("a.tif", "a-labelled.tif"),
        ("a.tif", "a-labels.tif"),
        ("a.tif", "a-labels.png"),
        ("a.tif", "a_seg.npy"),
        ("a.ome.tif", "a_seg.npy"),
        ("a.tif", "a_labels.tif"),
        ("a.tif", "a_mask.tif"),
        ("a.tif", "a.tif.tif"),
        ("a.tif", "a.tif-labelled.tif"),
        ("a.tif", "a.geojson"),
        ("a.tif", "a.tif.geojson"),
        ("a.tif", "a.geojson.gz"),
        ("a.tif", "a.json"),
        ("a.tif", "a.zip"),
        ("a.tif", "a_RoiSet.zip"),
        ("a.tif", "a.roi"),
        ("a_region_3.tif", "a_region_3_masks.tif"),
        ("a.tif", "a_region_3_masks.tif"),
        ("a [d=2,x=0,y=512,w=512,h=512].tif", "a [d=2,x=0,y=512,w=512,h=512]-labelled.tif"),
        ("a.tif", "a [x=0,y=0,w=512,h=512]-labelled.tif"),
        ("a.tif", "a [x=0,y=0,w=512,h=512,z=3,t=1]-labelled.tif"),
        ("-a *[ab]? (1).tif", "-a *[ab]? (1)_masks.tif"),
        ("Zelle ä.tif", unicodedata.normalize("NFD", "Zelle ä") + "-labels.tif"),
    ],
)
def test_names(image, mask):
    assert paired([image], [mask]) == {image: [mask]}


def test_brackets_are_no_pattern():
    assert paired(["a[1].tif", "a1.tif"], ["a1-labels.tif", "a[1]-labels.tif"]) == {
        "a[1].tif": ["a[1]-labels.tif"],
        "a1.tif": ["a1-labels.tif"],
    }


def test_the_earlier_rule_decides_whose_mask_it_is():
    images = ["a.tif", "a_masks.tif", "a_region_0.tif"]
    masks = ["a.tif", "a_masks.tif", "a_region_0_masks.tif"]
    assert paired(images, masks) == {
        "a.tif": ["a.tif"],
        "a_masks.tif": ["a_masks.tif"],
        "a_region_0.tif": ["a_region_0_masks.tif"],
    }


def test_tiles_of_one_image_go_together():
    tiles = [f"a [x={x},y=0,w=4,h=4]-labelled.tif" for x in (0, 4, 8)]
    assert paired(["a.tif"], tiles) == {"a.tif": tiles}


def test_all_problems_are_listed():
    images = [Path("i", name) for name in ("a.tif", "b.tif", "c.tif", "d.tif", "d.ome.tif")]
    masks = [Path("m", name) for name in ("a.tif", "a-labels.tif", "bb.tif", "c.tif", "d_masks.tif")]
    found = match_by_name(images, masks)
    assert [pair.image.name for pair in found.pairs] == ["c.tif"]
    assert {(row.file, row.problem) for row in found.problems} == {
        ("bb.tif", "no image belongs to this mask"),
        ("d_masks.tif", "could belong to several images"),
        ("a.tif", "has several masks"),
        ("b.tif", "has no mask"),
        ("d.tif", "has no mask"),
        ("d.ome.tif", "has no mask"),
    }
    assert "b.tif" in next(row.found for row in found.problems if row.file == "bb.tif")
    assert all(row.cure for row in found.problems)


def test_images_and_masks_in_one_folder():
    files = [
        Path(name) for name in ("a.tif", "a_masks.tif", "b.tif", "b-labels.tif", "b.geojson", "c_masks.tif")
    ]
    assert [path.name for path in without_masks(files)] == ["a.tif", "b.tif", "c_masks.tif"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a [d=2,x=0,y=512,w=256,h=128]-labelled.tif", Tile(2.0, 0, 512, 256, 128)),
        ("a [x=1,y=2,w=3,h=4,z=5,t=6].tif", Tile(1.0, 1, 2, 3, 4, 5, 6)),
        ("a [d=1.5].tif", Tile(1.5)),
        ("a [1].tif", None),
        ("a [d=0,x=1].tif", None),
        ("a [x=one].tif", None),
        ("a.tif", None),
    ],
)
def test_tile_of(name, expected):
    assert tile_of(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.ome.tif", "a"), ("a.b.TIF", "a.b"), ("a.geojson.gz", "a"), (".tif", ".tif"), ("a", "a")],
)
def test_stem(name, expected):
    assert stem(name) == expected
