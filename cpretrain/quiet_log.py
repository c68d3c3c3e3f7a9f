"""Keep the log of a library off the screen where what matters is raised as an error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent(package: str) -> Iterator[None]:
    """Keep a package's own log of a damaged file off the screen."""
    log = logging.getLogger(package)
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
