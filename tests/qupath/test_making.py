"""Projects for QuPath: their contents, what is kept in them, and what is refused."""

import json
import os
import re

import numpy as np
import pytest
import tifffile

from cpretrain.errors import BadInput
from cpretrain.qupath import make_qupath_project
from cpretrain.qupath.making import FolderToDraw, make_project
from cpretrain.qupath.program import find_qupath, run_script
from cpretrain.qupath.scripts import install_scripts, qupath_scripts, with_values
from tests.support.paths import ROOT


@pytest.fixture
def images(tmp_path, monkeypatch):
    """Three images in a folder with an odd name, and no QuPath on the machine."""
    monkeypatch.delenv("QUPATH_HOME", raising=False)
    monkeypatch.setattr("cpretrain.qupath.program._usual_homes", lambda: iter(()))
    folder = tmp_path / "Bilder [1] ü" / "training_images"
    folder.mkdir(parents=True)
    for name in ("a #1.tif", "b.tif", "c 50%.tif"):
        tifffile.imwrite(folder / name, np.zeros((20, 20), np.uint8))
    return folder


def entries(project):
    return json.loads((project / "project.qpproj").read_text("utf-8"))["images"]


def head(script, name):
    [value] = re.findall(rf"^def {name} = (.*)$", script.read_text("utf-8"), re.MULTILINE)
    return value


def test_a_project_lists_every_image_by_its_address(images):
    result = make_qupath_project(images)
    project = images.parent / "qupath"
    assert result.file == project / "project.qpproj"
    assert (result.images, result.added, result.imported) == (3, 3, None)
    assert [entry["imageName"] for entry in entries(project)] == ["a #1.tif", "b.tif", "c 50%.tif"]
    assert [entry["entryID"] for entry in entries(project)] == [1, 2, 3]
    assert [entry["serverBuilder"]["uri"] for entry in entries(project)] == [
        path.resolve().as_uri() for path in sorted(images.iterdir())
    ]
    assert "%231.tif" in entries(project)[0]["serverBuilder"]["uri"]


def test_once_more_adds_what_is_new_and_keeps_what_was_drawn(images):
    project = make_qupath_project(images).file.parent
    content = json.loads((project / "project.qpproj").read_text("utf-8"))
    content["images"][1] |= {"metadata": {"seen": "yes"}, "description": "mine"}
    content["lastID"] = 7  # one was removed by hand
    (project / "project.qpproj").write_text(json.dumps(content))
    tifffile.imwrite(images / "d.tif", np.zeros((20, 20), np.uint8))
    assert make_qupath_project(images).added == 1
    assert entries(project)[:3] == content["images"]
    assert entries(project)[3]["entryID"] == 8
    before = (project / "project.qpproj").stat().st_mtime_ns
    assert make_qupath_project(images).added == 0
    assert (project / "project.qpproj").stat().st_mtime_ns == before


def test_scripts_know_the_folders_from_the_project(images):
    predictions = images.parent / "it's predicted"
    predictions.mkdir()
    (predictions / "b.geojson").write_text("[]")
    (images.parent / "experiment.toml").write_text("")
    result = make_qupath_project(images, predictions=predictions)
    scripts = result.file.parent / "scripts"
    assert result.imported is False
    assert "import_predictions" in "\n".join(result.summary().lines)
    assert head(scripts / "export_ground_truth.groovy", "folderName") == "'../ground_truth'"
    assert head(scripts / "import_predictions.groovy", "folderName") == r"'../it\'s predicted'"
    command = head(scripts / "export_and_retrain.groovy", "command")
    assert command.endswith("'-m', 'cpretrain', 'run', '../experiment.toml']")


