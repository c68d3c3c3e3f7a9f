"""Whether there is room for what is about to be made: on the disk, in memory."""

import shutil
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option


def check_disk(folder: Path, needed: int, problem: str, cure: str | None = None) -> None:
    """Refuse where the disk of `folder` has not `needed` bytes left.

    Raises
    ------
    BadInput
        With what is there and what is needed.
    """
    cure = cure or f"make room, or choose another disk with {option('out')}"
    _check(shutil.disk_usage(folder).free, needed, problem, cure)


def check_memory(needed: int, problem: str, cure: str) -> None:
    """Refuse where the machine has not `needed` bytes of memory left.

    Raises
    ------
    BadInput
        With what is there and what is needed.
    """
    import psutil

    _check(psutil.virtual_memory().available, needed, problem, cure)


def _check(there: int, needed: int, problem: str, cure: str) -> None:
    if there < needed:
        raise BadInput(problem, found=_in_words(there), expected=_in_words(needed), cure=cure)


def _in_words(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
