"""A project that cpretrain wrote, in QuPath: predictions in it, and one script from drawings to the next step."""

import sys

import numpy as np
import pytest
import tifffile

from cpretrain.labels.geojson import write_geojson
from cpretrain.masks import import_masks
from cpretrain.qupath import make_qupath_project
from cpretrain.qupath.making import FolderToDraw, make_project
from tests.qupath_app.conftest import HERE
from tests.qupath_app.test_scripts_in_qupath import assert_same_objects, filled

pytestmark = [pytest.mark.qupath, pytest.mark.timeout(1200)]
PREDICTED = {"a #1": filled((10, 10, 20, 20), (50, 40, 9, 30)), "b": filled((5, 70, 12, 8))}
AGAIN = ["masks", "../ground_truth", "--images", "../images", "--out", "../masks"]


def write_folder(folder, predicted):
    """Write images and predictions, as a round holds them."""
    for name, labels in predicted.items():
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "predictions").mkdir(exist_ok=True)
        pixels = np.random.default_rng(0).integers(0, 999, labels.shape).astype(np.uint16)
        tifffile.imwrite(folder / "images" / f"{name}.tif", pixels)
        write_geojson(folder / "predictions" / f"{name}.geojson", labels, "cells")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "Runde [1] ü", PREDICTED)


def test_from_predictions_to_masks_without_a_terminal(run, qupath, folder):
    made = make_qupath_project(
        folder / "images", predictions=folder / "predictions", then=AGAIN, qupath=qupath
    )
    assert made.imported
    lines = run(HERE / "show.groovy", made.file)
    assert [line for line in lines if line.startswith("a #1")] == [
        "a #1.tif: annotation cells Rectangle, annotation cells Rectangle"
    ]
    retrain = made.file.parent / "scripts" / "export_and_retrain.groovy"
    lines = run(retrain, made.file, image="b.tif")
    assert not [line for line in lines if line.startswith("ERROR")], lines
    assert any(line.startswith(f"Running {sys.executable}") for line in lines)
    for name, labels in PREDICTED.items():
        assert_same_objects(tifffile.imread(folder / "masks" / f"{name}.tif"), labels)


def test_one_project_of_a_round_and_its_validation_images(run, qupath, folder):
    apart = {"b": filled((30, 30, 9, 9), (60, 5, 20, 8))}  # a file name that the round has too
    validation = write_folder(folder.parent / "validation", apart)
    both = [
        FolderToDraw(one / "images", one / "ground_truth", one / "predictions")
        for one in (folder, validation)
    ]
    made = make_project(both, out=folder / "qupath", qupath=qupath)
    lines = run(made.file.parent / "scripts" / "export_and_retrain.groovy", made.file, image="a #1.tif")
    assert not [line for line in lines if line.startswith("ERROR")], lines
    for one, predicted in ((folder, PREDICTED), (validation, apart)):
        import_masks(one / "ground_truth", one / "images", out=one / "masks")
        for name, labels in predicted.items():
            assert_same_objects(tifffile.imread(one / "masks" / f"{name}.tif"), labels)


def test_nothing_runs_when_an_image_cannot_be_exported(run, folder):
    made = make_qupath_project(folder / "images", then=AGAIN)
    export = made.file.parent / "scripts" / "export_ground_truth.groovy"
    export.write_text(export.read_text("utf-8").replace("'annotations'   //", "'nonsense'   //"), "utf-8")
    lines = run(made.file.parent / "scripts" / "export_and_retrain.groovy", made.file, image="b.tif")
    assert any(line.startswith("Nothing was retrained: 2 images") for line in lines), lines
    assert not (folder / "masks").exists()
