"""Real inputs that once went wrong, with the right answers."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cpretrain.dataset.pairs import load_pairs
from cpretrain.errors import BadFolder, BadInput
from cpretrain.evaluation.agreement import agree
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.geojson import write_geojson
from cpretrain.labels.own_file import ENCODING, write_labels
from cpretrain.labels.second_look import look_again
from cpretrain.masks.importing import import_masks
from cpretrain.rounds.seg_npy import write_window_file
from cpretrain.settings.masks import MaskSettings
from tests.support.paths import DATA, FAULTS
from tests.support.qupath_data import same_objects


def imported(number: int, tmp_path: Path, **settings):
    folder = FAULTS / f"masks-{number}"
    return import_masks(
        folder / "gt", folder / "images", out=tmp_path / "out", settings=MaskSettings(**settings)
    )


@pytest.mark.parametrize(
    ("number", "settings", "objects", "said"),
    [
        (1, {}, 0, "a.tif: 1 annotation of the whole image left out"),
        (2, {}, 6, "a.tif: 1 annotation of the whole image left out"),
        (2, {"take": "detections"}, 6, "a.tif: left out by type: 1 annotation"),
        (
            3,
            {},
            7,
            "a.tif: one object covers 65% of the image: delete what marks a region in QuPath",
        ),
        (8, {}, 6, "a.tif: 6 detections inside cells left out"),
        (8, {"nuclei": True}, 6, "a.tif: 6 detections inside cells left out"),
        (8, {"take": "cells"}, 6, "a.tif: left out by type: 6 detections"),
        (8, {"take": "detections"}, 6, "a.tif: left out by type: 6 cells"),
    ],
)
def test_objects_and_what_is_said(tmp_path, number, settings, objects, said):
    result = imported(number, tmp_path, **settings)
    assert result.objects == objects
    assert any(warning.startswith(said) for warning in result.warnings)


def test_masks_8_cells_are_whole_or_nuclei_and_never_spots(tmp_path):
    cells, nuclei, spots = (
        tifffile.imread(imported(8, tmp_path / name, **settings).folder / "a.tif") > 0
        for name, settings in [("c", {}), ("n", {"nuclei": True}), ("s", {"take": "detections"})]
    )
    assert cells.sum() > nuclei.sum() > spots.sum() > 0


def test_masks_5_a_fitted_spline_gives_the_pixels_of_imagej(tmp_path):
    result = imported(5, tmp_path)
    assert same_objects(
        tifffile.imread(result.folder / "a.tif"), tifffile.imread(FAULTS / "masks-5" / "truth.tif")
    )


def test_masks_6_an_object_in_two_pieces_stays_one_for_every_step(tmp_path):
    out = imported(6, tmp_path).folder
    assert tifffile.imread(out / "a.tif").max() == 1
    assert read_label_image(out / "a.tif", strict=True).objects == 1
    pairs = load_pairs(FAULTS / "masks-6" / "images", out)
    assert [pair.objects for pair in pairs] == [1, 6]
    (tmp_path / "copies").mkdir()
    shutil.copy(out / "a.tif", tmp_path / "copies" / "renamed.tif")
    assert read_label_image(tmp_path / "copies" / "renamed.tif", strict=True).encoding == ENCODING


def test_masks_6_agreement_of_two_people():
    folder = FAULTS / "masks-6" / "agree"
    assert agree(folder / "A", folder / "B").scored.mean(0).estimate == 0.5


def test_masks_6_of_an_earlier_version_the_record_tells(tmp_path):
    out = imported(6, tmp_path).folder
    labels = tifffile.imread(out / "a.tif").astype(np.uint8)  # in 8 bits, this alone would be a binary mask
    tifffile.imwrite(out / "a.tif", labels)
    assert read_label_image(out / "a.tif", strict=True).objects == 1
    other = labels.copy()
    other[95:, 95:] = 2
    tifffile.imwrite(out / "a.tif", other)  # somebody drew on it: the record does not speak for it
    assert read_label_image(out / "a.tif").encoding == "uint8"
    (out / "masks.json").write_text("[]")
    tifffile.imwrite(out / "a.tif", labels)
    assert read_label_image(out / "a.tif").encoding == "binary mask"


def test_what_another_program_saves_is_no_longer_taken_on_trust(tmp_path):
    labels = np.zeros((30, 30), np.uint8)
    labels[2:9, 2:9] = labels[2:9, 15:22] = labels[20:27, 2:9] = 1
    write_labels(tmp_path / "a.tif", labels)
    assert read_label_image(tmp_path / "a.tif").objects == 1
    tifffile.imwrite(tmp_path / "a.tif", tifffile.imread(tmp_path / "a.tif"), imagej=True)
    assert read_label_image(tmp_path / "a.tif").encoding == "binary mask"


def test_masks_9_the_image_is_named(tmp_path):
    with pytest.raises(BadFolder) as error:
        imported(9, tmp_path)
    (row,) = error.value.rows
    assert (row["file"], row["problem"], row["found"]) == ("a.tif", "is not a TIFF", "a PNG")
    assert "File > Save As > Tiff" in row["cure"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return folders with two images and the ground truth of the first, ``a``."""
    images, drawn = tmp_path / "images", tmp_path / "drawn"
    for folder in (images, drawn):
        folder.mkdir()
    labels = np.zeros((60, 60), np.uint16)
    labels[10:30, 10:30] = 1
    write_labels(drawn / "a.tif", labels)
    for name in "ab":
        tifffile.imwrite(images / f"{name}.tif", np.zeros((60, 60), np.uint16))
    return images, drawn


