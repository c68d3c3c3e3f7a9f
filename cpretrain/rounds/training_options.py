"""Training options of a round: those of the previous round, except for newly given ones."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from cpretrain.errors import BadInput, short
from cpretrain.rounds.folder import Round
from cpretrain.runtime.console import info
from cpretrain.settings.base import bad_settings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.json_file import read_json
from cpretrain.storage.provenance import write_json

NOT_KEPT = frozenset(("name", "base", "channel", "second_channel", "seed", "device"))
"""Settings that depend on the round or on the machine."""


def with_earlier(rounds: Sequence[Round], given: TrainSettings) -> TrainSettings:
    """Fill in omitted options from the training of the newest rounds.

    Parameters
    ----------
    rounds : sequence of Round
        All rounds, the newest last, whose own options count if its training is repeated.
    given : TrainSettings
        Options given now.

    Raises
    ------
    BadInput
        When the options of a round cannot be read.
    """
    source = next((one for one in reversed(rounds) if one.training_options.is_file()), None)
    if source is None:
        return given
    kept = {name: value for name, value in _read(source).items() if name not in given.model_fields_set}
    try:
        filled = TrainSettings.model_validate(kept | given.model_dump(exclude_unset=True))
    except ValidationError as error:
        raise bad_settings(error, lambda place: f"{source.training_options}: {place}") from None
    if kept:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(kept.items()))
        info(
            f"round: trained as {source.folder.name} was: {told} (say otherwise, or remove {source.training_options})"
        )
    return filled


def keep_options(one: Round, settings: TrainSettings) -> None:
    """Save the options that a round is trained with, except omitted ones."""
    options = settings.model_dump(mode="json", exclude_unset=True, exclude=set(NOT_KEPT))
    write_json(one.training_options, options)


def _read(one: Round) -> dict[str, Any]:
    path = one.training_options
    try:
        found = read_json(path)
        if not isinstance(found, dict):
            raise ValueError("no names and values")
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{path}: cannot be read",
            found=short(error),
            expected="options of the training of a round",
            cure="remove it, and give the options again",
        ) from error
    return {name: value for name, value in found.items() if name not in NOT_KEPT}
