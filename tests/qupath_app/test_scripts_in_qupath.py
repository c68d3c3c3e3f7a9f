"""The scripts for QuPath in QuPath itself, and the import of their results."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.labels.geojson import write_geojson
from cpretrain.masks import import_masks
from tests.qupath_app.conftest import HERE, MACROS

EXPORT, IMPORT = MACROS / "export_ground_truth.groovy", MACROS / "import_predictions.groovy"
MAKE_PROJECT, DRAW, SHOW = HERE / "make_project.groovy", HERE / "draw.groovy", HERE / "show.groovy"
DELETE_ONE = HERE / "delete_one.groovy"
TRUNCATED = HERE.parent / "data" / "faults" / "qupath_scripts" / "truncated.geojson"

pytestmark = [pytest.mark.qupath, pytest.mark.timeout(1200)]  # each script starts QuPath


@pytest.fixture
def project(run, tmp_path):
    def project(*names: str) -> Path:
        images = tmp_path / "Bilder [1] ü"
        images.mkdir()
        for name in names:
            pixels = np.random.default_rng(0).integers(0, 999, (100, 100)).astype(np.uint16)
            tifffile.imwrite(images / f"{name}.tif", pixels)
        run(MAKE_PROJECT, args=[tmp_path / "project", images])
        return tmp_path / "project" / "project.qpproj"

    return project


def masks_of(project: Path, name: str, folder: str = "ground_truth") -> np.ndarray:
    """Return what ``cpretrain masks`` reads from an export of one image."""
    images = project.parent / f"image {name}"
    images.mkdir()
    tifffile.imwrite(
        images / f"{name}.tif", tifffile.imread(project.parents[1] / "Bilder [1] ü" / f"{name}.tif")
    )
    alone = project.parent / f"alone {name}"
    alone.mkdir()
    (alone / f"{name}.geojson").write_bytes((project.parent / folder / f"{name}.geojson").read_bytes())
    out = project.parent / f"masks {name}"
    import_masks(alone, images, out=out)
    return tifffile.imread(out / f"{name}.tif")


def filled(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Return labels of boxes (x, y, width, height), with later ones on top."""
    labels = np.zeros((100, 100), int)
    for number, (x, y, width, height) in enumerate(boxes, 1):
        labels[y : y + height, x : x + width] = number
    return labels


def assert_same_objects(labels: np.ndarray, expected: np.ndarray) -> None:
    pairs = set(zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(expected))
    assert ((labels == 0) == (expected == 0)).all()


def about(lines: list[str], name: str) -> str:
    """Return the lines printed about one image."""
    return "\n".join(line for line in lines if f"{name}.tif" in line)