COCO = {"images": [{"id": 1, "file_name": "b.tif"}], "annotations": [], "categories": []}
LABELME = {"version": "5", "flags": {}, "shapes": [], "imagePath": "b.tif"}


@pytest.mark.parametrize(
    ("name", "content", "found", "cure"),
    [
        ("instances.json", COCO, "COCO annotations (instances.json)", "annToMask"),
        ("b.json", LABELME, "labelme annotations (b.json)", "labelme_export_json"),
        (
            "via.json",
            {"a": {"regions": [{"shape_attributes": {}}]}},
            "VGG annotator (via.json)",
            "TIFF or PNG",
        ),
        ("b.jpg", None, "JPEG pictures (b.jpg)", "JPEG changes object numbers"),
        ("b.npy", None, "NumPy arrays (b.npy)", "tifffile.imwrite"),
        ("b.xml", None, "XML annotations (b.xml)", "TIFF or PNG"),
        ("b.qpdata", None, "QuPath's own data (b.qpdata)", "Export objects as GeoJSON"),
        ("notes.txt", None, "notes.txt", "export from QuPath"),
    ],
)
def test_what_lies_there_is_named(pair, tmp_path, name, content, found, cure):
    images, drawn = pair
    (drawn / "a.tif").unlink()
    (drawn / name).write_text(json.dumps(content) if content else "…")
    with pytest.raises(BadInput, match="no ground truth here") as error:
        import_masks(drawn, images, out=tmp_path / "out")
    assert found in str(error.value.found)
    assert cure in str(error.value.cure)


def test_what_lies_there_is_named_for_an_image_without_a_mask(pair, tmp_path):
    images, drawn = pair
    (drawn / "b_masks.jpg").write_text("…")
    (drawn / "coco.json").write_text(json.dumps(COCO))
    with pytest.raises(BadFolder) as error:
        import_masks(drawn, images, out=tmp_path / "out")
    assert error.value.rows[0]["found"] == "b_masks.jpg, which is not read"
    (images / "b.tif").unlink()
    assert any(
        "not read: COCO annotations (coco.json)" in text
        for text in import_masks(drawn, images, out=tmp_path / "out").warnings
    )


def test_png_images_are_named(pair, tmp_path):
    images, drawn = pair
    shutil.copy(drawn / "a.tif", drawn / "b_masks.tif")
    (images / "b.tif").unlink()
    Image.fromarray(np.zeros((60, 60), np.uint8)).save(images / "b.png")
    with pytest.raises(BadFolder) as error:
        import_masks(drawn, images, out=tmp_path / "out")
    assert [(row["file"], row["problem"], row["found"]) for row in error.value.rows] == [
        ("b_masks.tif", "its image is no TIFF", "b.png")
    ]
    assert "Save As > Tiff" in error.value.rows[0]["cure"]
    (images / "a.tif").unlink()
    with pytest.raises(BadInput, match="no images in this folder") as none:
        import_masks(drawn, images, out=tmp_path / "out")
    assert "Save As > Tiff" in str(none.value.cure)