def test_a_script_that_somebody_changed_is_kept(images):
    scripts = make_qupath_project(images).file.parent / "scripts"
    (scripts / "export_ground_truth.groovy").write_text("// mine")
    make_qupath_project(images)
    assert (scripts / "export_ground_truth.groovy.old").read_text() == "// mine"
    (scripts / "export_ground_truth.groovy").write_text("// mine again")
    make_qupath_project(images)
    assert (scripts / "export_ground_truth.groovy.old").read_text() == "// mine"
    assert (scripts / "export_ground_truth.groovy.old2").read_text() == "// mine again"
    assert "ground_truth" in (scripts / "export_ground_truth.groovy").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "found"),
    [("[1]", "indices"), ('{"images": 3}', "iterable"), ("{", "Expecting"), ("{}", "'images'")],
)
def test_a_file_that_is_no_project_is_left_alone(images, content, found):
    project = images.parent / "qupath"
    project.mkdir()
    (project / "project.qpproj").write_text(content)
    with pytest.raises(BadInput, match="is no project of QuPath") as error:
        make_qupath_project(images)
    assert found in error.value.found
    assert (project / "project.qpproj").read_text() == content


def test_predictions_that_qupath_cannot_read_are_refused_before_anything_is_written(images, tmp_path):
    with pytest.raises(BadInput, match="no predictions that QuPath reads"):
        make_qupath_project(images, predictions=tmp_path)
    assert not (images.parent / "qupath").exists()


def test_a_qupath_is_found_where_it_is_named(tmp_path, monkeypatch):
    program = tmp_path / "QuPath 0.6" / "bin" / "QuPath"
    program.parent.mkdir(parents=True)
    program.touch()
    assert find_qupath(program) == program
    assert find_qupath(tmp_path / "QuPath 0.6") == program
    monkeypatch.setenv("QUPATH_HOME", os.fspath(tmp_path / "QuPath 0.6"))
    assert find_qupath() == program
    with pytest.raises(BadInput, match="has no QuPath"):
        find_qupath(tmp_path)


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (
            'Exception in thread "main" java.lang.ExceptionInInitializerError\n\tat qupath.ScriptCommand.run\n'
            "Caused by: java.lang.NullPointerException: no version\n\tat qupath.lib.gui\n\t... 10 more\n",
            "Caused by: java.lang.NullPointerException: no version",
        ),
        ("Error: Could not find or load main class qupath.QuPath\n", "Error: Could not find"),
        ("", "nothing"),
    ],
)
def test_what_stopped_qupath_is_told_not_the_end_of_its_stack(images, tmp_path, printed, found):
    program = tmp_path / "QuPath"
    (tmp_path / "stderr").write_text(printed)
    program.write_text(f"#!/bin/sh\ncat '{tmp_path}/stderr' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(BadInput, match="could not run") as error:
        run_script(program, tmp_path / "a.groovy", tmp_path / "project.qpproj")
    assert error.value.found.startswith(found)


def test_one_project_of_two_folders_keeps_their_drawings_apart(images):
    other = images.parent / "validation" / "images"
    other.mkdir(parents=True)
    tifffile.imwrite(other / "b.tif", np.zeros((20, 20), np.uint8))
    made = make_project(
        [
            FolderToDraw(images, images.parent / "ground_truth"),
            FolderToDraw(other, other.parent / "ground_truth"),
        ],
        out=images.parent / "qupath",
        then=("round", "finish", ".."),
    )
    assert (made.images, made.added, made.imported) == (4, 4, None)
    scripts = made.file.parent / "scripts"
    assert head(scripts / "export_ground_truth.groovy", "folderName") == (
        "['../training_images': '../ground_truth', '../validation/images': '../validation/ground_truth']"
    )


def test_scripts_are_shown_and_copied(tmp_path):
    shown = qupath_scripts(None).data["scripts"]
    assert {path.name for path in shown} == {
        path.name for path in (ROOT / "macros" / "qupath").glob("*.groovy")
    }
    assert all(path.is_file() for path in shown)
    (tmp_path / "project.qpproj").touch()
    assert {path.parent for path in qupath_scripts(tmp_path).data["scripts"]} == {tmp_path / "scripts"}
    with pytest.raises(BadInput, match="no such folder"):
        qupath_scripts(tmp_path / "nothing")


def test_a_variable_that_a_script_does_not_have_is_a_mistake(tmp_path):
    assert with_values("def a = 1 // x\nb", {"a": ["it's", "\\"]}) == "def a = ['it\\'s', '\\\\']\nb"
    with pytest.raises(KeyError):
        with_values("def a = 1", {"b": "2"})
    assert len(install_scripts(tmp_path / "new")) == 3
