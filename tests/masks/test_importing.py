import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.pairs import load_pairs
from cpretrain.errors import BadFolder, BadInput
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.geojson import write_geojson
from cpretrain.labels.imagej_roi import write_rois
from cpretrain.masks.importing import import_masks
from cpretrain.settings.masks import MaskSettings
from tests.support.qupath_data import GEOJSON, IMAGE, LABELS, NAME, QUPATH, same_objects, true_labels, variant

AWKWARD = ["-first.tif", "Zelle ä [1].tif", "a (2) *?.tif", "b.ome.tif"]


def cells(size: int = 104, edge: int = 0) -> np.ndarray:
    """Return two cells, with nothing within `edge` pixels of the sides."""
    labels = np.zeros((size, size), np.uint16)
    labels[edge + 1 : edge + 9, edge + 1 : edge + 9] = 5
    labels[50:60, 40:60] = 300
    return labels


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Four training images of 104 × 104 with awkward names, an empty ground truth folder, and a folder for masks."""
    images, drawn = tmp_path / "training images", tmp_path / "ground [truth]"
    images.mkdir()
    drawn.mkdir()
    for name in AWKWARD:
        tifffile.imwrite(images / name, np.zeros((104, 104), np.uint16))
    return drawn, images, tmp_path / "out"


def imported(ground_truth, images, out, settings=None):
    return import_masks(ground_truth, images, out=out, settings=settings)


def one_pair(tmp_path: Path, source: Path | list[Path], name: str | None = None) -> tuple[Path, Path, Path]:
    """Return folders of the real image and of its ground truth in one encoding."""
    images, drawn = tmp_path / "images", tmp_path / "drawn"
    images.mkdir()
    drawn.mkdir()
    shutil.copy(IMAGE, images)
    for path in source if isinstance(source, list) else [source]:
        shutil.copy(path, drawn / (name or path.name))
    return drawn, images, tmp_path / "out"


TILES = sorted(path for path in (QUPATH / "variants_derived").iterdir() if "[x=" in path.name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (LABELS, None),
        (variant(".ome.tif"), None),
        (variant("_16bit.tif"), f"{NAME}.tif"),
        (variant("_8bit_palette-labelled.tif"), f"{NAME}-labelled.tif"),
        (variant("_float32.tif"), f"{NAME}.tif.tif"),
        (variant("_uint32_gaps.tif"), f"{NAME}_cp_masks.tif"),
        (variant("_rgb_coloured.tif"), f"{NAME}_masks.tif"),
        (TILES, None),
    ],
)
def test_label_images_give_the_objects_that_were_drawn(tmp_path, source, name):
    result = imported(*one_pair(tmp_path, source, name))
    assert (result.images, result.objects) == (1, 19)
    assert same_objects(tifffile.imread(result.folder / IMAGE.name), true_labels())


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (GEOJSON, None),
        (variant("_classified_array.geojson"), f"{NAME}.json"),
        (variant("_RoiSet.zip"), None),
    ],
)
def test_outlines_are_filled(tmp_path, source, name):
    result = imported(*one_pair(tmp_path, source, name))
    labels = tifffile.imread(result.folder / IMAGE.name)
    assert labels.max() == 19
    assert ((labels > 0) == (true_labels() > 0)).mean() > 0.998


@pytest.mark.parametrize(
    ("source", "name", "problem", "cure"),
    [
        (variant("_off_by_one_511x512.tif"), f"{NAME}.tif", "differs in size", "off by a pixel"),
        (variant("_region_0_masks.tif"), None, "differs in size", "crop the image in the same way"),
        (variant(" [d=2,x=0,y=0,w=512,h=512]-labelled.tif"), None, "lower resolution", ".downsample(1)"),
        (variant("_16bit.tif"), None, "no image belongs", "rename"),
    ],
)
def test_refused_with_the_cure(tmp_path, source, name, problem, cure):
    with pytest.raises(BadFolder, match="nothing was written") as error:
        imported(*one_pair(tmp_path, source, name), MaskSettings(components=True))
    assert problem in error.value.rows[0]["problem"]
    assert cure in error.value.rows[0]["cure"]
    assert not (tmp_path / "out").exists()


def test_lower_resolution_when_asked(tmp_path):
    folders = one_pair(tmp_path, variant(" [d=2,x=0,y=0,w=512,h=512]-labelled.tif"))
    result = imported(*folders, MaskSettings(upsample=True))
    assert result.objects == 19
    assert any("enlarged 2 times" in warning for warning in result.warnings)


def test_binary_mask_warns(tmp_path):
    folders = one_pair(tmp_path, variant("_binary255.tif"), f"{NAME}.tif")
    assert "touching cells are merged" in imported(*folders).warnings[0]
    with pytest.raises(BadFolder, match="binary mask"):
        imported(*folders, MaskSettings(strict=True))


def test_region_is_right_for_the_image_cut_likewise(tmp_path):
    drawn, images, out = one_pair(tmp_path, variant("_region_0_masks.tif"))
    cut = tifffile.imread(images / IMAGE.name)[:, 64:448, 64:448]
    (images / IMAGE.name).unlink()
    tifffile.imwrite(images / f"{NAME}_region_0.tif", cut, imagej=True, metadata={"axes": "CYX"})
    import_masks(drawn, images, out=out)
    assert same_objects(tifffile.imread(out / f"{NAME}_region_0.tif"), true_labels()[64:448, 64:448])


def test_awkward_names_and_every_kind_in_one_folder(folders):
    drawn, images, out = folders
    tifffile.imwrite(drawn / "-first_masks.tif", cells())
    write_geojson(drawn / "Zelle ä [1].geojson", cells(), "Cell")
    write_rois(drawn / "a (2) *?_RoiSet.zip", cells())
    tifffile.imwrite(drawn / "b-labelled.tif", cells(100))
    (drawn / "notes.txt").write_text("not a mask")
    (drawn / "crops.json").write_text('{"step": "crops"}')
    result = import_masks(drawn, images, out=out)
    written = [*AWKWARD, "masks.csv", "mask_objects.csv", "masks.json", "masks_report.html"]
    assert sorted(path.name for path in out.iterdir()) == sorted(written)
    for name in AWKWARD[:3]:
        assert same_objects(tifffile.imread(out / name), cells())
    assert same_objects(tifffile.imread(out / "b.ome.tif"), np.pad(cells(100), 2))
    assert result.warnings == []
    assert len(load_pairs(images, out)) == 4


def test_written_files(folders):
    drawn, images, out = folders
    for name in AWKWARD:
        write_geojson(drawn / f"{name}.geojson", cells(), "Cell")
    import_masks(drawn, images, out=out)
    with tifffile.TiffFile(out / AWKWARD[0]) as file:
        (page,) = file.pages
        assert (page.dtype, page.shape, page.compression.name) == (np.uint16, (104, 104), "ADOBE_DEFLATE")
    with open(out / "masks.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "file": "-first.tif", "mask": "-first.tif.geojson", "encoding": "GeoJSON", "height": "104", "width": "104",
        "objects": "2", "touching_border": "1", "tiny": "0", "in_pieces": "0", "overlapping": "0", "fit": "",
        "notes": "",
    }  # fmt: skip
    with open(out / "mask_objects.csv", newline="", encoding="utf-8") as file:
        assert [tuple(row.values()) for row in csv.DictReader(file)][:2] == [
            ("-first.tif", "1", "Cell", "", "64"),
            ("-first.tif", "2", "Cell", "", "200"),
        ]
    record = json.loads((out / "masks.json").read_text())
    assert (record["step"], record["images"], record["objects"]) == ("masks", 4, 8)
    assert record["settings"]["strict"] is False
    assert sorted(name.split("/")[-1] for name in record["inputs"]) == sorted(
        [*AWKWARD, *(f"{name}.geojson" for name in AWKWARD)]
    )


@pytest.mark.parametrize(
    ("border", "mask", "image", "expected"),
    [
        (None, 100, 104, np.pad(cells(100), 2)),
        (None, 104, 100, cells(104, 2)[2:-2, 2:-2]),
        (3, 98, 104, np.pad(cells(98), 3)),
        (0, 104, 104, cells()),
        (3, 100, 104, None),
        (0, 100, 104, None),
    ],
)
def test_the_border_of_training_images(tmp_path, border, mask, image, expected):
    images, drawn = tmp_path / "images", tmp_path / "drawn"
    for folder in (images, drawn):
        folder.mkdir()
    tifffile.imwrite(images / "a.tif", np.zeros((image, image), np.uint8))
    tifffile.imwrite(drawn / "a.tif", cells(mask, 2 if mask == 104 and image == 100 else 0))
    if border is not None:
        (images / "crops.csv").write_text(
            f"file,source,frame,z,y,x,height,width,border,seed\na.tif,m.tif,0,0,0,0,98,98,{border},1\n"
        )
    if expected is None:
        with pytest.raises(BadFolder, match=f"expected: {image} × {image}"):
            import_masks(drawn, images, out=tmp_path / "out")
    else:
        import_masks(drawn, images, out=tmp_path / "out")
        assert same_objects(tifffile.imread(tmp_path / "out" / "a.tif"), expected)


def test_all_problems_in_one_go_and_earlier_results_stay(folders):
    drawn, images, out = folders
    for name in AWKWARD:
        tifffile.imwrite(drawn / name, cells())
    import_masks(drawn, images, out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    tifffile.imwrite(drawn / AWKWARD[0], cells()[:99])
    (drawn / AWKWARD[1]).write_bytes((drawn / AWKWARD[1]).read_bytes()[:3000])
    tifffile.imwrite(drawn / "a (2) *?_masks.tif", cells())
    (drawn / AWKWARD[3]).rename(drawn / "c.tif")
    with pytest.raises(BadFolder) as error:
        import_masks(drawn, images, out=out)
    assert {(row["file"], row["problem"]) for row in error.value.rows} == {
        ("-first.tif ← -first.tif", "differs in size from its image"),
        ("Zelle ä [1].tif ← Zelle ä [1].tif", "is damaged or incomplete"),
        ("a (2) *?.tif", "has several masks"),
        ("b.ome.tif", "has no mask"),
        ("c.tif", "no image belongs to this mask"),
    }
    text = str(error.value)
    assert "5 problems, nothing was written" in text
    assert "found: 99 × 104" in text
    assert "expected: 104 × 104" in text
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_images_without_objects_are_kept_and_said(folders):
    drawn, images, out = folders
    for name in AWKWARD:
        tifffile.imwrite(drawn / name, cells() if name.startswith("b") else np.zeros((104, 104), np.uint8))
    result = import_masks(drawn, images, out=out)
    assert (result.images, result.objects) == (4, 2)
    assert result.warnings == ["3 images hold no object"]


def test_classes_select_and_are_kept(tmp_path):
    folders = one_pair(tmp_path, variant("_classified_array.geojson"), f"{NAME}.geojson")
    result = imported(*folders, MaskSettings(classes=("Positive",)))
    assert result.objects == 9
    assert f"{IMAGE.name}: left out by class: 10 Negative" in result.warnings
    with open(result.folder / "mask_objects.csv", newline="") as file:
        assert {row["class"] for row in csv.DictReader(file)} == {"Positive"}
    with pytest.raises(BadFolder, match="no object of class positiv") as error:
        imported(*folders, MaskSettings(classes=("positiv",)))
    assert error.value.rows[0]["found"] == "left out by class: 10 Negative, 9 Positive"


def test_classes_need_outlines(tmp_path):
    with pytest.raises(BadFolder, match="has no classes"):
        imported(*one_pair(tmp_path, LABELS), MaskSettings(classes=("Positive",)))


def test_images_and_masks_in_one_folder(folders):
    _, images, out = folders
    for name in AWKWARD:
        tifffile.imwrite(images / name.replace(".tif", "_masks.tif").replace(".ome_masks", "_masks"), cells())
    result = import_masks(images, images, out=out)
    assert sorted(row["file"] for row in result.rows) == sorted(AWKWARD)


def test_folders_that_are_read_are_not_written(folders):
    drawn, images, _ = folders
    tifffile.imwrite(drawn / AWKWARD[0], cells())
    for out in (drawn, images):
        with pytest.raises(BadInput, match="input folders"):
            import_masks(drawn, images, out=out)


@pytest.mark.parametrize("content", [None, "empty", "text"])
def test_no_ground_truth(folders, content):
    drawn, images, out = folders
    if content is None:
        drawn = drawn / "missing"
    elif content == "text":
        (drawn / "a.txt").write_text("a")
    with pytest.raises(BadInput, match="no ground truth"):
        import_masks(drawn, images, out=out)


def test_label_images_left_from_before_are_said(folders):
    drawn, images, out = folders
    for name in AWKWARD:
        tifffile.imwrite(drawn / name, cells())
    import_masks(drawn, images, out=out)
    for folder in (drawn, images):
        (folder / AWKWARD[0]).unlink()
    assert any(AWKWARD[0] in warning for warning in import_masks(drawn, images, out=out).warnings)


def test_more_than_65535_objects_are_written_in_32_bits(tmp_path):
    images, drawn = tmp_path / "images", tmp_path / "drawn"
    for folder in (images, drawn):
        folder.mkdir()
    y, x = np.mgrid[:1080, :1080]
    labels = np.where((y % 4 < 3) & (x % 4 < 3), (y // 4) * 270 + x // 4 + 1, 0).astype(np.uint32)
    packed = np.stack([labels >> 16, labels >> 8 & 255, labels & 255], -1).astype(np.uint8)
    tifffile.imwrite(images / "a.tif", np.zeros(labels.shape, np.uint8))
    tifffile.imwrite(drawn / "a.tif", packed, photometric="rgb")
    result = import_masks(drawn, images, out=tmp_path / "out")
    written = tifffile.imread(tmp_path / "out" / "a.tif")
    assert written.dtype == np.uint32
    assert (written == labels).all()
    assert result.rows[0]["encoding"] == "ids packed into RGB"
    assert read_label_image(tmp_path / "out" / "a.tif").objects == 72_900


def test_a_rerun_does_only_what_changed(folders, capsys):
    drawn, images, out = folders
    for name in AWKWARD:
        tifffile.imwrite(drawn / name, cells())
    first = import_masks(drawn, images, out=out)
    written = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert import_masks(drawn, images, out=out) == first
    assert "complete and unchanged" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == written

    (out / AWKWARD[0]).unlink()
    assert import_masks(drawn, images, out=out) == first
    assert (out / AWKWARD[0]).is_file()

    tifffile.imwrite(drawn / AWKWARD[1], np.zeros((104, 104), np.uint16))
    assert import_masks(drawn, images, out=out).objects == first.objects - 2
    assert (
        import_masks(drawn, images, out=out, settings=MaskSettings(strict=True)).objects == first.objects - 2
    )
    (drawn / AWKWARD[2]).unlink()
    with pytest.raises(BadFolder, match="1 problem"):
        import_masks(drawn, images, out=out)
