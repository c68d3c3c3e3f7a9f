import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MACROS = HERE.parents[1] / "macros" / "qupath"
PLACES = ("bin/QuPath", "Contents/MacOS/QuPath*", "QuPath* (console).exe")
LOGGED = re.compile(r"\d\d:\d\d:\d\d\.\d+ \[")  # what QuPath says itself


@pytest.fixture(scope="session")
def qupath() -> Path:
    """The program of the QuPath in ``QUPATH_HOME``."""
    home = os.environ.get("QUPATH_HOME")
    if not home:
        pytest.skip("needs a real QuPath: set QUPATH_HOME to its folder")
    found = [path for place in PLACES for path in sorted(Path(home).glob(place))]
    assert found, f"QUPATH_HOME is {home}: there is no {' or '.join(PLACES)}"
    return found[0]


@pytest.fixture
def run(qupath: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Run a script as Run for project does, with or without saving, and return the printed lines."""
    count = iter(range(1000))

    def run(
        script: Path, project: Path | None = None, *, save: bool = False, image: str = "", args=(), **options
    ) -> list[str]:
        text = script.read_text("utf-8")
        for name, value in options.items():
            before = next(line for line in text.splitlines() if line.startswith(f"def {name} = "))
            text = text.replace(before, f"def {name} = {value}")
        copy = tmp_path / f"script {next(count)}.groovy"
        copy.write_text(text, "utf-8")
        command = [
            qupath,
            "script",
            copy,
            *(["-p", project] if project else []),
            *(["--save"] if save else []),
            *(["-i", image] if image else []),
        ]
        for value in args:
            command += ["-a", value]
        ran = subprocess.run(
            [os.fspath(part) for part in command],
            capture_output=True,
            check=True,
            timeout=400,
            encoding="utf-8",
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
        assert "Error running script" not in ran.stdout + ran.stderr, ran.stdout + ran.stderr
        return [line for line in ran.stdout.splitlines() if not LOGGED.match(line)]

    return run
