"""Checkpoints of an interrupted training run, kept beside the finished models for the next run."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput, short
from cpretrain.runtime.spelling import command
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.unfinished import UnfinishedFolder

SHARE = 0.03
"""Share of the time that may be spent on saving."""

STATE = "state.pt"


class Checkpoint:
    """The state of an unfinished run, in the folder ``.NAME.unfinished`` beside the model folder ``NAME``.

    Parameters
    ----------
    model : pathlib.Path
        The model folder that the run will produce.
    """

    def __init__(self, model: Path) -> None:
        self._unfinished = UnfinishedFolder(model)
        self.folder = self._unfinished.path
        self._saved, self._cost = time.monotonic(), 0.0

    @property
    def progress(self) -> Path:
        """Folder for what can be seen of the run before it is finished."""
        return self.folder / "progress"

    @property
    def exists(self) -> bool:
        """True if there is an unfinished run with at least one saved epoch."""
        return (self.folder / STATE).is_file() and self._unfinished.exists

    def begin(self, origin: Mapping[str, Any]) -> None:
        """Start anew, giving up what an earlier run left; `origin` is what the run comes from."""
        self._unfinished.begin(origin)

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
            differing = self._unfinished.differences(origin)
            state = torch.load(self.folder / STATE, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds of exceptions, none documented
            raise BadInput(
                f"{self.folder}: the unfinished training run cannot be read",
                found=short(error),
                cure=_anew(),
            ) from error
        if differing:
            raise BadInput(
                f"{self.folder}: the unfinished training run started from something else",
                found="; ".join(differing),
                cure=f"undo that to continue, or {_anew()}",
            )
        return dict(state)

    def remove(self) -> None:
        """Remove the folder."""
        self._unfinished.remove()


def _anew() -> str:
    return f"start over with {command('train', resume=False)}"
