"""Pictures, curves on a terminal and for TensorBoard, while a training runs."""

import math

import numpy as np
import pytest
from PIL import Image

from cpretrain.errors import BadInput
from cpretrain.training.curves import small_curve
from cpretrain.training.loop import TestSet
from cpretrain.training.watching import DRAWN, ENLARGED, Watching
from tests.training.conftest import WHOLE


@pytest.mark.parametrize(
    ("values", "curve"),
    [
        ([], ""),
        ([1.0], ""),
        ([3.0, 2.0, 1.0], "█▅▁"),
        ([0.0, math.nan, 1.0], "▁█"),
        ([1.0, 1.0], "▁▁"),
        (np.linspace(0, 1, 800).tolist(), "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_curve_of_letters(values, curve):
    assert small_curve(values, width=8) == curve


@pytest.mark.cellpose
def test_pictures_are_drawn_every_other_epoch_and_kept_in_the_model_folder(quick, start, crops, tmp_path):
    run = start(quick.replace(epochs=4, picture_every=2, images_per_epoch=1), images=2)
    shown = TestSet(start(quick).examples, crops[1][:4], [WHOLE] * 4)
    watching = Watching(tmp_path / "run" / "progress", run.settings, shown)
    while not run.finished:
        run.run_epoch()
        watching.after_epoch(run)
    watching.keep(tmp_path / "model")
    drawn = sorted(path.name for path in (tmp_path / "model" / "progress").iterdir())
    assert drawn == ["epoch_0000.png", "epoch_0002.png", "epoch_0003.png"]
    picture = np.asarray(Image.open(tmp_path / "model" / "progress" / drawn[0]))
    assert picture.shape == (100 * ENLARGED, 2 * 100 * ENLARGED, 3)
    assert (picture == DRAWN).all(axis=2).sum() > 1000


@pytest.mark.cellpose
def test_nothing_is_written_unless_asked_for(quick, start, tmp_path):
    run = start(quick.replace(epochs=1), images=2)
    watching = Watching(tmp_path / "progress", run.settings, None)
    run.run_epoch()
    watching.after_epoch(run)
    watching.keep(tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.cellpose
def test_curves_for_tensorboard_hold_the_values_of_the_run(quick, start, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = start(quick.replace(epochs=3, tensorboard=True), images=2)
    watching = Watching(tmp_path / "progress", run.settings, None)
    while not run.finished:
        run.run_epoch()
        watching.after_epoch(run)
    watching.close()
    read = EventAccumulator(str(tmp_path / "progress")).Reload()
    found = [scalar.value for scalar in read.Scalars("training_loss")]
    assert found == pytest.approx(run.curves.training_loss, rel=1e-6)
    assert [scalar.step for scalar in read.Scalars("learning_rate")] == [0, 1, 2]


def test_without_tensorboard_the_cure_is_named(quick, monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(BadInput, match="tensorboard is not installed"):
        Watching(tmp_path, quick.replace(tensorboard=True), None)
