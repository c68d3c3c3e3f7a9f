"""What a model folder says of itself: how it was trained, and how to use it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpretrain.base_models import MODEL_RECORD
from cpretrain.errors import BadInput
from cpretrain.normalization import Normalization

TUNING_RECORD = "tuning.json"
"""Inside a model folder: thresholds and diameter that did best on the training images."""


@dataclass(frozen=True)
class ModelSettings:
    """How a model wants to be used.

    Parameters
    ----------
    channel, second_channel : int
        From 1; the channel to segment, and that of the nuclei (None where there is none).
    normalization : Normalization
        How grey values were scaled in training.
    tuned : mapping of str to float
        Flow threshold, cellprob threshold and diameter that were found by a search; empty without one.
    """

    channel: int = 1
    second_channel: int | None = None
    normalization: Normalization = field(default_factory=Normalization)
    tuned: Mapping[str, float | None] = field(default_factory=dict)


def read_record(model: Path) -> dict[str, Any]:
    """Read ``model.json`` of a model folder.

    Raises
    ------
    BadInput
        When it is not there, or no record of a model.
    """
    path = model / MODEL_RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["base"]["name"], record["settings"]["channel"]
        Normalization.model_validate(record["normalization"])
    except (OSError, ValueError, KeyError, TypeError) as error:  # pydantic's error is a ValueError
        raise BadInput(
            f"{model}: is not a model folder",
            found=f"{type(error).__name__}: {error}",
            expected=f"a folder with {MODEL_RECORD}, made by cpretrain train",
        ) from error
    return dict(record)


def settings_of_model(model: Path) -> ModelSettings:
    """Read how a model wants to be used: its channels, its normalisation, and thresholds where they were tuned.

    Raises
    ------
    BadInput
        When it is not a model folder, or its ``tuning.json`` is damaged.
    """
    record = read_record(model)
    return ModelSettings(
        record["settings"]["channel"],
        record["settings"].get("second_channel"),
        Normalization.model_validate(record["normalization"]),
        tuned_values(model, "retrained"),
    )


def tuned_values(model: Path, contender: str, weights: str | None = None) -> dict[str, float | None]:
    """Thresholds and diameter that a search found.

    Parameters
    ----------
    model : pathlib.Path
        The model folder.
    contender : {'retrained', 'base'}
        Both are tuned, so that the comparison stays fair.
    weights : str, optional
        SHA-256 of the weights that are to be used: what was found for others does not count.

    Returns
    -------
    dict
        By name of the setting; empty without a search.
    """
    path = model / TUNING_RECORD
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["found"][contender]
        if weights not in (None, found["weights_sha256"]):
            return {}
        return {name: found[name] for name in ("flow_threshold", "cellprob_threshold", "diameter")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path}: cannot be read",
            found=f"{type(error).__name__}: {error}",
            expected="the record of a search by cpretrain evaluate --tune",
            cure="search again with --tune, or take the file away",
        ) from error
