"""Interrupted work, kept beside the result that it will become: another run goes on from it, or starts anew."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpretrain.storage.json_file import read_json
from cpretrain.storage.provenance import write_json

ORIGIN = "run.json"


class UnfinishedFolder:
    """Folder ``.NAME.unfinished`` beside a result ``NAME``, with what the work in it came from.

    Parameters
    ----------
    result : pathlib.Path
        The file or folder that the work will end in.
    """

    def __init__(self, result: Path) -> None:
        self.path = result.with_name(f".{result.name}.unfinished")

    @property
    def exists(self) -> bool:
        """Whether work was begun, and what it came from is written down."""
        return (self.path / ORIGIN).is_file()

    def begin(self, origin: Mapping[str, Any]) -> None:
        """Start anew, giving up what an earlier run left.

        Parameters
        ----------
        origin : mapping
            What makes the work what it is: settings, inputs, model, versions. Going on needs the same.
        """
        self.remove()
        self.path.mkdir(parents=True)
        write_json(self.path / ORIGIN, origin)

    def differences(self, origin: Mapping[str, Any]) -> list[str]:
        """Compare what the work came from with what it would come from now; empty where that is the same.

        Raises
        ------
        OSError, ValueError
            When what it came from cannot be read.
        """
        earlier = read_json(self.path / ORIGIN)
        if not isinstance(earlier, dict):
            raise ValueError(f"{ORIGIN} holds no names and values")
        return list(_differences(earlier, json.loads(json.dumps(origin))))

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
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