def test_the_files_of_cellposes_window_are_read(pair, tmp_path):
    images, drawn = pair
    for name in "ab":
        tifffile.imwrite(images / f"{name}.tif", np.zeros((24, 24), np.uint16))
    (drawn / "a.tif").unlink()
    shutil.copy(DATA / "cellpose3_window_seg.npy", drawn / "a_seg.npy")
    shutil.copy(DATA / "cellpose4_window_seg.npy", drawn / "b_seg.npy")
    result = import_masks(drawn, images, out=tmp_path / "out")
    for name in "ab":
        assert np.argwhere(tifffile.imread(result.folder / f"{name}.tif")).min(0).tolist() == [12, 13]
    assert {row["encoding"] for row in result.rows} == {"masks of Cellpose's window"}


@pytest.mark.cellpose
def test_predictions_that_nobody_saved_are_no_ground_truth(pair, tmp_path):
    images, drawn = pair
    write_window_file(drawn / "b_seg.npy", "b.tif", tifffile.imread(drawn / "a.tif"))
    with pytest.raises(BadFolder, match="nobody has corrected and saved"):
        import_masks(drawn, images, out=tmp_path / "out")


def test_edge_of_the_data_and_singular_in_the_page(pair, tmp_path):
    images, drawn = pair
    labels = np.zeros((60, 60), np.uint16)
    labels[2:20, 30:50] = 1  # touches the edge of the data, two pixels inside that of the image
    write_labels(drawn / "b.tif", labels)
    result = import_masks(drawn, images, out=tmp_path / "out")
    assert [row["touching_border"] for row in result.rows] == [0, 1]
    page = (result.folder / "masks_report.html").read_text("utf-8")
    assert "60 × 60 pixels, 1 object, 1 of them at the edge" in page
    assert "1 objects" not in page


def test_a_selection_that_a_label_image_cannot_make_is_refused(pair, tmp_path):
    images, drawn = pair
    (images / "b.tif").unlink()
    with pytest.raises(BadFolder, match="does not say which objects are cells"):
        import_masks(drawn, images, out=tmp_path / "out", settings=MaskSettings(take="cells"))
    write_geojson(drawn / "a.geojson", tifffile.imread(drawn / "a.tif"))
    (drawn / "a.tif").unlink()
    with pytest.raises(BadFolder, match="holds no of the cells asked for") as error:
        import_masks(drawn, images, out=tmp_path / "out", settings=MaskSettings(take="cells"))
    assert error.value.rows[0]["found"] == "left out by type: 1 annotation"


def test_an_image_with_a_whole_image_annotation_and_no_border_in_its_mask(pair, tmp_path):
    images, drawn = pair
    (images / "b.tif").unlink()
    tifffile.imwrite(drawn / "a.tif", np.ones((56, 56), np.uint8))  # drawn without the border of 2
    with pytest.raises(BadFolder, match="has no background"):
        import_masks(drawn, images, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda a: a[5:55, 5:55].fill(9), "one object covers 69% of the image"),
        (lambda a: a[5:40, 5:40].__setitem__(a[5:40, 5:40] == 0, 9), "2 objects lie inside another one"),
        (lambda a: a[40:58, 2:58].fill(9), "1 object is a rectangle much larger than the others"),
        (lambda a: a[50, 5:40].fill(9), "1 object is nowhere two pixels wide"),
        (lambda a: a.put([50 * 60 + 5, 42 * 60 + 40], 9), "1 object is nowhere two pixels wide"),
        (lambda a: a[0:30, 59].fill(9), ""),
        (lambda a: a[30:33, 10:13].fill(9), ""),
    ],
    ids=["most", "around", "rectangle", "line", "points", "sliver", "small"],
)
def test_a_second_look(draw, said):
    labels = np.zeros((60, 60), np.uint16)
    labels[10:18, 10:18], labels[22:30, 22:30], labels[10:18, 45:53] = 1, 2, 3
    assert look_again(labels) == []
    draw(labels)
    assert [text[: len(said)] for text in look_again(labels)] == ([said] if said else [])
