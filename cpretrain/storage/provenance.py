"""The JSON record beside every result that states its origin: versions, settings, seeds, hashes, time."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cpretrain import __version__
from cpretrain.storage.atomic import write_text
from cpretrain.storage.hashing import hashes
from cpretrain.storage.json_file import read_json
from cpretrain.storage.outputs import describe_outputs

PACKAGES = ("cellpose", "torch", "numpy", "scipy", "numba", "tifffile", "pyimagej", "scyjava")
SEAL = "record_sha256"
"""Entry of a record that holds the SHA-256 of all others."""


def warnings_in(record: str | os.PathLike) -> list[str]:
    """List the warnings in a record, to repeat them when a result already exists; none for a damaged record.

    Some steps record more than the text of a warning; the text is then under ``message``.
    """
    try:
        found = read_json(Path(record))["warnings"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    notes = found if isinstance(found, list) else []
    texts = [note.get("message") if isinstance(note, dict) else note for note in notes]
    return [text for text in texts if isinstance(text, str)]


def versions() -> dict[str, str]:
    """Return the versions of Python, cpretrain and the installed packages that affect its numbers."""
    found = {"python": platform.python_version(), "cpretrain": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class Provenance:
    """Record of what a step did, to be written as JSON; its clock starts when the object is created.

    Parameters
    ----------
    step : str
        The step's name, as on the command line.
    settings : pydantic.BaseModel
        Settings that the step ran with.
    inputs : iterable of path-like
        Files and folders whose SHA-256 is recorded.
    """

    def __init__(self, step: str, settings: BaseModel, inputs: Iterable[str | os.PathLike] = ()) -> None:
        self._started = time.perf_counter()
        self.record: dict[str, Any] = {
            "step": step,
            "written": "",
            "elapsed_seconds": 0.0,
            "settings": settings.model_dump(mode="json"),
            "inputs": hashes(inputs),
            "versions": versions(),
            "machine": {"system": platform.platform(), "processors": os.cpu_count()},
        }

    def write(
        self, path: str | os.PathLike, *, outputs: Iterable[str | os.PathLike] = (), **facts: Any
    ) -> dict[str, Any]:
        """Write the record with `facts` added, and return it; call it after all other files of the result are written.

        Parameters
        ----------
        path : path-like
            The record.
        outputs : iterable of path-like
            All other files, and folders of files, that the step wrote: listed with size and SHA-256, so that a rerun
            notices if one is gone or changed.
            **facts
            Further entries of the record.
        """
        record = self.record | facts
        record["outputs"] = describe_outputs(outputs, Path(path).parent)
        record["written"] = datetime.now(UTC).isoformat(timespec="seconds")
        record["elapsed_seconds"] = round(time.perf_counter() - self._started, 3)
        write_json(path, seal(record))
        return record


def seal(record: Mapping[str, Any]) -> dict[str, Any]:
    """Add the SHA-256 of a record's contents, which reveals later edits."""
    unsealed = {name: value for name, value in record.items() if name != SEAL}
    return unsealed | {SEAL: _digest(unsealed)}


def is_sealed(record: Mapping[str, Any]) -> bool:
    """Return whether a record is as it was written; one of cpretrain 0.1, which has no seal, always counts as such."""
    return SEAL not in record or record[SEAL] == seal(record)[SEAL]


def _digest(record: Mapping[str, Any]) -> str:
    as_read = json.loads(json.dumps(record, default=str))
    return hashlib.sha256(json.dumps(as_read, sort_keys=True).encode()).hexdigest()


def write_json(path: str | os.PathLike, record: Mapping[str, Any]) -> None:
    """Write `record` atomically as indented JSON."""
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")
