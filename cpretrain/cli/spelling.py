"""How the front ends spell settings and commands in messages."""

_OPTIONS = {"grid": "sweep"}
"""Options that are called something else than the argument in Python."""


def flag(name: str) -> str:
    """Return the option of a setting: ``--only-xy`` for ``only_xy``."""
    return "--" + _OPTIONS.get(name, name).replace("_", "-")


class CommandLineSpelling:
    """``--axes TYX`` and ``cpretrain crops``."""

    between = " "

    def option(self, name: str, *values: object) -> str:
        """Write a setting as an option; a switch that is off begins with ``--no-``."""
        if values == (False,):
            return flag(f"no_{name}")
        return " ".join([flag(name), *(str(value) for value in values if value is not True)])

    def command(self, name: str, **settings: object) -> str:
        """Write a command as it is typed."""
        return " ".join(["cpretrain", name, *(self.option(*setting) for setting in settings.items())])


class MenuSpelling(CommandLineSpelling):
    """``axes TYX``, for dialogs, where people see neither options nor code."""

    between = ", "

    def option(self, name: str, *values: object) -> str:
        """Write a setting in words."""
        return super().option(name, *values).removeprefix("--").replace("-", " ")
