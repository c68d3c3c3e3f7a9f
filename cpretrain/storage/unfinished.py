"""Interrupted work, kept beside its future result, so that the next run resumes it or starts anew."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpretrain.storage.json_file import read_json
from cpretrain.storage.provenance import write_json

ORIGIN = "run.json"


class UnfinishedFolder:
    """Folder ``.NAME.unfinished`` beside a result ``NAME``, with the origin of the work in it.

    Parameters
    ----------
    result : pathlib.Path
        The file or folder that the work will produce.
    """

    def __init__(self, result: Path) -> None:
        self.path = result.with_name(f".{result.name}.unfinished")

    @property
    def exists(self) -> bool:
        """True if work was begun and its origin recorded."""
        return (self.path / ORIGIN).is_file()

    def begin(self, origin: Mapping[str, Any]) -> None:
        """Start anew, discarding the work of an earlier run.

        Parameters
        ----------
        origin : mapping
            Everything that determines the work: settings, inputs, model, versions. Resuming requires the same.
        """
        self.remove()
        self.path.mkdir(parents=True)
        write_json(self.path / ORIGIN, origin)

    def differences(self, origin: Mapping[str, Any]) -> list[str]:
        """List the differences between the recorded origin and the present one; empty if they are the same.

        Raises
        ------
        OSError, ValueError
            When the recorded origin cannot be read.
        """
        earlier = read_json(self.path / ORIGIN)
        if not isinstance(earlier, dict):
            raise ValueError(f"{ORIGIN} holds no names and values")
        return list(_differences(earlier, json.loads(json.dumps(origin))))

    def remove(self) -> None:
        """Remove the folder with its contents."""
        shutil.rmtree(self.path, ignore_errors=True)


def _differences(earlier: Mapping[str, Any], now: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key in sorted({*earlier, *now}):
        before, after = earlier.get(key), now.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _differences(before, after, f"{place}{key} ")
        elif before != after:
            yield f"{place}{key}: {_short(before)} then, {_short(after)} now"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) < 20 else f"{text[:8]}…"
