"""Read JSON from any source: size and depth are bounded, and every text in it can be written again."""

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 2**26
"""Size limit in bytes; larger files are refused."""


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    ValueError
        When it is not JSON, is too large or nested too deeply, or holds half of a surrogate pair.
    OSError
        When the file cannot be read.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes of JSON, more than {MOST_BYTES}")
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(text: str) -> Any:
    """Parse JSON text.

    Raises
    ------
    ValueError
        When it is not JSON, is nested too deeply, or holds half of a surrogate pair.
    """
    try:
        found = json.loads(text)
        if "\\u" in text:  # half of a surrogate pair, such as "\ud800", cannot be written to any file
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    return found
