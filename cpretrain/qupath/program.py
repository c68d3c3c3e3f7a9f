"""Find QuPath, and run scripts on all images of a project with its command line."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cpretrain.errors import BadInput

HOME_VARIABLE = "QUPATH_HOME"
PROGRAMS = ("bin/QuPath", "Contents/MacOS/QuPath*", "QuPath* (console).exe", "QuPath")
SECONDS = 1800
"""Time limit of a run over all images of a project."""
_LOGGED = re.compile(r"\d\d:\d\d:\d\d\.\d+ \[")


def find_qupath(given: Path | None = None) -> Path | None:
    """Return QuPath's program: in the given folder, in that of ``QUPATH_HOME``, or where it is usually installed.

    Raises
    ------
    BadInput
        If the given folder, or that of ``QUPATH_HOME``, has no QuPath.
    """
    named = given or (Path(home) if (home := os.environ.get(HOME_VARIABLE)) else None)
    if named is not None:
        found = named if named.is_file() else next(_programs_in(named), None)
        if found is None:
            raise BadInput(
                f"{named}: has no QuPath", expected=f"a folder with {PROGRAMS[0]}, or QuPath's program itself"
            )
        return found
    return next((program for home in _usual_homes() for program in _programs_in(home)), None)


def run_script(program: Path, script: Path, project: Path) -> list[str]:
    """Run a script on each image of a project, and save the changes.

    Returns
    -------
    list of str
        Lines that the script printed.

    Raises
    ------
    BadInput
        If QuPath cannot be started or the script fails.
    """
    command = [str(program), "script", str(script), "-p", str(project), "-s"]
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(f"{program}: QuPath did not run", found=str(error)) from error
    lines = [line for line in ended.stdout.splitlines() if line and not _LOGGED.match(line)]
    problems = [line for line in lines if line.startswith("ERROR")]
    if ended.returncode or problems or "Error running script" in ended.stdout + ended.stderr:
        found = problems[-1] if problems else _cause(ended.stderr)
        raise BadInput(f"{project}: QuPath could not run {script.name}", found=found)
    return lines


def _cause(printed: str) -> str:
    """Return the line that tells most of what Java printed: the deepest cause, else the last line that is no frame."""
    lines = [line for line in printed.splitlines() if line.strip() and not line.startswith("\t")]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["nothing"])[-1]


def _programs_in(home: Path) -> Iterator[Path]:
    return (path for place in PROGRAMS for path in sorted(home.glob(place)) if path.is_file())


def _usual_homes() -> Iterator[Path]:
    """Yield the folders that QuPath's installers create, newest version first."""
    places = {
        "darwin": [(Path("/Applications"), "QuPath*.app")],
        "win32": [(Path(os.environ.get("LOCALAPPDATA", "~")).expanduser(), "QuPath*")],
    }.get(sys.platform, [(Path("/opt"), "QuPath*"), (Path.home(), "QuPath*")])
    for folder, pattern in places:
        yield from sorted((path for path in folder.glob(pattern) if path.is_dir()), reverse=True)
