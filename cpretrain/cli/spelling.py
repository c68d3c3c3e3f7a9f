"""Spelling of settings and commands in the messages of each front end."""

_OPTIONS = {"grid": "sweep"}
"""Options whose names differ from the argument in Python."""


def flag(name: str) -> str:
    """Return the option of a setting: ``--only-xy`` for ``only_xy``."""
    return "--" + _OPTIONS.get(name, name).replace("_", "-")


class CommandLineSpelling:
    """Spelling on the command line: ``--axes TYX`` and ``cpretrain crops``."""

    between = " "

    def option(self, name: str, *values: object) -> str:
        """Format a setting as an option; a switch that is off starts with ``--no-``."""
        if values == (False,):
            return flag(f"no_{name}")
        return " ".join([flag(name), *(str(value) for value in values if value is not True)])

    def command(self, name: str, **settings: object) -> str:
        """Format a command as it is typed."""
        return " ".join(["cpretrain", name, *(self.option(*setting) for setting in settings.items())])


class MenuSpelling(CommandLineSpelling):
    """Spelling in dialogs, which show neither options nor code: ``axes TYX``."""

    between = ", "

    def option(self, name: str, *values: object) -> str:
        """Format a setting in words."""
        return super().option(name, *values).removeprefix("--").replace("-", " ")
