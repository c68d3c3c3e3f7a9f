from collections.abc import Iterator
from pathlib import Path

import pytest

from fiji_bridge import endpoint
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.find import FijiSource
from fiji_bridge.java import find_java
from fiji_bridge.session import FijiSession

IMAGEJ = "net.imagej:ij:1.54p"
JOBS = Path(__file__).with_name("jobs_in_child.py")


@pytest.fixture(scope="session")
def plain_imagej(tmp_path_factory: pytest.TempPathFactory) -> FijiSource:
    """The real ImageJ 1.54p from Maven Central, without Fiji's plugins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        try:
            java = find_java()
            jars = endpoint.download(120, (IMAGEJ,))
        except FijiNotFound as missing:
            pytest.skip(f"plain ImageJ cannot be had: {missing.reason}")
    return FijiSource(None, IMAGEJ, jars, java.home, java.version, "1.54p", None, imglyb=False, gateway=False)


@pytest.fixture(scope="module")
def imagej(plain_imagej: FijiSource) -> Iterator[FijiSession]:
    """A session with plain ImageJ that knows the jobs of ``jobs_in_child.py``."""
    with FijiSession(plain_imagej, jobs=JOBS, time_limit=60) as session:
        yield session
