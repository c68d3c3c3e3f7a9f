"""Decides from the record, which a step writes last, whether its work is already done."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from cpretrain.runtime.console import warning
from cpretrain.storage.hashing import hashes
from cpretrain.storage.json_file import read_json
from cpretrain.storage.outputs import damaged_outputs, describe_outputs, name_from
from cpretrain.storage.provenance import is_sealed, seal, write_json

NAMED = 3
"""Number of damaged files that a warning names."""


@dataclass(frozen=True)
class Earlier:
    """An earlier result with the same settings and inputs.

    Parameters
    ----------
    path : pathlib.Path
        Path of its record.
    record : dict
        Contents of the record.
    damaged : dict of str to str
        Problem of each file that is not as it was written, by its name relative to the record's folder.
    """

    path: Path
    record: dict[str, Any]
    damaged: dict[str, str]

    @property
    def is_complete(self) -> bool:
        """True if everything is there and as it was written."""
        return not self.damaged

    def damaged_of(self, paths: Iterable[Path]) -> Self:
        """Return a copy with only the damage to these files, and to files in these folders."""
        names = [name_from(path, self.path.parent) for path in paths]
        damaged = {
            file: what
            for file, what in self.damaged.items()
            if any(file == name or file.startswith(f"{name}/") for name in names)
        }
        return replace(self, damaged=damaged)

    def warn_of_damage(self) -> None:
        """Warn about the files that are not as they were written, which the step makes again."""
        if self.damaged:
            named = [f"{name} {what}" for name, what in list(self.damaged.items())[:NAMED]]
            more = f" and {len(self.damaged) - NAMED} more" if len(self.damaged) > NAMED else ""
            warning(f"{self.path.parent}: {', '.join(named)}{more} since it was written; making it again")


def earlier_result(
    record: str | os.PathLike,
    settings: BaseModel,
    inputs: Iterable[str | os.PathLike],
    expected: Iterable[Path] = (),
    newer: Iterable[Path] = (),
) -> Earlier | None:
    """Find the earlier result of a step, whole or damaged.

    Parameters
    ----------
    record : path-like
        The record that the step writes last.
    settings : pydantic.BaseModel
        Current settings. One that the record lacks because it is newer counts as its default.
    inputs : iterable of path-like
        Files and folders that the step is about to read.
    expected : iterable of pathlib.Path
        Files that must exist and not be empty if the record lists no outputs, as in cpretrain 0.1.
    newer : iterable of pathlib.Path
        Further inputs, which records of cpretrain 0.1 do not list.

    Returns
    -------
    Earlier or None
        None if there is no readable record, or it has other settings or inputs.
    """
    path = Path(record)
    try:
        found = read_json(path)
        same = type(settings).model_validate(found["settings"]).model_dump() == settings.model_dump()
        read = [*inputs, *(newer if "outputs" in found else ())]
        if not same or found["inputs"] != hashes(read):
            return None
        damaged = _damaged(path, found, expected)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return None
    return Earlier(path, found, damaged)


def done_record(
    record: str | os.PathLike,
    settings: BaseModel,
    inputs: Iterable[str | os.PathLike],
    expected: Iterable[Path] = (),
    newer: Iterable[Path] = (),
) -> dict[str, Any] | None:
    """Return the record of a step that is already done, and warn about missing or changed files of an earlier result.

    Parameters
    ----------
    record, settings, inputs, expected, newer
        See `earlier_result`.

    Returns
    -------
    dict or None
        None if the step has to be done.
    """
    earlier = earlier_result(record, settings, inputs, expected, newer)
    if earlier:
        earlier.warn_of_damage()
    return earlier.record if earlier and earlier.is_complete else None


def update_outputs(record: Path, paths: Iterable[Path]) -> None:
    """Add files to a record that were written, or rewritten, after it; a record of cpretrain 0.1 is left alone.

    Parameters
    ----------
    record : pathlib.Path
        The record.
    paths : iterable of pathlib.Path
        The files.
    """
    found = read_json(record)
    if "outputs" not in found:
        return
    described = describe_outputs(paths, record.parent)
    known = {name: facts["sha256"] for name, facts in found["outputs"].items()}
    if any(known.get(name) != facts["sha256"] for name, facts in described.items()):
        found["outputs"] |= described
        write_json(record, seal(found))


def _damaged(path: Path, record: dict[str, Any], expected: Iterable[Path]) -> dict[str, str]:
    if "outputs" in record:
        found = damaged_outputs(record["outputs"], path.parent)
    else:
        found = {file.name: "is gone or empty" for file in expected if not _has_content(file)}
    return found if is_sealed(record) else found | {path.name: "was changed"}


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
