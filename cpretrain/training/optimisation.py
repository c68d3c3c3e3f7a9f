"""Optimization: Cellpose's own optimizers and learning rates, and reproducible random numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.models.versions import installed_cellpose
from cpretrain.settings.training import Schedule, TrainSettings

WARM_UP = 10
"""Number of epochs over which the learning rate rises from 0."""

MOMENTUM = 0.9


def learning_rates(epochs: int, learning_rate: float, schedule: Schedule = "cellpose") -> NDArray[np.float64]:
    """Return the learning rate of each epoch.

    Parameters
    ----------
    epochs : int
        Number of epochs.
    learning_rate : float
        The highest learning rate.
    schedule : {'cellpose', 'cosine'}
        ``cellpose``: it rises from 0 over ten epochs. In long runs it is halved ten times at the end: every 5 epochs
        in runs of about 100 epochs or more, every 10 epochs in runs of more than 300. ``cosine``: it rises over a
        quarter of the epochs, at most ten, and falls along half a cosine to nearly 0 at the end (Loshchilov and
        Hutter, SGDR, ICLR 2017), so that short runs settle too.

    Returns
    -------
    ndarray of float64, shape (epochs,)
        Learning rates.
    """
    if schedule == "cosine":
        rising = min(WARM_UP, epochs // 4)
        falling = np.arange(epochs - rising) / (epochs - rising)
        rise = np.arange(1, rising + 1) / (rising + 1)
        return learning_rate * np.append(rise, (1 + np.cos(np.pi * falling)) / 2)
    long = epochs >= installed_cellpose().long_run
    halving = 10 if epochs > 300 else 5 if long else 0
    rates = np.linspace(0, learning_rate, WARM_UP)
    rates = np.append(rates, np.full(max(0, epochs - WARM_UP), learning_rate))
    if not halving:
        return rates[:epochs]
    steady = rates[: epochs - 10 * halving]
    return np.append(steady, np.repeat(steady[-1] / 2.0 ** np.arange(1, 11), halving))


def make_optimizer(net: Any, settings: TrainSettings) -> Any:
    """Make the optimizer named in complete `settings`."""
    import torch

    rates: dict[str, Any] = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if settings.optimizer == "sgd":
        return torch.optim.SGD(trained, momentum=MOMENTUM, **rates)
    return torch.optim.AdamW(trained, **rates)


def seed_epoch(seed: int, epoch: int) -> None:
    """Seed NumPy's global generator, with which Cellpose augments crops, for one epoch.

    Cellpose itself always uses the number of the epoch. So does seed 0 here; other seeds give other runs.
    """
    np.random.seed([seed, epoch] if seed else epoch)  # noqa: NPY002


@contextmanager
def repeatable(seed: int, device: str) -> Iterator[None]:
    """Seed torch and, on a CPU, make it sum numbers in a fixed order; the previous state is restored afterwards."""
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    with untouched_generators(device):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(before or device == "cpu", warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)


@contextmanager
def untouched_generators(device: str) -> Iterator[None]:
    """Restore the generators of NumPy and torch after the block."""
    numpy, torch_state = np.random.get_state(), generator_states(device)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(numpy)  # noqa: NPY002
        restore_generators(torch_state, device)


def generator_states(device: str) -> list[Any]:
    """Return the states of torch's generators: that of the CPU, and that of the GPU if one is used."""
    import torch

    states = [torch.get_rng_state()]
    if device == "cuda":
        states.append(torch.cuda.get_rng_state())
    elif device == "mps":
        states.append(torch.mps.get_rng_state())
    return states


def restore_generators(states: list[Any], device: str) -> None:
    """Restore torch's generators from a result of `generator_states`."""
    import torch

    torch.set_rng_state(states[0])
    if device == "cuda":
        torch.cuda.set_rng_state(states[1])
    elif device == "mps":
        torch.mps.set_rng_state(states[1])
