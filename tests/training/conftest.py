"""Real training runs of a second or two: four small crops, few epochs."""

from pathlib import Path

import numpy as np
import pytest

from cpretrain.models.preprocessing import network_input
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.settings.training import TrainSettings
from cpretrain.training.defaults import with_defaults
from cpretrain.training.examples import prepare
from cpretrain.training.loop import Run, TestSet

WHOLE = (slice(None), slice(None))
TILE = 64 if cellpose_major() == 3 else 256


@pytest.fixture(scope="session")
def crops(disks) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Six images prepared for the network, and their labels, all different."""
    image, labels = disks
    images = [network_input(np.roll(image, 5 * shift, axis=1)[np.newaxis]) for shift in range(6)]
    return images, [np.roll(labels, 5 * shift, axis=1) for shift in range(6)]


@pytest.fixture(scope="session")
def quick(tiny_model) -> TrainSettings:
    """Complete settings of a short run."""
    return with_defaults(
        TrainSettings(
            name="cells",
            base=str(tiny_model),
            epochs=3,
            batch_size=2,
            tile=TILE,
            learning_rate=1e-3,
            device="cpu",
        )
    )


@pytest.fixture
def start(crops):
    """Start a run on the first four crops; the other two are its test set if the settings require one."""

    def run(settings: TrainSettings, images: int = 4) -> Run:
        segmenter = Segmenter(find_base(settings.base), "cpu", for_training=True)
        examples = prepare(crops[0][:images], crops[1][:images], segmenter.device)
        seen = prepare(crops[0][4:], crops[1][4:], segmenter.device)
        test = TestSet(seen, crops[1][4:], [WHOLE] * 2) if settings.test_fraction else None
        return Run(segmenter, examples, settings, test)

    return run


def same_weights(one, other) -> bool:
    """Return whether two state dictionaries hold the same numbers under the same names."""
    import torch

    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def weights_of(path: Path):
    """Read a weights file."""
    import torch

    return torch.load(path, weights_only=True)
