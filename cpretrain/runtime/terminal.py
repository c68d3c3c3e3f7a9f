"""Make arbitrary text, such as file names, safe to show on a terminal."""

import os
import re

from cpretrain.errors import BadInput

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters except tab and line feed, characters that change the writing direction, and lone surrogates."""


def printable(text: str) -> str:
    """Escape characters that would control a terminal, or that no file can hold, as JSON does; JSON stays JSON."""
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def check_name(path: str | os.PathLike) -> None:
    """Check that a path is text: records and tables could not name it otherwise.

    Raises
    ------
    BadInput
        When its bytes are not UTF-8.
    """
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput(
            f"{path}: the name is not valid text",
            found=ascii(os.path.basename(path)),
            expected="a name in UTF-8",
            cure="rename it",
        ) from None
