"""Read JSON that anybody may have written: its size and depth are bounded, and its texts can be written again."""

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 2**26
"""Files of more bytes than this are refused."""


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    ValueError
        When it is no JSON, too large, nested too deeply, or holds half of a character.
    OSError
        When it cannot be read.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes of JSON, more than {MOST_BYTES}")
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(text: str) -> Any:
    """Read JSON text; see `read_json`."""
    try:
        found = json.loads(text)
        if "\\u" in text:  # half of a character, such as "\ud800", is a text that no file can hold
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    return found
