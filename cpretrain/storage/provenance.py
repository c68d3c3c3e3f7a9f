"""The JSON beside every result that says where it came from: versions, settings, seeds, hashes, time."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cpretrain import __version__
from cpretrain.runtime.console import progress
from cpretrain.storage.atomic import write_text
from cpretrain.storage.json_file import read_json

PACKAGES = ("cellpose", "torch", "numpy", "scipy", "numba", "tifffile", "pyimagej", "scyjava")
BLOCK, SHOWN = 2**24, 64
"""Bytes that are read at a time, and how many blocks take so long that progress is shown."""


def sha256(path: str | os.PathLike, on_block: Callable[[], object] = lambda: None) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits, read in blocks.

    Of a folder, that of the names and the SHA-256 of all files in it, in the order of their names. `on_block` is called
    after every full block of `BLOCK` bytes.
    """
    if os.path.isdir(path):
        named = sorted((file.relative_to(path).as_posix(), file) for file in files_in(path))
        listed = "".join(f"{sha256(file, on_block)} {name}\0" for name, file in named)
        return hashlib.sha256(listed.encode()).hexdigest()
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if len(block) == BLOCK:
                on_block()
    return digest.hexdigest()


def hashes(paths: Iterable[str | os.PathLike]) -> dict[str, str]:
    """SHA-256 of each path, under the name of its folder and its own (which stay when an experiment moves)."""
    named = {f"{path.resolve().parent.name}/{path.name}": path for path in map(Path, paths)}
    blocks = sum(file.stat().st_size // BLOCK for path in named.values() for file in files_in(path))
    if blocks < SHOWN:
        return {name: sha256(path) for name, path in named.items()}
    with progress("reading the input for its SHA-256", blocks) as step:
        return {name: sha256(path, step) for name, path in named.items()}


def files_in(path: str | os.PathLike) -> list[Path]:
    """List all files of a folder and of those in it; of a file, itself."""
    given = Path(path)
    return [file for file in given.rglob("*") if file.is_file()] if given.is_dir() else [given]


def is_current(record: str | os.PathLike, settings: BaseModel, inputs: Iterable[str | os.PathLike]) -> bool:
    """Whether `record`, the JSON of an earlier result, says that it came from these settings and inputs.

    The record is the last file of a result to be written, so it speaks for all of it.
    """
    path = Path(record)
    if not path.is_file():
        return False
    try:
        earlier = read_json(path)
        same = earlier["settings"] == settings.model_dump(mode="json")
        return bool(same and earlier["inputs"] == hashes(inputs))
    except (ValueError, KeyError, TypeError, OSError):
        return False


def warnings_in(record: str | os.PathLike) -> list[str]:
    """List the warnings that a record keeps, to be repeated where a result is there already; none of a damaged one."""
    try:
        found = read_json(Path(record))["warnings"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [note for note in found if isinstance(note, str)] if isinstance(found, list) else []


def versions() -> dict[str, str]:
    """Versions of Python, cpretrain and the packages that shape its numbers (those that are installed)."""
    found = {"python": platform.python_version(), "cpretrain": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class Provenance:
    """Collects what a step did and writes it as JSON; the clock starts when it is made.

    Parameters
    ----------
    step : str
        The step's name, as on the command line.
    settings : pydantic.BaseModel
        The settings that the step ran with.
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

    def write(self, path: str | os.PathLike, **facts: Any) -> dict[str, Any]:
        """Write the record with `facts` added to it, and return it; the last file of a result to be written."""
        record = self.record | facts
        record["written"] = datetime.now(UTC).isoformat(timespec="seconds")
        record["elapsed_seconds"] = round(time.perf_counter() - self._started, 3)
        write_json(path, record)
        return record


def write_json(path: str | os.PathLike, record: Mapping[str, Any]) -> None:
    """Write `record` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")
