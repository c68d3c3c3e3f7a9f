"""What a step says at its end: lines for a person, data for a machine, and what failed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from cpretrain.errors import BadInput


@dataclass
class Summary:
    """What a step has to say at its end.

    Parameters
    ----------
    lines : list of str
        For a person, on stdout.
    data : dict
        The same for a machine (``--json``).
    failed : dict
        Inputs that failed while others went through, with the reason; makes the exit code 1.
    """

    lines: list[str]
    data: dict[str, Any]
    failed: dict[Path, BadInput] = field(default_factory=dict)

    def summary(self) -> Self:
        """Return itself: a summary is its own result."""
        return self


class StepResult(Protocol):
    """What every step returns."""

    def summary(self) -> Summary:
        """Return what there is to say of the result."""
