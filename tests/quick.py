"""``python -m tests.quick``: the tests of the packages that changed since the last commit on main, else a fast core."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CORE = (
    "registration/test_curve.py",
    "registration/test_canvas.py",
    "metrics",
    "settings",
    "storage/test_atomic.py",
    "cli/test_options.py",
    "labels/test_pairing.py",
    "images/test_axes.py",
    "test_errors.py",
    "test_public_names.py",
)
LIMIT = " and ".join(f"not {mark}" for mark in ("slow", "cellpose", "fiji", "weights", "qupath"))


def changed() -> list[str]:
    """Paths that differ from main, or are not committed yet."""
    base = subprocess.run(
        ["git", "merge-base", "HEAD", "main"], capture_output=True, text=True
    ).stdout.strip()
    asked = (
        ["git", "diff", "--name-only", base or "HEAD"],
        ["git", "ls-files", "--others", "--exclude-standard"],
    )
    return [
        line
        for command in asked
        for line in subprocess.run(command, capture_output=True, text=True).stdout.split("\n")
    ]


def concerned(paths: list[str]) -> list[str]:
    """Folders of tests that mirror the packages of these paths, and test modules among them."""
    found = set()
    for path in map(Path, paths):
        if path.parts[:1] == ("tests",) and path.name.startswith("test_"):
            found.add(str(path))
        elif path.parts[:1] in (("cpretrain",), ("fiji_bridge",)) and path.suffix == ".py":
            package = path.parts[0] if path.parts[0] == "fiji_bridge" else path.parts[1]
            if (TESTS / package).is_dir():
                found.add(f"tests/{package}")
    return sorted(name for name in found if Path(name).exists())


if __name__ == "__main__":
    chosen = concerned(changed()) or [f"tests/{name}" for name in CORE]
    print("tests:", *chosen)
    code = pytest.main(["-q", "-m", LIMIT, "-n", "auto", "--dist", "worksteal", *chosen])
    sys.exit(0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code)
