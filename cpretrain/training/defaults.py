"""Values for training settings that are left open, and where each comes from."""

from importlib import metadata
from typing import Any

from cpretrain.errors import BadInput
from cpretrain.models.versions import installed_cellpose, train_defaults
from cpretrain.models.weights import cellpose_major
from cpretrain.runtime.spelling import option
from cpretrain.settings.training import TrainSettings

RETRAINING: dict[int, dict[str, Any]] = {
    3: {"epochs": 100, "learning_rate": 0.1, "weight_decay": 1e-4, "optimizer": "sgd"},
    4: {"epochs": 100, "learning_rate": 1e-5, "weight_decay": 0.1, "batch_size": 1},
}
"""Recommendations of Cellpose's documentation for retraining (page "Training"), by major version."""


def with_defaults(settings: TrainSettings) -> TrainSettings:
    """Fill in settings that are left open, from their preset and then from the installed Cellpose.

    Raises
    ------
    BadInput
        When settings contradict each other.
    """
    left_open = {name: value for name, (value, _) in _values(settings).items()}
    filled = settings.model_copy(update=left_open)
    if filled.optimizer not in installed_cellpose().optimizers:
        raise BadInput(
            f"{option('optimizer', 'sgd')}: Cellpose 4 trains with adamw only",
            cure=f"leave {option('optimizer')} out",
        )
    if filled.patience and not filled.test_fraction:
        raise BadInput(
            f"{option('patience')}: needs images that show when to stop",
            cure=f"set some of the training images aside, for example with {option('test_fraction', 0.2)}",
        )
    return filled


def describe(settings: TrainSettings) -> str:
    """Describe the values that a run will use and where each comes from; `settings` are those of the user."""
    told = [
        f"{name.replace('_', ' ')} {value:g} ({origin})"
        if isinstance(value, int | float)
        else f"{name} {value} ({origin})"
        for name, (value, origin) in _values(settings).items()
    ]
    return ", ".join(told)


def _values(settings: TrainSettings) -> dict[str, tuple[Any, str]]:
    """Return for each setting that may be left open its value, and where that comes from."""
    version = f"default of Cellpose {metadata.version('cellpose')}"
    preset = RETRAINING[cellpose_major()] if settings.preset == "retraining" else {}
    chosen = {}
    for name, default in train_defaults().items():
        given = getattr(settings, name)
        if given is not None:
            chosen[name] = (given, "given")
        elif name in preset:
            chosen[name] = (preset[name], "preset retraining")
        else:
            chosen[name] = (default, version)
    return chosen
