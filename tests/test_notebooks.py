"""The notebooks of `examples/` run from their first cell to their last, with small settings."""

import os

import nbformat
import numpy as np
import pytest
import tifffile
from nbclient import NotebookClient

from cpretrain.models.weights import cellpose_major
from tests.support.movies import write_movie
from tests.support.paths import ROOT

SMALL_ENCODER = "from tests.conftest import small_encoder\nsmall = small_encoder()\nsmall.__enter__();"


def run(name, prelude="", **parameters):
    """Run a notebook with other values in its cell of parameters; gives its cells with their outputs."""
    notebook = nbformat.read(ROOT / "examples" / f"{name}.ipynb", as_version=4)
    [settings] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    known = {line.split(" = ")[0] for line in settings.source.splitlines()}
    assert parameters.keys() <= known
    settings.source += "".join(f"\n{key} = {value!r}" for key, value in parameters.items())
    if prelude:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(prelude))
    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": str(ROOT)}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cells):
    """All text and the number of pictures that a notebook shows."""
    outputs = [output for cell in cells for output in cell.outputs]
    text = "".join(output.get("text", "") for output in outputs)
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    return text, pictures


@pytest.mark.slow
@pytest.mark.cellpose
def test_from_raw_movies_to_a_verdict(tmp_path, tiny_model):
    for seed in range(3):
        write_movie(tmp_path / "raw" / f"film {seed}.tif", seed=seed)
    made = run("Create_training_images", FOLDER=str(tmp_path), ENGINE="native", PER_IMAGE=2, SIZE=50)
    _, pictures = shown(made)
    assert pictures == 3 + 1  # the drift of each movie, the crops
    images = sorted((tmp_path / "training_images").glob("*.tif"))
    assert len(images) == 6
    (tmp_path / "ground_truth").mkdir()
    for path in images:
        labels = np.zeros(tifffile.imread(path).shape, np.uint8)
        labels[10:20, 10:20], labels[30:40, 30:42] = 3, 9
        tifffile.imwrite(tmp_path / "ground_truth" / path.name, labels)

    retrained = run(
        "Retrain_cellpose_model",
        SMALL_ENCODER if cellpose_major() == 4 else "",
        FOLDER=str(tmp_path),
        BASE_MODEL=str(tiny_model),
        EPOCHS=2,
        DEVICE="cpu",
    )
    text, pictures = shown(retrained)
    assert "average precision, mean over" in text and "retrained" in text
    assert pictures == 2 + 2  # the losses, the scores, the best and the worst image
    assert (tmp_path / "models" / "my cells" / "report.html").is_file()


@pytest.mark.fiji
@pytest.mark.skipif("FIJI_HOME" not in os.environ, reason="needs a Fiji: set FIJI_HOME to its folder")
def test_drift_in_fiji():
    _, pictures = shown(run("Drift_in_Fiji"))
    assert pictures == 2
