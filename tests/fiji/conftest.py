import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fiji_bridge.find import FijiSource, find_fiji
from fiji_bridge.session import FijiSession

JOBS = Path(__file__).with_name("jobs_in_fiji.py")


@pytest.fixture(scope="session")
def fiji() -> FijiSource:
    """The Fiji in ``FIJI_HOME``."""
    if not os.environ.get("FIJI_HOME"):
        pytest.skip("needs a real Fiji: set FIJI_HOME to its folder")
    return find_fiji()


@pytest.fixture(scope="session")
def session(fiji: FijiSource) -> Iterator[FijiSession]:
    """One Fiji for all tests, as in practice."""
    with FijiSession(fiji, jobs=JOBS, time_limit=300) as running:
        yield running
