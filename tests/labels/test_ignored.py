import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.labels.ignored import (
    ignored_file,
    known_part,
    mostly_in,
    read_ignored,
    set_apart,
    write_ignored,
    wrote_ignored,
)
from cpretrain.labels.label_image import EMPTY, LabelImage
from cpretrain.labels.own_file import write_labels
from cpretrain.labels.pairing import ignored_beside, take_out_ignored


def row(text: str) -> np.ndarray:
    """Return one row of labels, a digit for each pixel."""
    return np.array([list(map(int, text))], np.uint16)


@pytest.mark.parametrize(
    ("labels", "marked", "left", "ignored"),
    [
        ("0011002200", "0000000000", "0011002200", "0000000000"),
        ("0011002200", "1000000001", "0011002200", "1000000001"),
        ("0011002200", "0000011110", "0011000000", "0000011110"),  # the second one lies inside
        ("0011002200", "1110000000", "0011002200", "1100000000"),  # half of it is not most of it
        ("0111002200", "1110000000", "0000001100", "1111000000"),  # two of three are
        ("0000000000", "1111111111", "0000000000", "1111111111"),
    ],
)
def test_an_object_is_known_or_ignored_as_a_whole(labels, marked, left, ignored):
    apart = set_apart(LabelImage(row(labels), "uint16"), row(marked) > 0)
    assert np.array_equal(apart.labels, row(left))
    assert np.array_equal(apart.ignored, row(ignored) > 0)


def test_classes_stay_with_their_objects():
    image = LabelImage(row("0110220330"), "GeoJSON", classes=("A", "B", "C"), names=("a", "b", "c"))
    apart = set_apart(image, row("0000110000") > 0)
    assert (apart.objects, apart.classes, apart.names) == (2, ("A", "C"), ("a", "c"))
    assert apart.notes == ("1 object in ignored areas left out",)
    assert EMPTY in set_apart(image, np.ones((1, 10), bool)).notes


def test_of_a_prediction_the_known_part_is_left():
    predicted, ignored = row("1110222055"), row("1100001000") > 0
    assert mostly_in(predicted, ignored).tolist() == [1]
    assert np.array_equal(known_part(predicted, ignored), row("0000220055"))


def test_a_file_of_ignored_pixels_comes_back(tmp_path):
    path, ignored = ignored_file(tmp_path / "a.ome.tif"), row("0011100000") > 0
    assert path.name == "a_ignore.tif"
    write_ignored(path, ignored)
    assert np.array_equal(read_ignored(path, (1, 10)), ignored)
    assert wrote_ignored(path)
    write_labels(tmp_path / "b.tif", row("1100000000"))
    assert not wrote_ignored(tmp_path / "b.tif")
    assert not wrote_ignored(tmp_path / "missing.tif")
    with pytest.raises(BadInput, match="differs in size"):
        read_ignored(path, (2, 10))


@pytest.mark.parametrize(
    ("images", "masks", "found"),
    [
        (["i/a.tif"], ["m/a.tif"], {}),
        (["i/a.tif"], ["m/a.tif", "m/a_ignore.tif"], {"a.tif": "a_ignore.tif"}),
        (["i/a.ome.tif"], ["m/a_masks.tif", "m/a_ignore.png"], {"a.ome.tif": "a_ignore.png"}),
        (["i/a.tif"], ["m/a.geojson", "m/a_ignore.zip"], {"a.tif": "a_ignore.zip"}),
        (["i/a.tif"], ["m/b_ignore.tif"], {}),
        # an image may have such a name
        (["i/a.tif", "i/a_ignore.tif"], ["m/a.tif", "m/a_ignore.tif"], {}),
        (["i/a_ignore.tif"], ["m/a_ignore_masks.tif"], {}),
        (["i/a.tif", "i/a_ignore.tif"], ["m/a.tif"], {}),
        # all in one folder, where every TIFF may be an image
        (["i/a.tif", "i/a_masks.tif", "i/a_ignore.tif"], None, {"a.tif": "a_ignore.tif"}),
        (["i/a.tif", "i/a_masks.tif", "i/a_ignore.tif", "i/a_ignore_masks.tif"], None, {}),
    ],
)
def test_ignored_pixels_are_found_by_name(tmp_path, images, masks, found):
    images, masks = ([tmp_path / name for name in names] for names in (images, masks or images))
    taken = take_out_ignored(images, masks)
    assert {image.name: path.name for image, path in taken.by_image.items()} == found
    files = set(taken.by_image.values())
    assert taken.images == [path for path in images if path not in files]
    assert taken.masks == [path for path in masks if path not in files]


def test_ignored_pixels_are_found_without_images(tmp_path):
    names = ("a_masks.tif", "a_ignore.tif", "b.png", "c_ignore.tif", "d.tif", "d_ignore_masks.tif")
    beside = ignored_beside(tmp_path / name for name in names)
    assert beside == {tmp_path / "a_masks.tif": tmp_path / "a_ignore.tif"}


def test_two_files_of_ignored_pixels_are_one_too_many(tmp_path):
    names = ("a_ignore.tif", "a_ignore.zip")
    with pytest.raises(BadInput, match="several files of ignored pixels"):
        take_out_ignored([tmp_path / "a.tif"], [tmp_path / name for name in names])
