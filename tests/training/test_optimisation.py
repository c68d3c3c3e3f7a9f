import numpy as np
import pytest

from cpretrain.training.optimisation import learning_rates, repeatable, seed_epoch

pytestmark = pytest.mark.cellpose


class Recorder:
    """Stands in for the optimizer and records the learning rate of every step."""

    def __init__(self, parameters, lr, **_):
        import torch

        self.real = torch.optim.SGD(parameters, lr=lr)
        self.param_groups, self.rates = self.real.param_groups, []

    def zero_grad(self):
        self.real.zero_grad()

    def step(self):
        self.rates.append(self.param_groups[0]["lr"])


@pytest.mark.parametrize("epochs", [1, 9, 10, 11, 99, 100, 101, 300, 301, 350])
def test_learning_rates_are_those_that_cellpose_sets(epochs, monkeypatch, tmp_path):
    import torch
    from cellpose import train

    from cpretrain.models.segmenter import quietly

    class OneLayer(torch.nn.Module):
        """The smallest network that ``train_seg`` takes."""

        device, dtype, backbone = torch.device("cpu"), torch.float32, "any"

        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 3, 1)
            self.diam_mean = self.diam_labels = torch.nn.Parameter(torch.tensor([30.0]), requires_grad=False)

        def forward(self, images):
            return self.layer(images), None

        def save_model(self, path):
            pass

    made = []
    monkeypatch.setattr(torch.optim, "AdamW", lambda *a, **k: made.append(Recorder(*a, **k)) or made[-1])
    with quietly():
        train.train_seg(
            OneLayer(),
            train_data=[np.ones((3, 16, 16), np.float32)],
            train_labels=[np.pad(np.ones((8, 8), np.int32), 4)],
            normalize={"normalize": False},
            n_epochs=epochs,
            learning_rate=0.005,
            bsize=16,
            min_train_masks=0,
            save_path=tmp_path,
        )
    assert learning_rates(epochs, 0.005).tolist() == made[0].rates


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, [1]),
        (2, [1, 1 / 2]),
        (4, [1 / 2, 1, 3 / 4, 1 / 4]),
        (8, [1 / 3, 2 / 3, 1, 0.9330, 3 / 4, 1 / 2, 1 / 4, 0.0670]),
    ],
)
def test_cosine_rises_and_falls_to_nearly_nothing(epochs, expected):
    assert learning_rates(epochs, 0.01, "cosine") == pytest.approx(np.multiply(expected, 0.01), abs=1e-6)


def test_cosine_rises_over_ten_epochs_at_most():
    rates = learning_rates(200, 1.0, "cosine")
    assert rates.argmax() == 10
    assert rates[-1] < 1e-3


def test_a_seed_is_cellpose_s_own_or_another_one():
    def draw(seed: int, epoch: int) -> float:
        seed_epoch(seed, epoch)
        return np.random.rand()  # noqa: NPY002

    with repeatable(0, "cpu"):
        np.random.seed(3)  # noqa: NPY002
        assert draw(0, 3) == pytest.approx(0.550797902)
        draws = {draw(seed, epoch) for seed in range(4) for epoch in range(4)}
    assert len(draws) == 16


def test_generators_are_left_as_they_were():
    import torch

    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    with repeatable(3, "cpu"):
        np.random.rand()  # noqa: NPY002
        torch.rand(3)
        assert torch.are_deterministic_algorithms_enabled()
    assert np.array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])
    assert not torch.are_deterministic_algorithms_enabled()
