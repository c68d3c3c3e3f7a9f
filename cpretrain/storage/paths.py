"""Path arguments of public functions: text and path-like objects become `pathlib.Path`."""

import os
from pathlib import Path
from typing import overload

PathLike = str | os.PathLike[str]
"""Type of path that public functions accept."""


@overload
def to_path(given: PathLike) -> Path: ...
@overload
def to_path(given: None) -> None: ...


def to_path(given: PathLike | None) -> Path | None:
    """Return a path-like argument as a `pathlib.Path`; None, for an omitted argument, stays None."""
    return None if given is None else Path(given)
