"""Real ImageJ, Jython, Groovy and Appose from Maven Central, and a folder that stands for Fiji's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cpretrain.cli.fiji_menu import fiji_scripts
from fiji_bridge import endpoint
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.find import FijiSource
from fiji_bridge.java import find_java
from fiji_bridge.session import FijiSession
from tests.support.fiji_scripts import defaults
from tests.support.movies import write_movie

IMAGEJ = "net.imagej:ij:1.54p"
LANGUAGES = (
    "org.python:jython-slim:2.7.4",
    "org.apache.groovy:groovy:4.0.23",
    "org.apposed:appose:0.9.0",
)
JARS = (
    "jars/ij-1.54p.jar",
    "jars/imagej-legacy-2.0.3.jar",
    "jars/scripting-jython-1.0.1.jar",
    "jars/jython-slim-2.7.4.jar",
)


def make_fiji(folder: Path) -> Path:
    """Make a folder with Fiji's layout and empty jars: enough for an installation, too little to run."""
    for name in ("jars", "plugins"):
        (folder / name).mkdir(parents=True)
    for name in JARS:
        (folder / name).touch()
    return folder


@pytest.fixture(scope="session")
def fiji_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a folder, with the scripts installed."""
    folder = make_fiji(tmp_path_factory.mktemp("Fiji") / "Fiji [neu] ü")
    fiji_scripts(folder, install=True)
    return folder


@pytest.fixture(scope="session")
def languages(fiji_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FijiSession]:
    """One Java for all tests of scripts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        try:
            java = find_java()
            jars = endpoint.download(240, (IMAGEJ, *LANGUAGES))
        except FijiNotFound as missing:
            pytest.skip(f"ImageJ, Jython, Groovy and Appose cannot be had: {missing.reason}")
        patch.setenv("LC_ALL", "C.UTF-8")  # as on a desktop: Java reads file names by it
        source = FijiSource(
            fiji_folder, IMAGEJ, jars, java.home, java.version, "1.54p", None, imglyb=False, gateway=False
        )
        with FijiSession(
            source, jobs=Path(__file__).with_name("jobs_in_child.py"), time_limit=200
        ) as session:
            yield session


@pytest.fixture
def run(languages: FijiSession, fiji_folder: Path) -> Callable[..., dict]:
    """Run a script with its default values and those given; what was said, and which images are open then."""

    def run(script: str, *, escape=None, image=None, **inputs):
        path = fiji_folder / script
        given = {
            name: f"file:{value}" if isinstance(value, Path) else value for name, value in inputs.items()
        }
        assert set(given) <= set(defaults(path))
        return languages.call(
            "run_script",
            script=str(path),
            inputs=defaults(path) | given,
            escape=escape,
            image=str(image) if image else None,
        )

    return run


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two movies and a broken one, in a folder with an awkward name."""
    folder = tmp_path / "Versuch [1] 'ü'" / "raw"
    folder.parent.mkdir()
    for seed in range(2):
        write_movie(folder / f"Film {seed} ä.tif", seed=seed)
    (folder / "broken.tif").write_bytes(b"II*")
    return folder


@pytest.fixture
def long_movie(tmp_path: Path) -> Path:
    """A movie that takes a while to correct."""
    steps = np.cumsum(np.random.default_rng(0).integers(-1, 2, (1500, 2)), axis=0).clip(-9, 9)
    write_movie(tmp_path / "raw" / "long.tif", steps)
    return tmp_path / "raw" / "long.tif"


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without cpretrain."""
    import venv

    folder = tmp_path_factory.mktemp("bare") / "env"
    venv.create(folder)
    return folder
