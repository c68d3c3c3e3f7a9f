"""What a training run takes where the settings leave it open, and where each value comes from."""

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
"""What Cellpose's documentation recommends for retraining (page "Training"), by major version."""


def with_defaults(settings: TrainSettings) -> TrainSettings:
    """Fill in what `settings` leave open, by their preset and then from the installed Cellpose.

    Raises
    ------
    BadInput
        When they do not go together.
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
    """Say which values a run will take and where each comes from; `settings` as they were given."""
    told = [
        f"{name.replace('_', ' ')} {value:g} ({origin})"
        if isinstance(value, int | float)
        else f"{name} {value} ({origin})"
        for name, (value, origin) in _values(settings).items()
    ]
    return ", ".join(told)


def _values(settings: TrainSettings) -> dict[str, tuple[Any, str]]:
    """For each setting that may be left open its value, and where that comes from."""
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
