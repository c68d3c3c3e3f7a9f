"""Real exports of QuPath, folder by folder, image by image, compared with the right answers."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.errors import BadFolder
from cpretrain.masks.importing import import_masks
from cpretrain.masks.result import MasksResult
from cpretrain.settings.masks import MaskSettings
from tests.support.paths import DATA
from tests.support.qupath_data import same_objects

REAL = DATA / "qupath_real"
IMAGES = {
    0: "IXMtest_A16_s2_y0086_x0575",
    1: "IXMtest_A16_s2_y0185_x0388",
    2: "Zelle Übersicht größe [a]_y0062_x0472",
    3: "Zelle Übersicht größe [a]_y0151_x0075",
    4: "exp.2026.01 №3_y0042_x0103",
    5: "exp.2026.01 №3_y0161_x0504",
    6: "naïve+cells #2 & co_y0019_x0290",
    7: "naïve+cells #2 & co_y0050_x0197",
    9: "plate (1) well D01, s1_y0248_x0002",
}


def read(tmp_path: Path, folder: str, image: int, settings: MaskSettings | None = None) -> MasksResult:
    """Import the files of one image from a folder."""
    name = IMAGES[image]
    for part in ("images", "drawn"):
        (tmp_path / part).mkdir()
    shutil.copy(REAL / "images" / f"{name}.tif", tmp_path / "images")
    shutil.copy(REAL / "images" / "crops.csv", tmp_path / "images")
    files = [path for path in (REAL / folder).iterdir() if path.name.startswith(name)]
    assert files
    for path in files:
        shutil.copy(path, tmp_path / "drawn")
    return import_masks(tmp_path / "drawn", tmp_path / "images", out=tmp_path / "out", settings=settings)


def labels(result: MasksResult) -> np.ndarray:
    return tifffile.imread(result.folder / result.rows[0]["file"])


def truth(folder: str, name: str) -> np.ndarray:
    return tifffile.imread(REAL / folder / f"{name}.tif")


OUTLINES = [
    "geo_fc",
    "geo_plain",
    "geo_fc_pretty_nomeas",
    "geo_all",
    "geo_zip",
    "geo_gz",
    "geo_meta",
    "ij_zip_named",
]
LABELS = ["script_ground_truth", "inst_palette", "inst_gray", "inst_ometiff", "inst_png", "inst_png_gray"]


@pytest.mark.parametrize("image", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("folder", OUTLINES)
def test_outlines(tmp_path, folder, image):
    found = labels(read(tmp_path, folder, image))
    expected = truth("truth_outlines", IMAGES[image])
    if (folder, image) == ("geo_all", 9):  # three detections besides
        expected = np.where(expected > 0, expected, truth("truth_cells", IMAGES[9]).astype(int) * 100)
    if (folder, image) == ("ij_zip_named", 1):  # an oval of fractions: one pixel differs
        assert ((found > 0) != (expected > 0)).sum() == 1
    else:
        assert same_objects(found, expected)


@pytest.mark.parametrize("image", [0, 1, 2, 9])
@pytest.mark.parametrize("folder", [*LABELS, "inst_noshuffle_area"])
def test_label_images(tmp_path, folder, image):
    assert same_objects(labels(read(tmp_path, folder, image)), truth("truth_labels", IMAGES[image]))


@pytest.mark.parametrize("folder", LABELS)
def test_lines_and_points_in_a_label_image_are_told(tmp_path, folder):
    result = read(tmp_path, folder, 3)
    assert any("3 objects are nowhere two pixels wide" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("folder", "image", "nuclei", "expected"),
    [
        ("inst_noshuffle_area", 3, False, "truth_labels"),
        ("tiles_52", 0, False, "truth_labels"),
        ("tiles_64_overlap16", 0, False, "truth_labels"),
        ("gt_cells", 5, False, "truth_cells"),
        ("gt_cells_geojson", 5, False, "truth_cells"),
        ("gt_cells_geojson", 5, True, "truth_nuclei"),
        ("geo_all", 5, False, "truth_cells"),
        ("geo_all", 5, True, "truth_nuclei"),
    ],
)
def test_tiles_cells_and_nuclei(tmp_path, folder, image, nuclei, expected):
    result = read(tmp_path, folder, image, MaskSettings(nuclei=nuclei))
    assert same_objects(labels(result), truth(expected, IMAGES[image]))


def test_tiles_of_labels_are_told_from_those_of_the_image_whatever_their_ending(tmp_path):
    from PIL import Image

    read(tmp_path, "tiles_52", 0)
    for png in sorted((tmp_path / "drawn").glob("*.png")):  # the exporter with .imageExtension(".png")
        pixels = np.asarray(Image.open(png))
        tif = png.with_suffix(".tif")
        image = tifffile.imread(tif)
        tifffile.imwrite(tif, pixels)
        Image.fromarray(image).save(png)
    result = import_masks(tmp_path / "drawn", tmp_path / "images", out=tmp_path / "out 2")
    assert same_objects(labels(result), truth("truth_labels", IMAGES[0]))


@pytest.mark.parametrize(
    ("folder", "image", "said"),
    [
        ("geo_fc", 5, "1 annotation of the whole image left out"),
        ("script_ground_truth", 6, "1 image holds no object (where cells were drawn, save in QuPath"),
        ("script_ground_truth", 7, "1 image holds no object (where cells were drawn, save in QuPath"),
    ],
)
def test_no_objects_are_said(tmp_path, folder, image, said):
    result = read(tmp_path, folder, image)
    assert result.objects == 0
    assert any(said in warning for warning in result.warnings)


@pytest.mark.parametrize("ending", [".geojson", "-labels.tif"])
def test_drawn_with_the_mouse(tmp_path, ending):
    (tmp_path / "drawn").mkdir()
    (tmp_path / "images").mkdir()
    shutil.copy(REAL / "images" / f"{IMAGES[7]}.tif", tmp_path / "images")
    shutil.copy(REAL / "hand_drawn" / f"{IMAGES[7]}{ending}", tmp_path / "drawn")
    assert import_masks(tmp_path / "drawn", tmp_path / "images", out=tmp_path / "out").objects == 2


@pytest.mark.parametrize(
    ("folder", "image", "cure"),
    [
        ("script_ground_truth", 4, "delete it in QuPath, or export GeoJSON"),
        ("script_ground_truth", 5, "delete it in QuPath, or export GeoJSON"),
        ("inst_palette", 5, "objectsAre = 'cells'"),
        ("inst_down2", 0, ".downsample(1)"),
        ("tiles_down2", 0, ".downsample(1)"),
        ("inst_multich", 0, "remove .multichannelOutput(true)"),
        ("multich_class", 1, "remove .multichannelOutput(true)"),
        ("class_palette", 0, "replace .addLabel('CLASS', n) by .useInstanceLabels()"),
        ("class_gray_boundary", 1, "replace .addLabel('CLASS', n) by .useInstanceLabels()"),
        ("geo_hierarchy", 0, "File > Export objects as GeoJSON"),
        ("edge/A_region_tif", 0, "delete it in QuPath, or export GeoJSON"),
        ("edge/A_region_resolved_tif", 0, "delete it in QuPath, or export GeoJSON"),
        ("edge/A_region_resolved_noshuffle_tif", 0, "delete it in QuPath, or export GeoJSON"),
        ("edge/G_root_geo", 0, "File > Export objects as GeoJSON"),
        ("edge/H_class4_tif", 0, "replace .addLabel('CLASS', n) by .useInstanceLabels()"),
        ("edge/H_boundary2_tif", 0, "replace .addLabel('CLASS', n) by .useInstanceLabels()"),
        ("edge/H_bg255_tif", 0, "use .backgroundLabel(0)"),
        ("edge/I_plane_geo", 0, "one plane at a time"),
    ],
)
def test_refused_with_the_cure(tmp_path, folder, image, cure):
    with pytest.raises(BadFolder) as error:
        read(tmp_path, folder, image)
    assert cure in error.value.rows[0]["cure"]


@pytest.mark.parametrize("folder", ["class_palette", "class_gray_boundary"])
def test_folders_of_class_masks_are_refused(tmp_path, folder):
    (tmp_path / "images").mkdir()
    for image in (0, 1, 2, 3, 9):
        shutil.copy(REAL / "images" / f"{IMAGES[image]}.tif", tmp_path / "images")
    with pytest.raises(BadFolder, match="class mask"):
        import_masks(REAL / folder, tmp_path / "images", out=tmp_path / "out")


@pytest.mark.parametrize(
    ("case", "answer", "said"),
    [
        ("A_region_geo", "A", "1 annotation of the whole image left out"),
        ("A_region_resolved_geo", "A", "1 annotation of the whole image left out"),
        ("C_nested_geo", "C", "1 object lies inside another one"),
        ("C_nested_resolved_geo", "C", "1 of 2 objects is covered in part or whole by a smaller one"),
        ("C_nested_tif", "C", "1 object lies inside another one"),
        ("C_nested_noshuffle_tif", "C", "1 object lies inside another one"),
        ("C_nested_resolved_tif", "C", "1 object lies inside another one"),
        ("C_nested_resolved_noshuffle_tif", "C", "1 object lies inside another one"),
        ("F_255_tif", "F_255", ""),
        ("F_257_tif", "F_257", ""),
        ("F_257_gray_tif", "F_257", ""),
        ("G_children_geo", "G", "1 region around other objects left out"),
        ("H_class2_tif", "H_class2", "touching cells are merged"),
        (
            "L_ignore_geo",
            "L",
            "2 regions left out: 1 of class Region*, 1 of class Training",
        ),
    ],
)
def test_edge_cases(tmp_path, case, answer, said):
    result = read(tmp_path, f"edge/{case}", 0)
    assert same_objects(labels(result), truth("edge_truth", answer))
    assert not said or any(said in warning for warning in result.warnings)
