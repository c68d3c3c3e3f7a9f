"""The signature from which typer makes the arguments and options of a command."""

import inspect
from collections.abc import Callable, Sequence


def as_options(function: Callable, parameters: Sequence[inspect.Parameter]) -> None:
    """Set the signature of `function`, from which typer makes its arguments and options."""
    signature = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    function.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
