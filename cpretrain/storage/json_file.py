"""Read JSON from any source: size and depth are bounded, and every text in it can be written again."""

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 2**26
"""Size limit in bytes; larger files are refused."""

LEVELS = 500
"""Limit of nesting, of which Python 3.14 and later read far more than code that goes through it can bear."""


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
    if text.count("[") + text.count("{") > LEVELS and _is_deep(found):
        raise ValueError(f"JSON nested too deeply, in more than {LEVELS} levels")
    return found


def _is_deep(found: Any) -> bool:
    """Return whether lists and objects are nested deeper than the limit, level by level, without recursion."""
    level = [found]
    for _ in range(LEVELS):
        members = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for inside in members for one in inside if isinstance(one, dict | list)]
        if not level:
            return False
    return True
