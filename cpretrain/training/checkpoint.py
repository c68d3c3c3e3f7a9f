"""Checkpoints of an interrupted training run, kept beside the finished models for the next run."""

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.json_file import read_json
from cpretrain.storage.provenance import write_json

SHARE = 0.03
"""Share of the time that may be spent on saving."""

STATE, ORIGIN = "state.pt", "run.json"


class Checkpoint:
    """Folder of an unfinished run, ``.NAME.unfinished`` beside the model folder ``NAME``.

    Parameters
    ----------
    model : pathlib.Path
        The model folder that the run will produce.
    """

    def __init__(self, model: Path) -> None:
        self.folder = model.with_name(f".{model.name}.unfinished")
        self._saved, self._cost = time.monotonic(), 0.0

    @property
    def exists(self) -> bool:
        """True if there is an unfinished run with at least one saved epoch."""
        return (self.folder / STATE).is_file() and (self.folder / ORIGIN).is_file()

    def begin(self, origin: Mapping[str, Any]) -> None:
        """Start anew, discarding an earlier run.

        Parameters
        ----------
        origin : mapping
            Everything that determines the run: settings, inputs, base, versions. Resuming requires the same.
        """
        self.remove()
        self.folder.mkdir(parents=True)
        write_json(self.folder / ORIGIN, origin)

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the state of a run atomically, replacing the previous one."""
        import torch

        started = time.monotonic()
        with write_aside(self.folder / STATE) as aside:
            torch.save(dict(state), aside)
        self._saved = time.monotonic()
        self._cost = self._saved - started

    @property
    def is_due(self) -> bool:
        """True if saving again would stay within its share of the time."""
        return SHARE * (time.monotonic() - self._saved) >= self._cost

    def load(self, origin: Mapping[str, Any]) -> dict[str, Any]:
        """Read the state of the unfinished run, which must have the same origin.

        Raises
        ------
        BadInput
            When its origin differs, naming the differences, or it is damaged.
        """
        import torch

        try:
            earlier = read_json(self.folder / ORIGIN)
            state = torch.load(self.folder / STATE, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds of exceptions, none documented
            raise BadInput(
                f"{self.folder}: the unfinished training cannot be read",
                found=str(error).splitlines()[0] if str(error) else type(error).__name__,
                cure=_ANEW,
            ) from error
        differing = list(_differences(earlier, json.loads(json.dumps(origin))))
        if differing:
            raise BadInput(
                f"{self.folder}: the unfinished training came from something else",
                found="; ".join(differing),
                cure=f"take that back to go on, or {_ANEW}",
            )
        return dict(state)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


_ANEW = "start anew with cpretrain train --no-resume"


def _differences(earlier: Mapping[str, Any], now: Mapping[str, Any], place: str = "") -> Any:
    for key in sorted({*earlier, *now}):
        before, after = earlier.get(key), now.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _differences(before, after, f"{place}{key} ")
        elif before != after:
            yield f"{place}{key}: {_short(before)} then, {_short(after)} now"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) < 20 else f"{text[:8]}…"
