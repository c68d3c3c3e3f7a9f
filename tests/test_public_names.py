"""The public names: a notebook user finds what is documented, and nothing else."""

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import cpretrain

NAMES = {
    "cpretrain": "BadInput DriftCurve TimeLapse agree average_precision combine correct_drift correct_drift_in_fiji "
    "cut_crops draw_crops evaluate export_model finish_round import_masks load_model make_qupath_project "
    "measure_drift open_fiji plot_tracks predict "
    "retrain round_status run_experiment settings start_round sweep track track_labels undo_drift",
    "cpretrain.drift": "CorrectedMovie correct_drift correct_drift_in_fiji correct_movie open_fiji read_shifts "
    "write_shifts",
    "cpretrain.registration": "Canvas DriftCurve canvas_for covered_area measure_drift undo_drift",
    "cpretrain.crops": "CropsResult DrawnCrops cut_crops draw_crops",
    "cpretrain.masks": "MasksResult import_masks",
    "cpretrain.training": "SweepResult TrainResult network_inputs retrain sweep",
    "cpretrain.evaluation": "AgreeResult EvaluateResult Verdict agree evaluate parse_thresholds",
    "cpretrain.prediction": "PredictedMovie ReadyModel load_model predict segment_frame",
    "cpretrain.combination": "CombineResult combine",
    "cpretrain.linking": "COLUMNS Tracks edges_of lineages_of napari_tracks numbers_of read_tracks track_labels "
    "write_tracks",
    "cpretrain.tracking": "PlotResult TrackedMovie plot_tracks track",
    "cpretrain.qupath": "ProjectResult make_qupath_project",
    "cpretrain.rounds": "FinishResult StartResult finish_round round_status start_round",
    "cpretrain.pipeline": "Experiment describe_movies read_experiment run_demo run_experiment",
    "cpretrain.metrics": "Scores average_precision find_overlaps",
    "cpretrain.images": "ArrayFrames Calibration Channels Frames TimeLapse list_images list_movies write_frames "
    "write_image",
}


@pytest.mark.parametrize("package", NAMES)
def test_the_names_of_a_package(package):
    module = import_module(package)
    assert set(NAMES[package].split()) == {name for name in module.__all__ if not name.startswith("__")}
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("name", sorted(set(NAMES["cpretrain"].split()) - {"settings"}))
def test_every_public_name_is_documented(name):
    documented = getattr(cpretrain, name).__doc__
    assert documented
    assert documented.strip()


def test_importing_cpretrain_imports_nothing_heavy():
    heavy = ("numpy", "torch", "pandas", "tifffile", "scipy", "numba", "pydantic", "typer", "rich")
    script = f"import sys, cpretrain; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("package", "old", "now"),
    [
        ("cpretrain.evaluation", "average_precision", "cpretrain.metrics.average_precision"),
        ("cpretrain.evaluation", "Scores", "cpretrain.metrics.Scores"),
        ("cpretrain.rounds", "Started", "cpretrain.rounds.StartResult"),
        ("cpretrain.rounds", "Finished", "cpretrain.rounds.FinishResult"),
        ("cpretrain.export", "Exported", "cpretrain.export.ExportResult"),
        ("cpretrain.drift", "measure_drift", "cpretrain.registration.measure_drift"),
    ],
)
def test_a_name_of_0_1_0_still_works_with_a_warning(package, old, now):
    home, _, name = now.rpartition(".")
    with pytest.warns(DeprecationWarning, match=now):
        found = getattr(import_module(package), old)
    assert found is getattr(import_module(home), name)


def test_examples_of_docstrings_run():
    """Each example in a public docstring gives the stated result."""
    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner(verbose=False)
    tried = 0
    for name in sorted(set(NAMES["cpretrain"].split()) - {"settings"}):
        for test in finder.find(getattr(cpretrain, name), name):
            tried += runner.run(test).attempted
    assert runner.failures == 0
    assert tried > 5
