"""The mean of weights: exact, measured and kept instead of the last weights, and resumed without a trace."""

import numpy as np
import pytest

from cpretrain.training.averaging import Average
from cpretrain.training.optimisation import repeatable
from tests.training.conftest import same_weights
from tests.training.test_loop import train_to_the_end


@pytest.mark.parametrize(("epochs", "expected"), [(5, 2.0), (1, 3.0), (2, 2.25)])
def test_a_plain_mean_at_first_then_older_epochs_fade(epochs, expected):
    import torch

    average = Average(epochs)
    for value in (1, 2, 3):
        average.add({"w": torch.tensor([float(value)]), "count": torch.tensor(value)})
    assert average.weights["w"].item() == pytest.approx(expected)
    assert average.weights["count"].item() == 3


@pytest.mark.cellpose
def test_the_mean_is_kept_and_training_is_not_disturbed(quick, start):
    plain, run = start(quick, images=2), start(quick.replace(average_epochs=10), images=2)
    seen = []
    own = run._train
    run._train = lambda *how: (
        own(*how),
        seen.append({n: v.clone() for n, v in run.net.state_dict().items()}),
    )[0]
    assert same_weights(train_to_the_end(plain), train_to_the_end(run))
    for name, kept in run.kept.weights.items():
        if kept.is_floating_point():
            mean = np.mean([weights[name].numpy() for weights in seen], axis=0)
            assert np.allclose(kept.numpy(), mean, atol=1e-5)


@pytest.mark.cellpose
def test_a_resumed_run_has_the_same_mean(quick, start, tmp_path):
    import torch

    settings = quick.replace(average_epochs=2)
    whole, before, after = (start(settings, images=2) for _ in range(3))
    train_to_the_end(whole)
    with repeatable(0, "cpu"):
        before.run_epoch()
        torch.save(before.state(), tmp_path / "state")
        after.restore(torch.load(tmp_path / "state", weights_only=True))
        while not after.finished:
            after.run_epoch()
    assert same_weights(after.kept.weights, whole.kept.weights)
