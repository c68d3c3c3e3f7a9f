"""Keep a library's log off the screen where anything that matters is raised as an error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent(package: str, level: int = logging.CRITICAL + 1) -> Iterator[None]:
    """Suppress a package's log records below `level`; by default all of them, as for a damaged file."""
    log = logging.getLogger(package)
    before = log.level
    log.setLevel(level)
    try:
        yield
    finally:
        log.setLevel(before)
