"""Keep the log of a library off the screen where what matters is raised as an error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent(package: str, level: int = logging.CRITICAL + 1) -> Iterator[None]:
    """Keep what a package logs below `level` off the screen; by default all, as of a damaged file."""
    log = logging.getLogger(package)
    before = log.level
    log.setLevel(level)
    try:
        yield
    finally:
        log.setLevel(before)
