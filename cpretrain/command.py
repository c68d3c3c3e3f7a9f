"""What every command of the command line shares: options from settings, --json, --quiet, exit codes."""

import functools
import inspect
import json
import operator
import sys
from collections.abc import Callable, Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cpretrain.console_report import Report
from cpretrain.errors import BadInput
from cpretrain.settings import Settings, bad_settings

SOME_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def command(app: typer.Typer, settings: type[Settings] | None = None, **options: Any) -> Callable:
    """Register a function that returns a `Report` as a command.

    Where `settings` is given, the function's argument of that name is filled from one option a field, with the
    field's own default and description.
    """

    def register(function: Callable[..., Report]) -> Callable:
        given = inspect.signature(function).parameters
        own = [parameter for name, parameter in given.items() if name != "settings"]
        fields = settings.model_fields if settings else {}
        shared = [_option(name, info) for name, info in fields.items()]

        @functools.wraps(function)
        def run(**arguments: Any) -> None:
            as_json, quiet = arguments.pop("json"), arguments.pop("quiet")
            chosen = {name: arguments.pop(name) for name in fields}
            _run(as_json, quiet, lambda: function(**_checked(settings, chosen), **arguments))

        parameters = [*own, *shared, *_EVERYWHERE]
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        )
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return app.command(**options)(run)

    return register


def _run(as_json: bool, quiet: bool, work: Callable[[], Report]) -> None:
    from cpretrain.progress import console

    console.quiet = quiet
    try:
        report = work()
    except BadInput as error:
        _fail(error, as_json)
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        print("interrupted; what was complete stays", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    for path, reason in report.failed.items():
        if not as_json:
            print(f"failed: {path.name}: {reason}", file=sys.stderr)
    if as_json:
        failed = {str(path): str(reason) for path, reason in report.failed.items()}
        print(json.dumps(report.data | {"failed": failed}, ensure_ascii=False, default=str))
    else:
        print("\n".join(report.lines))
    if report.failed:
        raise typer.Exit(SOME_FAILED)


def _fail(error: BadInput, as_json: bool) -> None:
    if as_json:
        facts = {name: getattr(error, name) for name in ("problem", "found", "expected", "cure")}
        rows = getattr(error, "rows", None)
        print(json.dumps({"error": facts | ({"rows": rows} if rows else {})}, ensure_ascii=False))
    print(f"error: {error}", file=sys.stderr)


def _checked(settings: type[Settings] | None, chosen: dict[str, Any]) -> dict[str, Settings]:
    if settings is None:
        return {}
    try:
        given = {name: value for name, value in chosen.items() if value is not None}
        return {"settings": settings.model_validate(given)}
    except ValidationError as error:
        raise bad_settings(error, lambda place: "--" + place.replace("_", "-")) from None


def _option(name: str, info: FieldInfo) -> inspect.Parameter:
    flag = "--" + name.replace("_", "-")
    kind, default = _plain(info.annotation), info.default
    if Ellipsis in get_args(kind) or any(Ellipsis in get_args(part) for part in get_args(kind)):
        kind, default = str | None, None  # a list of any length is written with commas
    return _parameter(name, kind, default, typer.Option(flag, help=info.description))


def _plain(kind: Any) -> Any:
    """Strip pydantic's limits off a type, which typer does not know inside tuples; they are checked later."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _plain(parts[0])
    if origin is tuple:
        return tuple[tuple(_plain(part) for part in parts)]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return functools.reduce(operator.or_, map(_plain, parts))
    return kind


def _parameter(name: str, kind: Any, default: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


_EVERYWHERE: Iterable[inspect.Parameter] = (
    _parameter("json", bool, False, typer.Option("--json", help="print one JSON object on stdout")),
    _parameter("quiet", bool, False, typer.Option("--quiet", help="no progress on stderr")),
)
