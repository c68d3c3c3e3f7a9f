"""Common parts of all commands: options from settings, --json, --quiet, --events, exit codes."""

import functools
import inspect
import json
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from cpretrain.cli.signature import as_options
from cpretrain.cli.spelling import CommandLineSpelling
from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import spelled
from cpretrain.runtime.summary import StepResult, Summary
from cpretrain.runtime.terminal import printable

COMMANDS: dict[str, tuple[Callable[..., StepResult], str | None]] = {}
"""Commands by function name: the function itself, and the name of its settings class."""

SOME_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def command(app: typer.Typer, settings: str | None = None, batch: bool = False) -> Callable:
    """Register a function that returns a `StepResult` as a command.

    Parameters
    ----------
    app : typer.Typer
        The program.
    settings : str, optional
        Name of a class in `cpretrain.settings`. The function's argument ``settings`` is filled from one option per
        field; fields whose option was left out stay unset.
    batch : bool
        True if the function takes an argument ``batch``, filled likewise from `cpretrain.settings.BatchSettings`.
    """

    def register(function: Callable[..., StepResult]) -> Callable:
        COMMANDS[function.__name__] = (function, settings)
        given = inspect.signature(function).parameters
        own = [parameter for name, parameter in given.items() if name not in ("settings", "batch")]
        classes = {"settings": settings} if settings else {}
        classes |= {"batch": "BatchSettings"} if batch else {}

        @functools.wraps(function)
        def run(context: typer.Context, **arguments: Any) -> None:
            as_json = arguments.pop("json")
            from cpretrain.runtime.console import set_output

            events = arguments.pop("events")
            set_output(quiet=arguments.pop("quiet"), events=events)
            if events:
                from cpretrain.runtime.cancel import interrupt_on_request

                interrupt_on_request()
            with spelled(CommandLineSpelling()):
                _run(as_json, lambda: function(**_taken(classes, context.obj), **arguments))

        as_options(run, [_CONTEXT, *own, *_EVERYWHERE])
        kind = type("Command", (_LateOptions,), {"classes": tuple(classes.values()), "place": len(own)})
        return app.command(cls=kind)(run)

    return register


class _LateOptions(TyperCommand):
    """A command that builds the options of its settings only when it is used, so that others need no pydantic.

    Options that were given become the context's ``obj``; omitted ones are not in it, so that settings know which of
    their fields were given.
    """

    classes: tuple[str, ...] = ()
    place: int = 0

    @functools.cached_property
    def _options(self) -> list:
        from cpretrain.cli.options import options_of

        made = [option for name in self.classes for option in options_of(name)]
        self.params[self.place : self.place] = made
        return made

    def get_params(self, ctx: Any) -> list:
        """List all parameters, including those of the settings."""
        assert self._options is not None
        return super().get_params(ctx)

    def invoke(self, ctx: Any) -> Any:
        """Run the command with the options that were given."""
        read = {option.name: ctx.params.pop(option.name) for option in self._options}
        ctx.obj = {
            name: value for name, value in read.items() if ctx.get_parameter_source(name).name != "DEFAULT"
        }
        return super().invoke(ctx)


def _taken(classes: dict[str, str], arguments: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of settings classes from `arguments`, and return validated settings by argument name."""
    if not classes:
        return {}
    from cpretrain.cli.options import take_settings

    return {argument: take_settings(name, arguments) for argument, name in classes.items()}


def _run(as_json: bool, work: Callable[[], StepResult]) -> None:
    try:
        report = work().summary()
    except BadInput as error:
        _fail(error, as_json)
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # one message, however often Ctrl-C is pressed
        print("interrupted; completed results are kept", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    for path, reason in report.failed.items():
        if not as_json:
            print(printable(f"failed: {path.name}: {reason}"), file=sys.stderr)
    if as_json:
        print(printable(json.dumps(answer(report), ensure_ascii=False, default=str)))
    else:
        print(printable("\n".join(report.lines)))
    if report.failed:
        raise typer.Exit(SOME_FAILED)


def answer(report: Summary) -> dict[str, Any]:
    """Return a command's output for a program."""
    return report.data | {"failed": {str(path): str(reason) for path, reason in report.failed.items()}}


def error_answer(error: BadInput) -> dict[str, Any]:
    """Return a failed command's output for a program; ``rows`` lists the files of a bad folder."""
    facts = {name: getattr(error, name) for name in ("problem", "found", "expected", "cure")}
    rows = getattr(error, "rows", None)
    return {"error": facts | ({"rows": rows} if rows else {})}


def _fail(error: BadInput, as_json: bool) -> None:
    if as_json:
        print(printable(json.dumps(error_answer(error), ensure_ascii=False)))
    print(printable(f"error: {error}"), file=sys.stderr)


def _switch(name: str, help: str) -> inspect.Parameter:
    kind = Annotated[bool, typer.Option(f"--{name}", help=help)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)


_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
_EVERYWHERE = (
    _switch("json", "print one JSON object to stdout"),
    _switch("quiet", "no progress on stderr"),
    _switch(
        "events",
        "for programs: progress and messages on stderr as JSON, one object per line; the line cancel on stdin "
        "interrupts the command",
    ),
)
