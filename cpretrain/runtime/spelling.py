"""Spelling of settings and commands in messages: as the reader would type them.

Code below the command line calls ``option("axes", "TYX")``, and the front end decides on the spelling: ``axes="TYX"``
in Python, which is the default, and ``--axes TYX`` on the command line. The spelling belongs to the process, so that
errors, warnings, records, tables and pages of a run agree; workers use that of their batch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_FUNCTIONS = {
    "drift": "correct_drift",
    "crops": "cut_crops",
    "masks": "import_masks",
    "train": "retrain",
    "export": "export_model",
    "models": "models.list_models",
    "plot": "plot_tracks",
    "qupath-project": "make_qupath_project",
    "run": "run_experiment",
    "round start": "start_round",
    "round finish": "finish_round",
    "round status": "round_status",
}
"""Functions of the package whose names differ from the command, by command."""


class Spelling(Protocol):
    """Spelling of settings and commands in a front end; it must be picklable to reach workers."""

    between: str
    """Separator of two settings."""

    def option(self, name: str, *values: object) -> str:
        """Format a setting, named as in Python, with one value, several, or none; True and False belong to a switch."""

    def command(self, name: str, **settings: object) -> str:
        """Format a command, named as on the command line, with some of its settings."""


class PythonSpelling:
    """Spelling in Python: ``axes="TYX"`` and ``cpretrain.cut_crops``."""

    between = ", "

    def option(self, name: str, *values: object) -> str:
        """Format a setting as an argument of a function."""
        if len(values) > 1:
            return f"{name}=({', '.join(map(str, values))})"
        return f"{name}={''.join(map(_literal, values))}"

    def command(self, name: str, **settings: object) -> str:
        """Format a command as a function of the package."""
        given = self.between.join(self.option(*setting) for setting in settings.items())
        return f"cpretrain.{_FUNCTIONS.get(name, name)}" + (f"({given})" if given else "")


def option(name: str, *values: object) -> str:
    """Format a setting for a message.

    Parameters
    ----------
    name : str
        Its name in Python.
    *values : object
        Its value, or its values if it takes several: numbers, or words that stand for them.

    Examples
    --------
    >>> option("axes", "TYX"), option("only_xy", True), option("z_range", "LOW", "HIGH"), option("roi")
    ('axes="TYX"', 'only_xy=True', 'z_range=(LOW, HIGH)', 'roi=')
    """
    return _spelling.option(name, *values)


def options(**settings: object) -> str:
    """Format several settings that belong together, each with its value.

    Examples
    --------
    >>> options(engine="native", refine=True)
    'engine="native", refine=True'
    """
    return _spelling.between.join(option(*setting) for setting in settings.items())


def command(name: str, **settings: object) -> str:
    """Format a command for a message.

    Parameters
    ----------
    name : str
        Its name on the command line, for example ``round start``.
    **settings : object
        Settings to name with it, by their names in Python.

    Examples
    --------
    >>> command("crops"), command("masks", components=True)
    ('cpretrain.cut_crops', 'cpretrain.import_masks(components=True)')
    """
    return _spelling.command(name, **settings)


@contextmanager
def spelled(spelling: Spelling) -> Iterator[None]:
    """Use a spelling within the block, in all threads of this process."""
    global _spelling
    before, _spelling = _spelling, spelling
    try:
        yield
    finally:
        _spelling = before


def current_spelling() -> Spelling:
    """Return the spelling in use, to pass it to another process."""
    return _spelling


def _literal(value: object) -> str:
    """Format a value as Python code: numbers and booleans unchanged, anything else as a string."""
    if isinstance(value, int | float | None):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_spelling: Spelling = PythonSpelling()
