"""The rounds, Combine Classes, Track Objects, Agreement of Two People and Doctor in both languages."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.linking import read_tracks
from cpretrain.models.weights import cellpose_major
from cpretrain.rounds.folder import RoundsFolder
from tests.rounds.test_rounds import annotate, write_movies
from tests.support.fiji_scripts import both


@pytest.mark.parametrize("script", both("Agreement of Two People"))
def test_agreement_is_logged_and_written(run, training_folders, tmp_path, script):
    _, masks = training_folders
    told = run(script, masks_a=masks, masks_b=masks, thresholds="0.5,0.75", out=tmp_path / "agreed")
    assert told["error"] == ""
    assert "agreement of two people on 6 images" in told["shown"]
    assert "    1.000 at IoU 0.5 (95 % interval " in told["shown"]
    assert (tmp_path / "agreed" / "agreement.csv").is_file()


@pytest.mark.parametrize("script", both("Combine Classes"))
def test_classes_are_combined_beside_the_first(run, disks, tmp_path, script):
    _, labels = disks
    for name, shift in (("big ü", 0), ("small", 16)):
        (tmp_path / name).mkdir()
        tifffile.imwrite(tmp_path / name / "Film.tif", np.roll(labels, shift, axis=1))
    given = {
        "class_1": "big",
        "folder_1": tmp_path / "big ü",
        "class_2": "small",
        "folder_2": tmp_path / "small",
    }
    told = run(script, **given, rule="order")
    assert told["error"] == ""
    assert "big: 9 objects, 0 of them lost pixels to another class; 0 left out" in told["shown"]
    combined = tifffile.imread(tmp_path / "combined" / "Film.tif")
    assert ((combined > 0) >= (labels > 0)).all()
    assert (tmp_path / "combined" / "classes.csv").is_file()


@pytest.mark.parametrize("script", both("Track Objects"))
def test_objects_are_tracked_beside_their_label_images(run, disks, tmp_path, script):
    _, labels = disks
    frames = np.stack([np.roll(labels, shift, axis=1) for shift in (0, 2, 3)])
    (tmp_path / "segmented ü").mkdir()
    tifffile.imwrite(tmp_path / "segmented ü" / "Film.tif", frames, imagej=True, metadata={"axes": "TYX"})
    told = run(script, predictions=tmp_path / "segmented ü", max_distance=10.0, trackmate=False)
    assert told["error"] == ""
    assert "Film.tif" in told["shown"]
    assert "9 tracks, median length 3 frames" in told["shown"]
    assert len(read_tracks(tmp_path / "tracks" / "Film.tracks.csv")) == 27
    assert not (tmp_path / "tracks" / "Film.trackmate.xml").exists()


@pytest.mark.parametrize("script", both("Run Doctor"))
def test_the_doctor_tells_of_the_fiji_that_runs(run, fiji_folder, script):
    told = run(script)
    assert told["error"] == ""
    assert f"found  fiji: {fiji_folder}" in told["shown"]
    assert "missing  plugin: no Correct 3D drift in this Fiji" in told["shown"]
    assert "Help > Update" in told["shown"]


@pytest.mark.cellpose
@pytest.mark.skipif(cellpose_major() != 3, reason="a child process would load Cellpose 4 in full size")
@pytest.mark.parametrize("language", [0, 1], ids=["Jython", "Appose"])
def test_a_round_from_start_to_finish(run, disks, tiny_model, tmp_path, language):
    start, finish = both("Start Round")[language], both("Finish Round")[language]
    truth = write_movies(tmp_path / "Filme ü", disks, 2)
    few = {"crops": 2, "validation_crops": 2, "size": 40, "choose": "random"}
    told = run(start, images=tmp_path / "Filme ü", name="Zellen", base=str(tiny_model), **few)
    assert told["error"] == ""
    folder = RoundsFolder(tmp_path / "rounds")
    first = folder.round(1)
    assert "Round 1 is started" in told["shown"]
    assert str(first.folder) in told["shown"]
    project = first.folder / "qupath" / "project.qpproj"
    assert f"Open in QuPath: {project}" in told["shown"]
    assert (
        len(json.loads(project.read_text("utf-8"))["images"]) == 4
    )  # of the round and of the validation set
    for part in (folder.validation, first):
        annotate(part, truth)
    told = run(finish, folder=folder.path, epochs=1)
    assert told["error"] == ""
    assert f"The model is in {first.model}" in told["shown"]
    assert (folder.path / "rounds.png").is_file()
    again = run(finish, folder=tmp_path / "Filme ü")
    assert "rounds" in again["error"]
    assert again["exception"] == ""
