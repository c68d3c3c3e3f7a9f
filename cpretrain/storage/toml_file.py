"""Read TOML from any source, limited to the length that a person would write."""

import tomllib
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput

LONGEST_FILE, LONGEST_LINE = 2**17, 2**12
"""Characters; parsing time grows with the square of the number of parts in a dotted key, which stands in one line."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    BadInput
                When it cannot be read, is not TOML, is nested too deeply, or is too long.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > LONGEST_FILE or max(map(len, text.split("\n"))) > LONGEST_LINE:
            raise ValueError(f"more than {LONGEST_FILE} characters, or more than {LONGEST_LINE} in a line")
        return tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise BadInput(f"{path}: cannot be read", found=str(error), expected="a TOML file") from error
