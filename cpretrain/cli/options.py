"""Settings as command-line options: one per field, with its default and description."""

import functools
import inspect
import operator
import re
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cpretrain import settings as all_settings
from cpretrain.cli.signature import as_options
from cpretrain.cli.spelling import flag
from cpretrain.settings.base import Settings, bad_settings

_FIELD = re.compile("`([a-z_]+)`")
"""Pattern of the name of another setting in a description."""


def options_of(name: str) -> list:
    """Make the options for the named settings class, as parameters of a command."""

    def options(**given: Any) -> None:
        """Stand in for a command that has only these options."""

    as_options(options, [_option(field, info) for field, info in _class(name).model_fields.items()])
    program = typer.Typer(add_completion=False)
    program.command()(options)
    return list(typer.main.get_command(program).params)


def take_settings(name: str, arguments: dict[str, Any]) -> Settings:
    """Remove the options of the named settings class from `arguments`, and validate them.

    Fields that are not in `arguments` stay unset, and are missing from ``model_fields_set``.

    Raises
    ------
    BadInput
        When a value is out of range; the error names the option.
    """
    fields = [field for field in _class(name).model_fields if field in arguments]
    given = {field: arguments.pop(field) for field in fields}
    try:
        return _class(name).model_validate(given)
    except ValidationError as error:
        raise bad_settings(error, flag) from None


def _class(name: str) -> type[Settings]:
    found: type[Settings] = getattr(all_settings, name)
    return found


def _option(field: str, info: FieldInfo) -> inspect.Parameter:
    kind, default = _plain(info.annotation), info.default
    if Ellipsis in get_args(kind) or any(Ellipsis in get_args(part) for part in get_args(kind)):
        kind, default = str | None, None  # a list of any length is written with commas
    if any(get_origin(part) is Literal for part in get_args(kind)) and int in get_args(kind):
        kind = str  # a number or a word
    spelling = f"{flag(field)}/{flag(f'no_{field}')}" if default is True else flag(field)
    option = typer.Option(spelling, help=_FIELD.sub(lambda found: flag(found[1]), info.description or ""))
    return inspect.Parameter(
        field, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _plain(kind: Any) -> Any:
    """Strip pydantic's limits from a type, which typer does not support inside tuples; they are checked later."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _plain(parts[0])
    if origin is tuple:
        return tuple[tuple(_plain(part) for part in parts)]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return functools.reduce(operator.or_, map(_plain, parts))
    return kind
