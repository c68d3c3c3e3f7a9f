"""The Python side of the Groovy scripts for Fiji: runs one step inside an Appose task.

Appose (https://github.com/apposed/appose) starts a Python worker from Java and sends it tasks, which report progress
and can be cancelled. The script of such a task has two lines::

    from cpretrain.cli.appose import run_step
    run_step(task, step, arguments, settings)
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cpretrain.errors import BadInput


class Task(Protocol):
    """The parts of an Appose task that are used here."""

    cancel_requested: bool

    def update(self, message: str | None = ..., current: int | None = ..., maximum: int | None = ...) -> None:
        """Report progress to Java."""

    def cancel(self) -> None:
        """Report to Java that the task was cancelled."""


def run_step(
    task: Task, step: str, arguments: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Run a step of the pipeline; progress and messages become updates of the task.

    Parameters
    ----------
    task : appose Task
        The task; it must run in the worker's main thread (queue ``"main"``), so that a cancel request ends the step at
        once.
    step : str
        Name of a command, for example ``"drift"``.
    arguments : mapping of str to object
        Its arguments by name, for example ``{"raw": "/data/raw"}``; a string is a file or folder.
    settings : mapping of str to object
        Its settings by name, for example ``{"channel": 2}``; omitted ones keep their defaults.

    Returns
    -------
    dict
        The command's output with ``--json``, with ``{"error": …}`` instead of an exception for bad input; empty if the
        task was cancelled.
    """
    from cpretrain.cli.command import error_answer
    from cpretrain.cli.spelling import MenuSpelling
    from cpretrain.runtime.cancel import interrupted_when
    from cpretrain.runtime.console import set_output
    from cpretrain.runtime.spelling import spelled

    set_output(events=lambda event: _tell(task, event))
    try:
        with interrupted_when(lambda: task.cancel_requested), spelled(MenuSpelling()):
            done = _run(step, arguments, settings)
    except BadInput as error:
        return error_answer(error)
    except KeyboardInterrupt:
        task.cancel()
        return {}
    finally:
        set_output()
    return dict(json.loads(json.dumps(done, default=str)))


def _run(step: str, arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    from pydantic import ValidationError

    import cpretrain.cli.model_commands
    import cpretrain.cli.step_commands  # noqa: F401
    from cpretrain import settings as all_settings
    from cpretrain.cli.command import COMMANDS, answer
    from cpretrain.runtime.spelling import option

    function, kind = COMMANDS[step]
    given = {name: Path(value) if isinstance(value, str) else value for name, value in arguments.items()}
    if kind:
        try:
            given["settings"] = getattr(all_settings, kind).model_validate(settings)
        except ValidationError as error:
            raise all_settings.bad_settings(error, option) from None
    return answer(function(**given).summary())


def _tell(task: Task, event: dict[str, Any]) -> None:
    """Report an event; an interrupt waits, as Appose would report it as the failure of a task that then runs on."""
    from cpretrain.runtime.cancel import interrupts_deferred

    with interrupts_deferred():
        _update(task, event)


def _update(task: Task, event: dict[str, Any]) -> None:
    if event["event"] == "progress":
        task.update(f"{event['step']} {event['note']}".rstrip(), event["done"], event["total"])
    elif event["event"] != "file":
        task.update(("warning: " if event["event"] == "warning" else "") + event["message"])
