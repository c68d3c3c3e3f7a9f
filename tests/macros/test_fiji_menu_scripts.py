"""The scripts for Fiji's menu in their own languages, with a real child process of the command line or of Appose."""

import json
import re
import sys
import time
from pathlib import Path

import psutil
import pytest
import tifffile

from cpretrain.dataset.crops_table import read_crops
from cpretrain.images.timelapse import TimeLapse
from tests.support.fiji_scripts import MENU, SOURCES, defaults, parameters, with_appose

SCRIPTS = sorted(path for path in SOURCES.parent.rglob("*") if path.suffix in (".py", ".groovy"))
CORRECT = f"{MENU}/Correct_Drift_and_Cut_Crops.py"
CORRECT_APPOSE = f"{MENU}/Appose/Correct_Drift_and_Cut_Crops_with_Appose.groovy"
EVALUATE = f"{MENU}/Evaluate_Model.py"
EVALUATE_APPOSE = f"{MENU}/Appose/Evaluate_Model_with_Appose.groovy"
RETRAIN = f"{MENU}/Retrain_Cellpose.py"
RETRAIN_APPOSE = f"{MENU}/Appose/Retrain_Cellpose_with_Appose.groovy"
STEPS = [path.relative_to(SOURCES).as_posix() for path in sorted((SOURCES / MENU).glob("*.py"))]
FOLDER, OPEN_IMAGE = "all movies in the folder", "the open image"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_of_its_language(languages, script, tmp_path):
    resolve = script.parent.name != "qupath"  # what those call is QuPath's, which cannot be had here
    assert languages.call("compiles", script=str(script), resolve=resolve) == {"error": ""}
    broken = tmp_path / f"broken{script.suffix}"
    broken.write_text("f = (")
    assert languages.call("compiles", script=str(broken), resolve=resolve)["error"]


def test_every_script_has_a_name_that_imagej_lists():
    """ImageJ runs from menus and macros only scripts whose file has an underscore in its name."""
    named = [path.name for path in (SOURCES / MENU).rglob("*.*")]
    assert len(named) == 2 * len(STEPS) + 1
    assert [name for name in named if "_" not in name] == []


@pytest.mark.parametrize("step", STEPS)
def test_what_is_remembered_of_a_script_is_its_own(step):
    """SciJava stores inputs without a key under their bare names, shared by all scripts."""
    others = {key for other in STEPS if other != step for key in keys(SOURCES / other)}
    own = keys(SOURCES / step)
    assert own or step.endswith("Run_Doctor.py")
    assert not own & others
    assert keys(SOURCES / with_appose(step)) == own | {"cpretrain.source"}


def keys(script: Path) -> set[str]:
    found = set()
    for name, said in parameters(script).items():
        key = re.search('persistKey="(cpretrain[.a-z_]+)"', said)
        assert key or "persist=false" in said, name
        if key:
            assert key[1] not in found
            found.add(key[1])
    assert "persist=false" in parameters(script)["python"]  # one that does not work is not to come again
    return found


def test_the_same_parameters_in_both_languages():
    for script in STEPS:
        one, other = SOURCES / script, SOURCES / with_appose(script)
        assert defaults(one) == {name: v for name, v in defaults(other).items() if name != "source"}


@pytest.mark.parametrize("step", STEPS)
def test_what_may_be_left_out_is_recorded_all_the_same(step):
    """Fiji records no empty file or text, and asks for each that a macro does not name."""
    for script in (SOURCES / step, SOURCES / with_appose(step)):
        left_out = [
            said
            for said in parameters(script).values()
            if "required=false" in said and "visibility=MESSAGE" not in said
        ]
        assert left_out
        assert all('value="none"' in said for said in left_out)


@pytest.mark.parametrize("script", [CORRECT, CORRECT_APPOSE])
def test_a_folder_is_corrected_and_cut(run, raw, script):
    told = run(script, what=FOLDER, folder=raw, size=50, per_image=2)
    assert told["error"] == ""
    assert "native engine, because" in told["shown"]
    assert "Some inputs could not be used, the others are done" in told["shown"]
    assert "broken.tif: cannot be read as a TIFF" in told["shown"]
    assert "open it in Fiji and save it again" in told["shown"]
    for seed in range(2):
        assert (raw.parent / "corrected" / f"Film {seed} ä.shifts.csv").is_file()
    crops = read_crops(raw.parent / "training_images")
    assert len(crops) == 4
    assert {(crop.height, crop.seed) for crop in crops.values()} == {(50, 0)}
    project = raw.parent / "qupath" / "project.qpproj"
    assert f"open in QuPath: {project}" in told["shown"]
    assert len(json.loads(project.read_text("utf-8"))["images"]) == 4


