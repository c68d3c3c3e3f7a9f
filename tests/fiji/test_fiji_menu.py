"""The scripts in the menu of a real Fiji, run by SciJava as from the menu, with the plugin of that Fiji."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.cli.fiji_menu import fiji_scripts
from cpretrain.drift.shifts_table import read_shifts
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction import predict
from cpretrain.settings.prediction import PredictSettings
from fiji_bridge import FijiSession, find_fiji
from tests.support.movies import DRIFT, write_movie
from tests.support.paths import FIELDS

pytestmark = [pytest.mark.fiji, pytest.mark.slow]
MENU = "scripts/Plugins/cpretrain"
FOLDER = "all movies in the folder"
STEPS = (
    "Agreement of Two People",
    "Combine Classes",
    "Correct Drift and Cut Crops",
    "Evaluate Model",
    "Finish Round",
    "Retrain Cellpose",
    "Run Doctor",
    "Segment Movies",
    "Start Round",
    "Track Objects",
)


def put(file: Path, place: Path) -> None:
    """Have the same file at a place too; Jython and SciJava find their folders by where their jars really are."""
    try:
        place.hardlink_to(file)
    except OSError:
        shutil.copy2(file, place)


@pytest.fixture(scope="module")
def own_fiji(fiji, tmp_path_factory):
    """The same Fiji in a separate folder, with the scripts installed."""
    home = tmp_path_factory.mktemp("Fiji") / "Fiji [2] ü"
    for name in ("jars", "plugins"):
        (home / name).mkdir(parents=True)
        for file in (fiji.home / name).iterdir():
            put(file.resolve(), home / name / file.name)
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
    named = ["Correct Drift and Cut Crops Macro", *STEPS, *(f"Appose > {step} with Appose" for step in STEPS)]
    assert entries == sorted(f"Plugins > cpretrain > {name}" for name in named)


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


MODEL = DATA / "base_nuclei"
CELLPOSE_3 = pytest.mark.skipif(cellpose_major() != 3, reason="the demo's model is of Cellpose 3")


@pytest.fixture(scope="module")
def nuclei():
    """Two frames of nuclei, shape (T, Y, X)."""
    field = tifffile.imread(FIELDS / "images" / "IXMtest_A16_s2.tif")
    return np.stack([field[place : place + 64, 60 + place : 140 + place] for place in (60, 69)])


@pytest.fixture
def macro(session):
    """Run a macro of ImageJ in Fiji; what it returned, and what was printed."""

    def macro(text):
        printed = session.journal.mark()
        returned = session.call("run_macro", text=text)["returned"]
        return returned, printed.all()

    return macro


@pytest.mark.cellpose
@CELLPOSE_3
@pytest.mark.parametrize("step", ["Segment Movies", "Segment Movies with Appose"])
def test_a_macro_segments_the_open_image(macro, nuclei, tmp_path, step):
    movie = tmp_path / "two words.tif"
    tifffile.imwrite(movie, nuclei, imagej=True, metadata={"axes": "TYX"})
    returned, printed = macro(f"""
        setBatchMode(true);
        open("{movie}");
        movie = getImageID();
        run("{step}", "what=[the open image] model=[{MODEL}] channel=1 rois=[as an overlay]");
        selectImage("labels of two words.tif");
        getDimensions(width, height, channels, slices, frames);
        Stack.getStatistics(area, mean, least, most);
        title = getTitle();
        selectImage(movie);
        return title + "|" + width + "x" + height + "x" + frames + "|" + Overlay.size + "|" + (most > 1);
    """)
    labels = predict(
        MODEL, movie, out=tmp_path / "out", settings=PredictSettings(channel=1, device="cpu")
    ).done[0]
    assert labels.objects > 2
    assert returned == f"labels of two words.tif|80x64x2|{labels.objects}|1", printed


@pytest.mark.cellpose
@CELLPOSE_3
def test_a_macro_segments_twenty_movies(macro, nuclei, tmp_path):
    folder = tmp_path / "raw movies"
    folder.mkdir()
    for number in range(20):
        tifffile.imwrite(
            folder / f"movie {number:02}.tif",
            np.roll(nuclei, number, axis=2),
            imagej=True,
            metadata={"axes": "TYX"},
        )
    told = f"what=[{FOLDER}] folder=[{folder}] model=[{MODEL}] channel=1 rois=[as an overlay]"
    _, printed = macro(f"""run("Segment Movies", "{told}");""")
    assert "ERROR" not in printed
    found = sorted((tmp_path / "segmented").glob("movie *.tif"))
    assert len(found) == 20
    assert all(tifffile.imread(path).max() > 0 for path in found)
    assert len(list((tmp_path / "segmented").glob("*_RoiSet.zip"))) == 20


@pytest.mark.parametrize("script", ["Run_Doctor.py", "Appose/Run_Doctor_with_Appose.groovy"])
def test_the_doctor_looks_at_this_fiji(run, own_fiji, script):
    told = run(script)
    assert f"found  fiji: {own_fiji}" in told
    assert "found  plugin: Correct 3D drift" in told
