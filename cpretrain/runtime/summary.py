"""What a command says at its end: lines for a person, data for a machine, and what failed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput


@dataclass
class Summary:
    """What a command has to say at its end.

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
