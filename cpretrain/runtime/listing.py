"""Lists of names in messages: the first few, and how many more there are."""

from collections.abc import Iterable

NAMED = 5
"""Number of files named in a message."""


def first_names(names: Iterable[str]) -> str:
    """Format the first few names of a list, and how many more there are."""
    listed = list(names)
    return ", ".join(listed[:NAMED]) + (f" and {len(listed) - NAMED} more" if len(listed) > NAMED else "")
