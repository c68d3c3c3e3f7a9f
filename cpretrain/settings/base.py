"""The settings of every step, one frozen model each: shared by Python, command line and experiment.toml."""

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cpretrain.errors import BadInput

PositiveInt = Annotated[int, Field(ge=1)]
NotNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]

Conversion = Literal["offset", "float", "luminance", "red", "green", "blue"]
"""Rules for converting pixel types that cannot be measured to grey values."""
CONVERT = (
    "turn pixels that cannot be measured into grey values; offset: signed integers plus half their range; float: other "
    "types as 32-bit floats; luminance, red, green, blue: of RGB"
)
"""Help text of the setting for these rules."""

Format = Literal["tiff", "ome-zarr"]
"""File formats for movies and label images."""

Device = Literal["auto", "cpu", "cuda", "mps"]


def _listed(value: object) -> object:
    """Split ``a, b``, the form used on the command line, into a list."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class Settings(BaseModel):
    """A frozen set of options; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def replace(self, **changes: object) -> Self:
        """Return a validated copy with `changes`; fields left unset stay unset (see `model_fields_set`)."""
        return type(self).model_validate(self.model_dump(exclude_unset=True) | changes)


def bad_settings(error: ValidationError, name: Callable[[str], str]) -> BadInput:
    """Turn pydantic's error into a BadInput.

    Parameters
    ----------
    error : pydantic.ValidationError
        The error.
    name : callable
        Formats the name of a setting as the user knows it.
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][:1]) or "settings"
    return BadInput(f"{name(place)}: {first['msg'].lower()}", found=_short(first["input"]))


def _short(value: object) -> str:
    try:
        return repr(value)[:200]
    except RecursionError:
        return "a value nested too deeply"
