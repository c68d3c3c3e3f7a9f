"""Names of files: those that every system accepts, and those that are still free."""

import re
from pathlib import Path

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Names of devices on Windows, with any ending."""
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
LONGEST = 200
"""Bytes of a name, in UTF-8; file systems take 255, and endings are added."""


def is_file_name(name: str) -> bool:
    r"""Return whether files and folders may have a name on Linux, macOS and Windows.

    Parameters
    ----------
    name : str
        Name without folders.

    Examples
    --------
    >>> [is_file_name(name) for name in ("U2OS nuclei", "a:b", "CON", "..", "cells ")]
    [True, False, False, False, False]
    """
    return bool(
        name
        and name.strip() == name
        and not name.startswith(".")
        and not name.endswith(".")
        and not _FORBIDDEN.search(name)
        and not _RESERVED.fullmatch(name)
        and len(name.encode("utf-8", "replace")) <= LONGEST
    )


def free_name(path: Path) -> Path:
    """Return a name under which a file can be kept when another takes its place: ``NAME.old``, ``NAME.old2`` ….

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        A name beside it that nothing has.
    """
    number, free = 1, path.with_name(f"{path.name}.old")
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.old{number}")
    return free
