"""Summary of a step: lines for a person, data for a machine, and failures."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from cpretrain.errors import BadInput


@dataclass
class Summary:
    """Outcome of a step, as it is reported at the end.

    Parameters
    ----------
    lines : list of str
        For a person, on stdout.
    data : dict
        The same for a machine (``--json``).
    failed : dict
        Inputs that failed while others succeeded, with the reason; makes the exit code 1.
    """

    lines: list[str]
    data: dict[str, Any]
    failed: dict[Path, BadInput] = field(default_factory=dict)

    def summary(self) -> Self:
        """Return itself, so that a summary is a step result too."""
        return self


class StepResult(Protocol):
    """Interface of the result of every step."""

    def summary(self) -> Summary:
        """Return the result's summary."""
