"""Masks of two annotators: paired by name, scored symmetrically, and refused if they cannot be compared."""

import csv

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import Pair
from cpretrain.errors import BadInput
from cpretrain.evaluation.agreement import agree
from cpretrain.evaluation.second_annotator import find_annotator_masks
from cpretrain.labels.pairing import bare
from cpretrain.metrics.scores import average_precision
from cpretrain.settings.evaluation import AgreeSettings

LABELS = np.zeros((40, 40), np.uint16)
LABELS[5:15, 5:15], LABELS[20:30, 20:32] = 1, 2


@pytest.fixture
def people(tmp_path):
    """Two annotators: the second drew everything a pixel lower, and names files differently."""
    names = [
        ("a.tif", "a_masks.tif"),
        ("b [d=2]-labelled.tif", "b [d=2].tif"),
        ("c_cp_masks.tif", "c-labels.tif"),
    ]
    folders = tmp_path / "Anna", tmp_path / "Björn"
    for folder in folders:
        folder.mkdir()
    for number, files in enumerate(names):
        for shift, (folder, name) in enumerate(zip(folders, files, strict=True)):
            tifffile.imwrite(folder / name, np.roll(LABELS, number + 2 * shift, axis=0))
    return folders


def test_agreement_is_the_average_precision_and_the_same_both_ways(people, tmp_path):
    settings = AgreeSettings(thresholds="0.5,0.6,0.7")
    one, other = (
        agree(*people, settings=settings, out=tmp_path / "out"),
        agree(*people[::-1], settings=settings),
    )
    expected = average_precision([LABELS], [np.roll(LABELS, 2, axis=0)], (0.5, 0.6, 0.7))
    assert expected.tp.tolist() == [[2, 2, 0]]
    for result in (one, other):
        assert np.array_equal(result.scored.scores.tp, np.repeat(expected.tp, 3, axis=0))
        assert result.as_data()["average_precision"]["0.5"]["mean"] == 1
        assert result.table().startswith("agreement between two people on 3 images")
    with open(tmp_path / "out" / "agreement.csv", newline="", encoding="utf-8") as file:
        assert [row["average_precision"] for row in csv.DictReader(file)] == ["1.0", "1.0", "0.0"] * 3
    assert other.folder is None


def test_what_one_of_them_left_out_is_left_out_and_said(people, capsys):
    (people[0] / "a.tif").unlink()
    (people[1] / "c-labels.tif").unlink()
    result = agree(*people)
    assert result.scored.image_set.images == ("b [d=2]-labelled.tif",)
    assert result.as_data()["average_precision"]["0.5"] == {"mean": 1, "low_95": None, "high_95": None}
    assert "2 masks are in only one of the folders" in capsys.readouterr().err


def spoil_sizes(first, second):
    tifffile.imwrite(second / "a_masks.tif", LABELS[:30])


def spoil_names(first, second):
    for path in second.iterdir():
        path.rename(path.with_name(f"other {path.name}"))


def spoil_twice(first, second):
    tifffile.imwrite(first / "a_masks.tif", LABELS)


def spoil_second_twice(first, second):
    tifffile.imwrite(second / "a.tif", LABELS)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_sizes, "differs in size from a.tif of the other person"),
        (spoil_names, "cannot be compared"),
        (spoil_twice, "several masks for one image"),
        (spoil_second_twice, "has several masks"),
    ],
)
def test_what_cannot_be_compared(people, spoil, message):
    spoil(*people)
    with pytest.raises(BadInput, match=message):
        agree(*people)


def test_a_second_person_may_draw_on_some_images_but_not_on_others(people, tmp_path, capsys):
    pairs = [Pair(tmp_path / name, tmp_path / name, name) for name in ("a.tif", "b [d=2].tif", "d.tif")]
    with pytest.raises(BadInput, match=r"c-labels.tif: no image belongs to this mask"):
        find_annotator_masks(pairs, people[1])
    training = [Pair(tmp_path / "c.tif", tmp_path / "c.tif", "c.tif")]
    found = find_annotator_masks(pairs, people[1], training)
    assert {image.name: one.mask.name for image, one in found.items()} == {
        "a.tif": "a_masks.tif",
        "b [d=2].tif": "b [d=2].tif",
    }
    said = capsys.readouterr().err
    assert "1 masks of a second person belong to training images: left out" in said
    assert "drew on 2 of 3 images" in said
    with pytest.raises(BadInput, match="do not fit the images"):
        find_annotator_masks(pairs[2:], people[1], [*pairs[:2], *training])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tif", "a"),
        ("a_masks.tif", "a"),
        ("a.tif.tif", "a"),
        ("a.tif-labelled.png", "a"),
        ("a_cp_masks.tif", "a"),
        ("a b [x=1].ome.tif", "a b [x=1]"),
    ],
)
def test_names_without_what_programs_add(name, expected):
    assert bare(name) == expected