def test_drawn_cells_are_exported_and_nothing_else(run, project):
    made = project("drawn №3 [a]", "detected", "points", "empty", "never opened")
    folder = made.parent / "ground_truth"
    folder.mkdir()
    (folder / "points.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (folder / "drawn №3 [a]-labels.tif").touch()
    lines = run(EXPORT, made)
    assert "4 objects written" in about(lines, "drawn №3 [a]")
    for text in ("2 points, lines", "1 of the whole image", "1 of class Training", "1 of class Ignore*"):
        assert text in about(lines, "drawn №3 [a]")
    assert_same_objects(
        masks_of(made, "drawn №3 [a]"),
        filled((10, 10, 20, 20), (70, 10, 10, 12), (40, 60, 5, 5), (14, 14, 4, 4)),
    )
    ignored = tifffile.imread(made.parent / "masks drawn №3 [a]" / "drawn №3 [a]_ignore.tif") > 0
    assert ignored.sum() == pytest.approx(np.pi * 15**2, rel=0.02)  # the ellipse, in its place
    assert ignored[60:90, 60:90].sum() == ignored.sum()
    assert "set objectsAre = 'cells'" in about(lines, "detected")
    assert "ERROR" in about(lines, "points") and "draw the outline" in about(lines, "points")
    assert "left out, nothing was ever saved" in about(lines, "never opened")
    assert "0 objects written" in about(lines, "empty")
    assert not masks_of(made, "empty").any()
    assert sorted(path.name for path in folder.iterdir()) == [
        "drawn №3 [a]-labels.tif.old",
        "drawn №3 [a].geojson",
        "empty.geojson",
        "points.geojson.old",
    ]
    assert "left out" in about(run(EXPORT, made, save=True), "never opened")  # not as told: it saves
    assert "WARNING" in about(run(EXPORT, made), "never opened")


@pytest.mark.parametrize(
    ("kind", "boxes", "said"),
    [
        ("cells", [(10, 10, 12, 12), (40, 40, 14, 10)], "2 objects written"),
        ("detections", [(10, 10, 12, 12), (40, 40, 14, 10)], "2 objects written"),
        ("nuclei", [(13, 13, 5, 5)], "1 cells without a nucleus"),
    ],
)
def test_detected_cells(run, project, kind, boxes, said):
    made = project("detected")
    assert said in about(run(EXPORT, made, objectsAre=f"'{kind}'"), "detected")
    assert_same_objects(masks_of(made, "detected"), filled(*boxes))


def test_a_kind_of_objects_that_does_not_exist(run, project):
    made = project("detected")
    assert any(
        line.startswith("ERROR: objectsAre is 'nucleus'")
        for line in run(EXPORT, made, objectsAre="'nucleus'")
    )
    assert not (made.parent / "ground_truth").exists()


def test_predictions_come_back_as_they_were(run, project):
    made = project("frame 1", "no prediction")
    expected = filled((3, 3, 20, 20), (30, 30, 7, 9), (50, 5, 9, 40))
    expected[60:90, 60:90] = 4 * (np.add.outer(np.arange(30) ** 2, np.arange(30) ** 2) < 800)
    (made.parent / "predictions").mkdir()
    write_geojson(made.parent / "predictions" / "frame 1.geojson", expected, "my cells")

    assert "4 objects read" in about(run(IMPORT, made, save=True), "frame 1")
    again = about(run(IMPORT, made, save=True), "frame 1")
    assert "0 objects read" in again and "4 are there already" in again

    lines = run(EXPORT, made)
    assert "4 objects written" in about(lines, "frame 1")
    assert_same_objects(masks_of(made, "frame 1"), expected)
    assert "WARNING: no prediction.tif was saved by a script" in about(lines, "no prediction")

    run(DELETE_ONE, made, save=True)
    assert "1 were deleted here and stay deleted" in about(run(IMPORT, made, save=True), "frame 1")
    assert about(run(SHOW, made), "frame 1").count("my cells") == 3


def test_replacing_takes_drawn_cells_only_and_a_damaged_file_takes_nothing(run, project):
    contents = {"cut off": TRUNCATED.read_bytes(), "empty file": b"", "no features": b"{}", "whole": b""}
    made = project(*contents)
    folder = made.parent / "predictions"
    folder.mkdir()
    for name, damaged in contents.items():
        (folder / f"{name}.geojson").write_bytes(damaged)
    write_geojson(folder / "whole.geojson", filled((3, 3, 20, 20)), "my cells")
    run(DRAW, made, save=True)
    lines = run(IMPORT, made, save=True, replace="true")
    after = run(SHOW, made)
    for name in ("cut off", "empty file", "no features"):
        assert "ERROR" in about(lines, name) and "Nothing was changed" in about(lines, name)
        assert about(after, name) == (
            f"{name}.tif: annotation Region* Rectangle, annotation null Points, annotation null Rectangle, "
            "detection null Rectangle"
        )
    assert "1 objects read, 1 removed before" in about(lines, "whole")
    assert about(after, "whole") == (
        "whole.tif: annotation Region* Rectangle, annotation my cells Rectangle, annotation null Points, "
        "detection null Rectangle"
    )
