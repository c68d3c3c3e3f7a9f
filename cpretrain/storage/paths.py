"""Paths at the door of a public function: text and path-like objects become `pathlib.Path`."""

import os
from pathlib import Path
from typing import overload

PathLike = str | os.PathLike[str]
"""What public functions take as a path."""


@overload
def to_path(given: PathLike) -> Path: ...
@overload
def to_path(given: None) -> None: ...


def to_path(given: PathLike | None) -> Path | None:
    """Return a path-like argument as `pathlib.Path`; None, for an argument left out, stays None."""
    return None if given is None else Path(given)