@pytest.mark.parametrize("script", [CORRECT, CORRECT_APPOSE])
def test_without_an_open_image_it_says_so(run, tmp_path, script):
    told = run(script, what=OPEN_IMAGE, folder=tmp_path)
    assert "No image is open" in told["error"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", [EVALUATE, EVALUATE_APPOSE])
@pytest.mark.parametrize(
    ("python", "said"),
    [
        (lambda bare: bare / "nowhere", ["there is no Python here", "Or empty the field", sys.executable]),
        (
            lambda bare: bare,
            [
                "this Python has no cpretrain",
                'pip install ".[cellpose3',
                "Or empty the field",
                sys.executable,
            ],
        ),
        (lambda bare: None, ["is not a model folder", "expected: a folder with model.json"]),
    ],
    ids=["no Python", "no cpretrain", "bad input"],
)
def test_what_is_missing_is_explained(run, tmp_path, bare_python, script, python, said):
    told = run(script, model=tmp_path, python=python(bare_python))
    for text in said:
        assert text in told["error"]
        assert text not in told["shown"]
    first = said[0]
    assert told["error"].count(first) == 1  # once, and in words
    assert told["error"].startswith("[ERROR] ")
    assert told["exception"] == ""
    assert not re.search(r"^\s+at |Traceback", told["error"], re.M)


@pytest.fixture
def environments(tmp_path):
    """A folder with two Pythons, of which the one called `python` must not be started."""
    (tmp_path / "bin").mkdir()
    trap = tmp_path / "bin" / "python"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\nexec '{sys.executable}' \"$@\"\n")
    trap.chmod(0o755)
    chosen = tmp_path / "bin" / "python3.11"
    chosen.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    chosen.chmod(0o755)
    return chosen


@pytest.mark.parametrize("script", [EVALUATE, EVALUATE_APPOSE])
def test_exactly_the_python_that_was_chosen_runs(run, languages, environments, tmp_path, script):
    before = languages.call("preference", name="python")["value"]
    told = run(script, model=tmp_path, python=environments)
    assert "is not a model folder" in told["error"]
    assert not (tmp_path / "started").exists()
    assert languages.call("preference", name="python", value=before or "")["value"] == str(environments)


@pytest.mark.parametrize("script", [EVALUATE, EVALUATE_APPOSE])
def test_a_remembered_python_that_does_not_work_gives_way_to_the_installed_one(
    run, languages, tmp_path, script
):
    languages.call("preference", name="python", value=str(tmp_path / "gone"))
    languages.call("preference", name="since", value=str(2**60))  # chosen after the installation
    told = run(script, model=tmp_path)
    assert f"the Python chosen before, {tmp_path / 'gone'}, is passed over" in told["shown"]
    assert "is not a model folder" in told["error"]
    languages.call("preference", name="since", value="0")


@pytest.mark.parametrize("script", [EVALUATE, EVALUATE_APPOSE])
def test_the_installed_python_comes_first_where_it_was_installed_after_the_choice(
    run, languages, environments, tmp_path, script
):
    trap = environments.with_name("python")
    languages.call("preference", name="python", value=str(trap))
    languages.call("preference", name="since", value="1000")
    assert "is not a model folder" in run(script, model=tmp_path)["error"]
    assert not (tmp_path / "started").exists()
    languages.call("preference", name="since", value=str(2**60))
    assert "is not a model folder" in run(script, model=tmp_path)["error"]
    assert (tmp_path / "started").exists()
    languages.call("preference", name="since", value="0")


def test_a_worker_that_dies_before_its_first_task_is_told_in_words(languages, fiji_folder, tmp_path):
    dying = tmp_path / "python"
    dying.write_text(
        '#!/bin/sh\ncase "$3" in *main*) echo gone away >&2; exit 3;; esac\n'
    )  # the trial goes well
    dying.chmod(0o755)
    for _ in range(10):  # whether it dies before or after the task is begun is a matter of chance
        told = languages.call(
            "run_script",
            script=str(fiji_folder / EVALUATE_APPOSE),
            inputs=defaults(fiji_folder / EVALUATE_APPOSE)
            | {"model": f"file:{tmp_path}", "python": f"file:{dying}"},
        )
        assert "cpretrain evaluate: " in told["error"]
        assert "gone away" in told["error"]
        assert told["exception"] == ""


