"""Checks for enough free disk space and memory before something large is made."""

import shutil
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option


def check_disk(folder: Path, needed: int, problem: str, cure: str | None = None) -> None:
    """Check that the disk of `folder` has `needed` bytes free.

    Parameters
    ----------
    folder : pathlib.Path
        Any existing folder on the disk.
    needed : int
        Bytes.
    problem, cure : str
        Texts of the error.

    Raises
    ------
    BadInput
        When it has fewer.
    """
    cure = cure or f"free some space, or choose another disk with {option('out')}"
    _check(shutil.disk_usage(folder).free, needed, problem, cure)


def check_memory(needed: int, problem: str, cure: str) -> None:
    """Check that the machine has `needed` bytes of memory free.

    Parameters
    ----------
    needed : int
        Bytes.
    problem, cure : str
        Texts of the error.

    Raises
    ------
    BadInput
        When it has fewer.
    """
    import psutil

    _check(psutil.virtual_memory().available, needed, problem, cure)


def _check(there: int, needed: int, problem: str, cure: str) -> None:
    if there < needed:
        raise BadInput(problem, found=_in_words(there), expected=_in_words(needed), cure=cure)


def _in_words(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
