"""The record in a model folder: how the model was trained, and how to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, FiniteFloat, PositiveInt

from cpretrain.errors import BadInput, short
from cpretrain.models.folder import RECORD, ModelFolder
from cpretrain.models.normalization import Normalization
from cpretrain.models.weights import DIAMETERS
from cpretrain.runtime.spelling import command, option
from cpretrain.storage.json_file import read_json


@dataclass(frozen=True)
class ModelSettings:
    """Settings and facts for using a model.

    Parameters
    ----------
    channel, second_channel : int
        The channel to segment, and that of the nuclei (None if there is none), from 1.
    normalization : Normalization
        Scaling of grey values in training.
    tuned : mapping of str to float
        Flow threshold, cellprob threshold and diameter found by a search; empty without one.
    trained_channels : int or None
        Number of channels in the training images, of which the model used those above; None if unknown.
    """

    channel: int = 1
    second_channel: int | None = None
    normalization: Normalization = field(default_factory=Normalization)
    tuned: Mapping[str, float | None] = field(default_factory=dict)
    trained_channels: int | None = None


def read_record(model: Path) -> dict[str, Any]:
    """Read ``model.json`` of a model folder.

    Raises
    ------
    BadInput
        When it does not exist, or is not the record of a model.
    """
    try:
        record = read_json(ModelFolder(model).record)
        _Record.model_validate(record)
    except (OSError, ValueError) as error:  # pydantic's error is a ValueError
        raise BadInput(
            f"{model}: is not a model folder",
            found=short(error),
            expected=f"a folder with {RECORD}, made by {command('train')}",
        ) from error
    return dict(record)


def settings_of_model(model: Path, weights: str | None = None) -> ModelSettings:
    """Read how a model is to be used: its channels, its normalization, and its thresholds if they were tuned.

    Parameters
    ----------
    model : pathlib.Path
        The model folder.
    weights : str, optional
        SHA-256 of the weights in use; values tuned for other weights are ignored.

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
        tuned_values(model, "retrained", weights),
        record.get("channels"),
    )


def tuned_values(model: Path, contender: str, weights: str | None = None) -> dict[str, float | None]:
    """Read the thresholds and the diameter that a search found.

    Parameters
    ----------
    model : pathlib.Path
        The model folder.
    contender : {'retrained', 'base'}
        The model whose values to read; both are tuned, so that the comparison stays fair.
    weights : str, optional
        SHA-256 of the weights in use; values found for other weights are ignored.

    Returns
    -------
    dict of str to float or None
        Values by name of the setting; empty without a search.

    Raises
    ------
    BadInput
        When the record of the search is damaged.
    """
    path = ModelFolder(model).tuning
    if not path.is_file():
        return {}
    try:
        found = _Tuning.model_validate(read_json(path)).found[contender]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            f"{path}: cannot be read",
            found=short(error),
            expected=f"the record of a search by {command('evaluate', tune=True)}",
            cure=f"search again with {option('tune', True)}, or remove the file",
        ) from error
    return found.model_dump(exclude={"weights_sha256"}) if weights in (None, found.weights_sha256) else {}


Diameter = Annotated[float, Field(ge=DIAMETERS[0], le=DIAMETERS[1])]


class _Base(BaseModel):
    name: str


class _Used(BaseModel):
    channel: PositiveInt
    second_channel: PositiveInt | None = None


class _Record(BaseModel):
    """The entries of ``model.json`` that the code relies on; it holds more."""

    base: _Base
    settings: _Used
    normalization: Normalization
    inputs: dict[str, str] = {}
    versions: dict[str, str] = {}
    images: dict[str, Any] = {}
    cell_type: str | None = None
    channels: PositiveInt | None = None


class _Found(BaseModel):
    flow_threshold: FiniteFloat
    cellprob_threshold: FiniteFloat
    diameter: Diameter | None
    weights_sha256: str | None


class _Tuning(BaseModel):
    found: dict[str, _Found]
