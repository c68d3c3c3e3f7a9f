"""Every step reads this tool's own files as object numbers, whatever the shape of the objects."""

import shutil

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import load_pairs
from cpretrain.errors import BadFolder, BadInput
from cpretrain.evaluation.agreement import agree
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.own_file import in_record
from cpretrain.masks.importing import import_masks
from cpretrain.settings import AgreeSettings
from cpretrain.storage.provenance import write_json
from tests.support.paths import FAULTS

TWO_PIECES = FAULTS / "masks-6"


@pytest.fixture
def imported(tmp_path):
    """Ground truth in which an object in two pieces is the only one of a crop."""
    images = shutil.copytree(TWO_PIECES / "images", tmp_path / "images")
    import_masks(TWO_PIECES / "gt", images, out=tmp_path / "masks")
    return images, tmp_path / "masks"


def pieces(count: int) -> np.ndarray:
    labels = np.zeros((60, 80), np.uint16)
    for k in range(count):
        labels[10:20, 3 + 7 * k : 8 + 7 * k] = 1
    return labels


def test_masks_6_in_training(imported):
    objects = {pair.image.name: pair.objects for pair in load_pairs(*imported)}
    assert objects["a.tif"] == 1


def test_masks_6_in_agreement_of_what_was_imported(imported, tmp_path):
    shutil.copytree(imported[1], tmp_path / "again")
    assert np.all(agree(imported[1], tmp_path / "again").scored.scores.average_precision == 1)
    assert agree(imported[1], tmp_path / "again").scored.scores.tp[0, 0] == 1


def test_masks_6_in_agreement_of_what_lies_anywhere(capsys):
    result = agree(
        TWO_PIECES / "agree" / "A", TWO_PIECES / "agree" / "B", settings=AgreeSettings(thresholds="0.5,0.9")
    )
    assert result.scored.scores.average_precision.tolist() == [[0.5, 0.5]]
    said = " ".join(capsys.readouterr().err.split())
    assert "x_masks.tif: one object in 2 pieces; if it is a binary mask" in said


@pytest.mark.parametrize("count", [2, 3, 9])
@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("masks.json", {"step": "masks", "masks": [{"file": "a.tif", "objects": 1}]}),
        ("combine.json", {"step": "combine"}),
        ("a.json", {"step": "predict"}),
    ],
)
def test_any_number_of_pieces_of_what_a_step_wrote(tmp_path, count, name, record):
    tifffile.imwrite(tmp_path / "a.tif", pieces(count))
    write_json(tmp_path / name, record)
    image = read_label_image(tmp_path / "a.tif", strict=True)
    assert (image.objects, image.in_pieces, image.notes) == (1, 1, ())


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        "null",
        '{"masks": 3}',
        '{"masks": [3]}',
        '{"masks": [{"file": "b.tif"}]}',
        '{"step": "masks"}',
    ],
)
def test_a_record_that_does_not_speak_for_a_file(tmp_path, record):
    tifffile.imwrite(tmp_path / "a.tif", pieces(3))
    (tmp_path / "masks.json").write_text(record)
    assert not in_record(tmp_path / "a.tif", pieces(3))
    with pytest.raises(BadInput, match="is a binary mask") as error:
        read_label_image(tmp_path / "a.tif", strict=True)
    assert "cpretrain.import_masks(components=True)" in error.value.cure


@pytest.mark.parametrize(
    ("labels", "objects"), [(pieces(2), 1), (pieces(3), 1), (pieces(4), 4), (255 * pieces(2), 2)]
)
def test_a_few_pieces_of_number_one_are_one_object_of_a_second_person(tmp_path, labels, objects):
    tifffile.imwrite(tmp_path / "a.tif", labels)
    image = read_label_image(tmp_path / "a.tif", few_pieces=True)
    assert image.objects == objects
    assert len(image.notes) == 1


def test_binary_masks_of_others_are_refused_with_a_cure_that_works(tmp_path):
    images, masks, out = (tmp_path / name for name in ("images", "masks", "out"))
    for folder in (images, masks):
        folder.mkdir()
    tifffile.imwrite(images / "a.tif", np.random.default_rng(0).integers(0, 999, (60, 80)).astype(np.uint16))
    tifffile.imwrite(masks / "a.tif", pieces(5))
    with pytest.raises(BadFolder, match=r"cpretrain.import_masks\(components=True\)"):
        load_pairs(images, masks)
    import_masks(masks, images, out=out)
    assert [pair.objects for pair in load_pairs(images, out)] == [5]
