"""The command line as users see it: real processes, exit codes, one JSON object, errors without traceback."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from cpretrain.models.weights import cellpose_major
from tests.support.movies import write_movie
from tests.support.paths import ROOT

pytestmark = pytest.mark.cellpose
HEAVY = (
    "numpy",
    "torch",
    "cellpose",
    "pandas",
    "matplotlib",
    "tifffile",
    "scipy",
    "numba",
    "imagej",
    "scyjava",
)


def cpretrain(*arguments: object, cwd: object = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cpretrain", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd)


def test_help_imports_nothing_heavy():
    script = f"""
import sys
sys.argv = ["cpretrain", "--help"]
from cpretrain.cli import main
try:
    main()
except SystemExit as end:
    print("code", end.code)
print("heavy", [name for name in {HEAVY} if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
    assert "code 0" in said
    assert "heavy []" in said
    for command in (
        "drift",
        "crops",
        "masks",
        "train",
        "evaluate",
        "agree",
        "run",
        "demo",
        "doctor",
        "models",
        "schema",
        "fiji-scripts",
        "predict",
        "combine",
        "track",
        "plot",
    ):
        assert command in said


def test_whole_way_by_single_commands(tmp_path, tiny_model_process):
    folder = tmp_path / "Versuch [1] ü"
    folder.mkdir()
    for seed in range(3):
        write_movie(folder / "raw" / f"Film {seed}.tif", seed=seed)
    (folder / "raw" / "broken.tif").write_bytes(b"II*")
    done = cpretrain("drift", folder / "raw", "--engine", "native", "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert len(said["movies"]) == 3
    assert list(said["failed"]) == [str(folder / "raw" / "broken.tif")]
    assert "Traceback" not in done.stderr

    done = cpretrain("crops", folder / "corrected", "--per-image", 2, "--size", 50, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"6 crops in {folder / 'training_images'}\n"
    images = folder / "training_images"
    (folder / "ground_truth").mkdir()
    for path in images.glob("*.tif"):
        labels = np.zeros((54, 54), np.uint8)
        labels[10:20, 10:20], labels[30:40, 30:42] = 3, 9
        tifffile.imwrite(folder / "ground_truth" / path.name, labels)

    done = cpretrain(
        "masks", folder / "ground_truth", "--images", images, "--out", folder / "masks", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["masks"]) == 6

    tile = 64 if cellpose_major() == 3 else 256
    done = tiny_model_process(
        "train", "--images", images, "--masks", folder / "masks", "--name", "cells",
        "--epochs", 1, "--tile", tile, "--device", "cpu", "--threads", 2, "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    model = json.loads(done.stdout)["model"]
    assert model == str(folder / "models" / "cells")
    assert json.loads((folder / "models" / "cells" / "model.json").read_text())["hardware"]["threads"] == 2

    done = tiny_model_process(
        "evaluate", model, "--thresholds", "0.5,0.75,0.9", "--device", "cpu", base=False
    )
    assert done.returncode == 0, done.stderr
    assert "retrained" in done.stdout
    assert "0.75" in done.stdout


@pytest.fixture
def tiny_model_process(tiny_model, tmp_path):
    """Run a command with the tiny model as its base; for Cellpose 4 the encoder must be small in that process too."""
    prelude = ""
    if cellpose_major() == 4:
        prelude = "from tests.conftest import small_encoder\nsmall = small_encoder()\nsmall.__enter__()"
    script = f"{prelude}\nfrom cpretrain.cli import main\nmain()"

    def run(*arguments: object, base: bool = True) -> subprocess.CompletedProcess[str]:
        given = [*map(str, arguments), *(("--base", str(tiny_model)) if base else ())]
        command = [sys.executable, "-c", script, *given]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT)

    return run


def images(folder, size=(120, 120), number=2):
    folder.mkdir()
    for i in range(number):
        pixels = np.random.default_rng(i).integers(1, 99, size).astype(np.uint8)
        tifffile.imwrite(folder / f"{i}.tif", pixels)
    return folder


def masks_of_another_size(folder):
    images(folder / "images")
    (folder / "masks").mkdir()
    for i in range(2):
        tifffile.imwrite(
            folder / "masks" / f"{i}.tif", np.kron(np.arange(9).reshape(3, 3), np.ones((20, 20))).astype("u2")
        )


BAD_INPUT = {
    "a folder that is not there": (lambda folder: ["drift", "nowhere"], "no such file or folder"),
    "a folder without images": (lambda folder: ["crops", "."], "no images in this folder"),
    "an unreadable TIFF": (
        lambda folder: (folder / "a.tif").write_bytes(b"II*") and ["drift", "a.tif", "--engine", "native"],
        "cannot be read as a TIFF",
    ),
    "a single frame": (
        lambda folder: images(folder / "raw") and ["drift", "raw", "--engine", "native"],
        "only one frame",
    ),
    "an image smaller than the crop": (
        lambda folder: images(folder / "raw", (60, 60)) and ["crops", "raw"],
        "too small for a crop",
    ),
    "no Fiji": (
        lambda folder: ["drift", images(folder / "raw"), "--engine", "fiji", "--fiji", "nowhere"],
        "no Fiji",
    ),
    "masks missing": (
        lambda folder: ["train", "--images", images(folder / "i"), "--masks", images(folder / "m", number=1),
                        "--name", "a", "--base", tiny(folder)],
        "has no mask",
    ),
    "masks of another size": (
        lambda folder: masks_of_another_size(folder)
        or ["masks", "masks", "--images", "images", "--out", "out"],
        "60 × 60",
    ),
    "no ground truth": (
        lambda folder: ["masks", "gt", "--images", images(folder / "i"), "--out", "out"],
        "no ground truth here",
    ),
    "an unknown base model": (
        lambda folder: ["train", "--images", images(folder / "i"), "--masks", labels(folder / "m"),
                        "--name", "a", "--base", "cyto33"],
        "no such file, and no model of that name",
    ),
    "no GPU": (
        lambda folder: ["train", "--images", images(folder / "i"), "--masks", labels(folder / "m"),
                        "--name", "a", "--base", tiny(folder), "--device", "cuda"],
        "device cuda: not found",
    ),
    "a sweep over what is no number": (
        lambda folder: ["train", "--images", ".", "--masks", ".", "--name", "a", "--base", "b", "--sweep", "base=1"],
        "--sweep: cannot search 'base'",
    ),
    "a sweep of its own": (
        lambda folder: ["sweep", "--images", ".", "--masks", ".", "--name", "a", "--base", "b", "--grid", "base=1"],
        "cannot search 'base'",
    ),
    "workers for one training": (
        lambda folder: ["train", "--images", ".", "--masks", ".", "--name", "a", "--base", "b", "--workers", "2"],
        "a single training run stays in this process",
    ),
    "nothing to install": (lambda folder: ["models", "--install", "."], "is not a model folder"),
    "a setting out of range": (lambda folder: ["crops", ".", "--size", "0"], "--size: input should be greater"),
    "no model folder": (lambda folder: ["evaluate", "."], "is not a model folder"),
    "no experiment": (lambda folder: ["run", "experiment.toml"], "cannot be read"),
}  # fmt: skip


def labels(folder):
    folder.mkdir()
    for i in range(2):
        tifffile.imwrite(folder / f"{i}.tif", np.pad(np.eye(20, dtype=np.uint16)[:, ::-1] * 3, 50))
    return folder


def tiny(folder):
    import torch

    key = {3: "output.2.weight", 4: "W2"}[cellpose_major()]
    torch.save({key: torch.zeros(3)}, folder / "weights")
    return folder / "weights"


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(case, tmp_path):
    make, message = BAD_INPUT[case]
    if case == "no GPU":
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has a GPU")
    arguments = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = cpretrain(*arguments, "--json", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert message in done.stderr
    assert message in json.dumps(json.loads(done.stdout)["error"], ensure_ascii=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_missing_argument_without_a_display_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = cpretrain("drift", cwd=tmp_path)
    assert done.returncode == 2
    assert "missing argument RAW: choose the folder of raw time-lapses" in done.stderr


def test_models_and_schema():
    listed = json.loads(cpretrain("models", "--json").stdout)["models"]
    assert {"cyto3", "cpsam_v2"} <= {model["name"] for model in listed}
    described = json.loads(cpretrain("schema").stdout)
    assert described["properties"]["raw"]
    assert described["additionalProperties"] is False
