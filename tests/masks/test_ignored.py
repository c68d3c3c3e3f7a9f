"""Crops that are drawn in part: areas that are marked to be ignored, through the import and the pairing."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import files_of, load_pairs, read_labels_of
from cpretrain.dataset.splitting import read_split, split_known, write_split
from cpretrain.errors import BadFolder, BadInput
from cpretrain.labels.ignored import write_ignored
from cpretrain.labels.imagej_roi import write_rois
from cpretrain.masks.importing import import_masks
from cpretrain.settings.masks import MaskSettings

SIZE = (44, 54)
CELL, OTHER = (4, 4, 14, 14), (24, 24, 34, 34)
"""Corners of two cells: left, top, right, bottom."""


def box(corners, class_name="Nucleus"):
    left, top, right, bottom = corners
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    properties = {"objectType": "annotation", "classification": {"name": class_name}}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def filled(*boxes):
    area = np.zeros(SIZE, bool)
    for left, top, right, bottom in boxes:
        area[top:bottom, left:right] = True
    return area


class Folders:
    """Two training images with a border of two pixels, their ground truth, and a folder for masks."""

    def __init__(self, folder: Path) -> None:
        self.images, self.drawn, self.out = (folder / name for name in ("images", "drawn", "masks"))
        self.images.mkdir(parents=True)
        self.drawn.mkdir()
        for name in ("a.tif", "b.tif"):
            tifffile.imwrite(self.images / name, np.zeros(SIZE, np.uint16))
            self.draw(name[0], box(CELL), box(OTHER))

    def draw(self, name: str, *features) -> None:
        (self.drawn / f"{name}.geojson").write_text(json.dumps(list(features)))

    def imported(self, **options):
        return import_masks(self.drawn, self.images, out=self.out, settings=MaskSettings(**options))

    def ignored(self, name: str = "a") -> np.ndarray:
        return tifffile.imread(self.out / f"{name}_ignore.tif")

    def written(self) -> list[str]:
        return sorted(path.name for path in self.out.iterdir())


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)


NAMES = ["a.tif", "b.tif", "mask_objects.csv", "masks.csv", "masks.json", "masks_report.html"]


def test_without_ignored_areas_nothing_is_added(folders):
    folders.imported()
    assert folders.written() == NAMES
    assert "ignored" not in (folders.out / "masks.csv").read_text().splitlines()[0]
    assert all(pair.ignored is None for pair in load_pairs(folders.images, folders.out))


def test_an_area_of_class_ignore_gets_a_file_of_its_own(folders):
    folders.draw("a", box(CELL), box((20, 20, 40, 50), "Ignore*"))
    result = folders.imported()
    assert folders.written() == sorted([*NAMES, "a_ignore.tif"])
    assert np.array_equal(folders.ignored() > 0, filled((20, 20, 40, 42)))  # the border is never ignored
    share = 20 * 22 / (40 * 50)
    rows = list(csv.DictReader((folders.out / "masks.csv").open()))
    assert [row["ignored"] for row in rows] == [f"{share:g}", ""]
    assert "ignored: 1 area of class Ignore*" in rows[0]["notes"]
    assert result.warnings == []
    assert "22% ignored" in (folders.out / "masks_report.html").read_text()
    assert "a_ignore.tif" in json.loads((folders.out / "masks.json").read_text())["outputs"]


@pytest.mark.parametrize(("corners", "objects"), [((20, 20, 40, 40), 1), ((30, 20, 40, 40), 2)])
def test_objects_that_lie_mostly_in_the_area_are_left_out(folders, corners, objects):
    folders.draw("a", box(CELL), box(OTHER), box(corners, "Ignore*"))
    result = folders.imported()
    assert [row["objects"] for row in result.rows] == [objects, 2]
    assert result.warnings == (["a.tif: 1 object in ignored areas left out"] if objects == 1 else [])
    labels = tifffile.imread(folders.out / "a.tif")
    assert not (labels[folders.ignored() > 0]).any()


def test_a_region_says_where_everything_is_drawn(folders):
    region = (2, 2, 20, 42)
    folders.draw("a", box(CELL), box(OTHER), box(region, "Region*"))
    assert folders.imported().rows[0]["objects"] == 2
    assert folders.written() == NAMES
    result = folders.imported(undrawn="ignore")
    inside = filled((2, 2, 52, 42))
    assert np.array_equal(folders.ignored() > 0, inside & ~filled(region, OTHER))
    assert result.rows[0]["objects"] == 2
    assert result.warnings == ["1 image has no region of class Region* and counts as drawn completely: b.tif"]


def test_ignoring_the_undrawn_needs_regions(folders):
    result = folders.imported(undrawn="ignore")
    assert result.warnings == [
        "2 images have no region of class Region* and count as drawn completely: a.tif, b.tif"
    ]
    assert folders.written() == NAMES
    for path in folders.drawn.iterdir():
        path.unlink()
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(folders.drawn / name, filled(CELL) * np.uint16(300))
    with pytest.raises(BadFolder, match="a label image has no regions"):
        folders.imported(undrawn="ignore")


def ignore_tiff(folder: Path) -> None:
    tifffile.imwrite(folder / "a_ignore.tif", filled(OTHER).astype(np.uint8) * 255)


def ignore_without_border(folder: Path) -> None:
    tifffile.imwrite(folder / "a_ignore.tif", filled(OTHER)[2:-2, 2:-2].astype(np.uint8))


def ignore_rois(folder: Path) -> None:
    write_rois(folder / "a_ignore.zip", filled(OTHER).astype(np.uint16))


def ignore_geojson(folder: Path) -> None:
    (folder / "a_ignore.geojson").write_text(json.dumps([box(OTHER, "")]))


@pytest.mark.parametrize("write", [ignore_tiff, ignore_without_border, ignore_rois, ignore_geojson])
def test_a_file_beside_the_ground_truth_marks_what_to_ignore(folders, write):
    write(folders.drawn)
    result = folders.imported()
    assert np.array_equal(folders.ignored() > 0, filled(OTHER))
    assert [row["objects"] for row in result.rows] == [1, 2]
    record = json.loads((folders.out / "masks.json").read_text())
    assert any("a_ignore" in name for name in record["inputs"])


def test_rois_are_ignored_by_their_name(folders):
    (folders.drawn / "a.geojson").unlink()
    write_rois(folders.drawn / "a.zip", filled(OTHER).astype(np.uint16), "ignore")
    assert folders.imported().rows[0]["objects"] == 0
    assert np.array_equal(folders.ignored() > 0, filled(OTHER))


def test_a_second_import_forgets_what_is_no_longer_ignored(folders):
    folders.draw("a", box(CELL), box(OTHER, "Ignore*"))
    folders.imported()
    first = (folders.out / "a_ignore.tif").stat().st_mtime_ns
    folders.imported()
    assert (folders.out / "a_ignore.tif").stat().st_mtime_ns == first  # nothing has changed
    write_ignored(folders.out / "c_ignore.tif", filled(OTHER))
    folders.draw("a", box(CELL), box(OTHER))
    folders.imported()
    assert folders.written() == sorted([*NAMES, "c_ignore.tif"])  # of another image


def test_pairs_know_what_is_ignored(folders, tmp_path):
    folders.draw("a", box(CELL), box(OTHER), box((20, 20, 40, 40), "Ignore*"))
    folders.imported()
    one, other = load_pairs(folders.images, folders.out)
    assert (one.ignored, other.ignored) == (folders.out / "a_ignore.tif", None)
    assert (one.objects, other.objects) == (1, 2)
    assert one.ignored in files_of([one, other])
    assert np.array_equal(read_labels_of(one).ignored, filled((20, 20, 40, 40)))
    assert read_labels_of(other).ignored is None
    write_split(tmp_path / "split.csv", split_known([one], [other], 0))
    back = read_split(tmp_path / "split.csv")
    assert (back.train[0].ignored, back.validation[0].ignored) == (one.ignored, None)


def test_a_label_image_of_another_program_may_have_one_too(folders):
    folders.imported()
    ignore_tiff(folders.out)
    one, other = load_pairs(folders.images, folders.out)
    assert (one.objects, other.objects) == (1, 2)
    tifffile.imwrite(folders.out / "a_ignore.tif", np.zeros((9, 9), np.uint8))
    with pytest.raises((BadFolder, BadInput), match=r"a_ignore\.tif: differs in size"):
        load_pairs(folders.images, folders.out)
