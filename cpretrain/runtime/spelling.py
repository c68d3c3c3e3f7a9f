"""How messages name a setting or a command: the way the person who reads them types it.

Code below the command line writes ``option("axes", "TYX")``, and the front end decides how that is spelled:
``axes="TYX"`` in Python, which is the default, and ``--axes TYX`` on the command line. The spelling is that of the
process, so that errors, warnings, records, tables and pages of a run agree; workers get that of their batch.
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
    "run": "run_experiment",
    "round start": "start_round",
    "round finish": "finish_round",
    "round status": "round_status",
}
"""Functions of the package by command, where their names differ."""


class Spelling(Protocol):
    """What a front end calls settings and commands. It has to be picklable, so that it reaches workers."""

    between: str
    """What stands between two settings."""

    def option(self, name: str, *values: object) -> str:
        """Name a setting, given as in Python, with a value, several, or none; True and False are a switch's."""

    def command(self, name: str, **settings: object) -> str:
        """Name a command, given as on the command line, with some of its settings."""


class PythonSpelling:
    """``axes="TYX"`` and ``cpretrain.cut_crops``."""

    between = ", "

    def option(self, name: str, *values: object) -> str:
        """Write a setting as an argument of a function."""
        if len(values) > 1:
            return f"{name}=({', '.join(map(str, values))})"
        return f"{name}={''.join(map(_literal, values))}"

    def command(self, name: str, **settings: object) -> str:
        """Write a command as a function of the package."""
        given = self.between.join(self.option(*setting) for setting in settings.items())
        return f"cpretrain.{_FUNCTIONS.get(name, name)}" + (f"({given})" if given else "")


def option(name: str, *values: object) -> str:
    """Name a setting in a message.

    Parameters
    ----------
    name : str
        Its name in Python.
    *values : object
        Its value, or its values where it takes several: numbers, or words that stand for them.

    Examples
    --------
    >>> option("axes", "TYX"), option("only_xy", True), option("z_range", "LOW", "HIGH"), option("roi")
    ('axes="TYX"', 'only_xy=True', 'z_range=(LOW, HIGH)', 'roi=')
    """
    return _spelling.option(name, *values)


def options(**settings: object) -> str:
    """Name several settings that are to be given together, each with its value.

    Examples
    --------
    >>> options(engine="native", refine=True)
    'engine="native", refine=True'
    """
    return _spelling.between.join(option(*setting) for setting in settings.items())


def command(name: str, **settings: object) -> str:
    """Name a command in a message.

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
    """Spell settings and commands that way within the block, in all threads of this process."""
    global _spelling
    before, _spelling = _spelling, spelling
    try:
        yield
    finally:
        _spelling = before


def current_spelling() -> Spelling:
    """Return the spelling in use, to hand it to another process."""
    return _spelling


def _literal(value: object) -> str:
    """Write a value as Python code: numbers and truth values as they are, all else as a text."""
    if isinstance(value, int | float | None):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_spelling: Spelling = PythonSpelling()
