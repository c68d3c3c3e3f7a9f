"""Names from the previous release, which still work, with a warning."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def with_old_names(
    package: str, found: Callable[[str], Any], renamed: Mapping[str, str]
) -> Callable[[str], Any]:
    """Extend the ``__getattr__`` of a package by its old names.

    Parameters
    ----------
    package : str
        Name of the package.
    found : callable
        Its ``__getattr__`` so far.
    renamed : mapping of str to str
        New location of each old name, for example ``{"Scores": "cpretrain.metrics.Scores"}``.

    Returns
    -------
    callable
        The new ``__getattr__``. An old name gives a `DeprecationWarning`; it will be removed in the next release.
    """

    def look_up(name: str) -> Any:
        if name not in renamed:
            return found(name)
        home, _, new = renamed[name].rpartition(".")
        warnings.warn(
            f"{package}.{name} is now {home}.{new}; the old name will be removed in the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(import_module(home), new)

    return look_up
