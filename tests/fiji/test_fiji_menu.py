"""The scripts in the menu of a real Fiji, run by SciJava as from the menu, with the plugin of that Fiji."""

import json
from pathlib import Path

import pytest

from cpretrain.cli.fiji_menu import fiji_scripts
from cpretrain.drift.shifts_table import read_shifts
from cpretrain.models.weights import cellpose_major
from fiji_bridge import FijiSession, find_fiji
from tests.support.movies import DRIFT, write_movie

pytestmark = [pytest.mark.fiji, pytest.mark.slow]
MENU = "scripts/Plugins/cpretrain"
FOLDER = "all movies in the folder"


@pytest.fixture(scope="module")
def own_fiji(fiji, tmp_path_factory):
    """The same Fiji in a separate folder (of links), with the scripts installed."""
    home = tmp_path_factory.mktemp("Fiji") / "Fiji [2] ü"
    for name in ("jars", "plugins"):
        (home / name).mkdir(parents=True)
        for file in (fiji.home / name).iterdir():
            (home / name / file.name).symlink_to(file)
    fiji_scripts(home, install=True)
    return home


@pytest.fixture(scope="module")
def session(own_fiji):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C.UTF-8")
        with FijiSession(
            find_fiji(own_fiji), jobs=Path(__file__).with_name("jobs_in_fiji.py"), time_limit=300
        ) as running:
            yield running


def test_they_are_in_the_menu_under_plugins(session):
    entries = session.call("menu", under="Plugins > cpretrain")["entries"]
    assert entries == [
        "Plugins > cpretrain > Appose > Correct Drift and Cut Crops with Appose",
        "Plugins > cpretrain > Appose > Evaluate Model with Appose",
        "Plugins > cpretrain > Appose > Retrain Cellpose with Appose",
        "Plugins > cpretrain > Correct Drift and Cut Crops",
        "Plugins > cpretrain > Correct Drift and Cut Crops Macro",
        "Plugins > cpretrain > Evaluate Model",
        "Plugins > cpretrain > Retrain Cellpose",
    ]


@pytest.fixture
def run(session, own_fiji):
    def run(script, **inputs):
        printed = session.journal.mark()
        given = {name: value if isinstance(value, int) else str(value) for name, value in inputs.items()}
        session.call("run_in_menu", script=f"{own_fiji / MENU}/{script}", inputs=given)
        return printed.all()

    return run


@pytest.mark.parametrize(
    "script", ["Correct_Drift_and_Cut_Crops.py", "Appose/Correct_Drift_and_Cut_Crops_with_Appose.groovy"]
)
def test_the_plugin_of_this_very_fiji_corrects(run, own_fiji, tmp_path, script):
    write_movie(tmp_path / "raw" / "Film ä.tif")
    assert "ERROR" not in run(script, what=FOLDER, folder=tmp_path / "raw", size=50, per_image=2)
    record = json.loads((tmp_path / "corrected" / "Film ä.json").read_text("utf-8"))
    assert (record["engine"], record["fiji"]["home"]) == ("fiji", str(own_fiji))
    assert (read_shifts(tmp_path / "corrected" / "Film ä.shifts.csv").drift[:, 1:] == DRIFT).all()
    assert len(list((tmp_path / "training_images").glob("*.tif"))) == 2


@pytest.mark.cellpose
@pytest.mark.skipif(cellpose_major() != 3, reason="a child process would load Cellpose 4 in full size")
@pytest.mark.parametrize("script", ["{}.py", "Appose/{}_with_Appose.groovy"])
def test_retraining_and_evaluation(run, tiny_model, training_folders, script):
    images, masks = training_folders
    model = images.parent / "models" / "Zellen"
    retrain, evaluate = script.format("Retrain_Cellpose"), script.format("Evaluate_Model")
    told = run(retrain, images=images, drawn=masks, name="Zellen", base=tiny_model, epochs=1)
    assert f"The retrained model is in {model}" in told
    assert (model / "weights").is_file()
    assert "retrained: " in run(evaluate, model=model)
    assert (model / "evaluation_summary.csv").is_file()
    told = run(evaluate, model=images)
    assert "[ERROR]" in told and told.count("is not a model folder") == 1
    assert "Traceback" not in told and "\tat " not in told
