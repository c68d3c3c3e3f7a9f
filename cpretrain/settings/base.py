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
"""Rules by which pixels that cannot be measured become grey values."""
CONVERT = (
    "make pixels that cannot be measured grey values; offset: signed integers plus half their range; float: other "
    "types as 32-bit floats; luminance, red, green, blue: of RGB"
)
"""Description of the setting that chooses one of them."""

Format = Literal["tiff", "ome-zarr"]
"""What movies and label images are written as."""

Device = Literal["auto", "cpu", "cuda", "mps"]


def _listed(value: object) -> object:
    """Read ``a, b`` as a list, as the command line writes it."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class Settings(BaseModel):
    """A frozen set of options that knows no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def replace(self, **changes: object) -> Self:
        """Return a checked copy with `changes`; what was left out stays left out, as `model_fields_set` says."""
        return type(self).model_validate(self.model_dump(exclude_unset=True) | changes)


def bad_settings(error: ValidationError, name: Callable[[str], str]) -> BadInput:
    """Turn pydantic's complaint into a BadInput; `name` writes a setting as the person knows it."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][:1]) or "settings"
    return BadInput(f"{name(place)}: {first['msg'].lower()}", found=_short(first["input"]))


def _short(value: object) -> str:
    try:
        return repr(value)[:200]
    except RecursionError:
        return "a value of too many levels"