def test_no_python_anywhere(run, languages, fiji_folder, tmp_path, monkeypatch):
    setting = fiji_folder / "jars" / "Lib" / "cpretrain_python.txt"
    written = setting.read_text("utf-8")
    try:
        setting.write_text(str(tmp_path / "gone"))
        if "finds no Python" not in run(EVALUATE, model=tmp_path)["error"]:
            pytest.skip("there is a conda environment called cpretrain on this machine")
        told = run(EVALUATE_APPOSE, model=tmp_path)
        assert "There is no Python with cpretrain yet" in told["error"]
        assert "cpretrain fiji-scripts --install" in told["error"]
        setting.write_text(str(Path(sys.prefix)))  # the folder of an environment will do
        assert "is not a model folder" in run(EVALUATE, model=tmp_path)["error"]
    finally:
        setting.write_text(written)


def test_a_step_that_ends_without_an_answer(languages, fiji_folder, tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text(
        "from cpretrain_fiji import *\nwith Job('wrong') as cpretrain:\n    cpretrain.run('nonsense')\n"
    )
    told = languages.call("run_script", script=str(script), inputs={})
    assert "cpretrain nonsense ended without an answer (exit code 2)" in told["error"]
    assert "No such command" in told["error"]


@pytest.mark.parametrize("script", [CORRECT, CORRECT_APPOSE])
def test_the_open_image_is_saved_with_its_axes_and_escape_leaves_nothing_else(
    run, languages, long_movie, tmp_path, script
):
    folder = tmp_path / "neu ü"
    corrected = folder / "corrected"
    told = run(script, image=long_movie, escape=(str(corrected), ".*part*"), what=OPEN_IMAGE, folder=folder)
    assert told["error"] == ""
    assert "cancelled; completed results are kept" in told["shown"]
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [long_movie.name]
    with TimeLapse(folder / "raw" / long_movie.name) as saved, TimeLapse(long_movie) as given:
        assert saved.shape == given.shape
        assert saved.calibration == given.calibration
        assert (saved.frame(399) == given.frame(399)).all()
    assert (told["title"], told["changes"]) == (long_movie.name, False)
    until = time.monotonic() + 10
    while psutil.Process(languages.pid).children(recursive=True):
        assert time.monotonic() < until
        time.sleep(0.1)
    again = run(script, image=long_movie, what=OPEN_IMAGE, folder=folder)
    assert "already exists" in again["error"]


def test_the_macro(languages, fiji_folder, raw, bare_python):
    macro = str(fiji_folder / MENU / "Correct_Drift_and_Cut_Crops_Macro.ijm")

    def run(python, folder):
        return languages.call("run_macro", macro=macro, argument=f"{python}\n{folder}\n1\n50")

    told = run(sys.executable, raw)
    assert "failed: broken.tif" in told["shown"]
    assert "10 crops in" in told["shown"]
    assert tifffile.imread(next((raw.parent / "training_images").glob("*.tif"))).shape == (54, 54)
    for python, folder, said in (
        (raw / "nowhere", raw, "There is no Python with cpretrain"),
        (bare_python / "bin" / "python", raw, "There is no cpretrain in the Python chosen"),
        (sys.executable, raw / "nowhere", "no such file or folder"),
    ):
        told = run(python, folder)
        assert said in told["shown"]
        assert told["result"] == "[aborted]"


@pytest.mark.parametrize("script", [RETRAIN, RETRAIN_APPOSE])
def test_retraining_reads_what_was_drawn_first(run, training_folders, script):
    images, drawn = training_folders
    told = run(script, images=images, drawn=drawn, name="Zellen", base="cyto33")
    assert (images.parent / "masks_checked" / "masks.json").is_file()
    assert "no such file, and no model of that name" in told["error"]


VERDICT = {"sentence": "It helped.", "people": "", "warnings": ["Few images."]}
MEANS = {"retrained": {"0.5": 0.9, "0.75": 0.8, "0.9": 0.7}, "base": {"0.5": 0.6}}


@pytest.mark.parametrize("answer", [{"verdict": VERDICT}, {}])
def test_what_an_evaluation_says(languages, tmp_path, answer):
    answer = answer | {"images": 4, "average_precision": MEANS}
    written = {
        "jython.py": f"from cpretrain_fiji import *\nlog_precision({answer})",
        "groovy.groovy": "new GroovyShell().parse(new File(System.getProperty('imagej.dir'), "
        f"'jars/Lib/cpretrain_appose.groovy')).logPrecision({str(answer).replace('{', '[').replace('}', ']')})",
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text)
        lines = languages.call("run_script", script=str(tmp_path / name), inputs={})["shown"].splitlines()
        assert lines[:-3] == (["It helped.", "Few images."] if "verdict" in answer else [])
        assert lines[-3] == "average precision, mean over 4 images"
        assert set(lines[-2:]) == {
            "    retrained: 0.9 at IoU 0.5, 0.8 at IoU 0.75, 0.7 at IoU 0.9",
            "    base: 0.6 at IoU 0.5",
        }
