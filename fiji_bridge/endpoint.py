"""Fiji from its Maven endpoint at a pinned version: downloaded once, in a separate process, then cached."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cpretrain.runtime.spelling import option
from cpretrain.storage.atomic import write_text
from cpretrain.storage.json_file import read_json
from fiji_bridge.errors import FijiNotFound

FIJI = "sc.fiji:fiji:2.17.0"
"""The endpoint, in the version that the bridge is tested with."""

COORDINATES = (FIJI, "net.imagej:imagej-legacy:MANAGED")
TIME_LIMIT = 900.0
"""Seconds that a download may take."""

JAVA = 21
"""The Java that is downloaded: what Fiji brings today."""

REPOSITORY = "maven.scijava.org"


def cached(coordinates: tuple[str, ...] = COORDINATES) -> tuple[Path, ...]:
    """List the jars of an earlier download of `coordinates`; empty if there was none.

    It uses neither the network nor Java, and does not import the packages that do.
    """
    try:
        record = read_json(_record(coordinates))
        jars = tuple(Path(jar) for jar in record["jars"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return jars if all(jar.is_file() for jar in jars) else ()


def download(time_limit: float = TIME_LIMIT, coordinates: tuple[str, ...] = COORDINATES) -> tuple[Path, ...]:
    """Download the jars of `coordinates` with their dependencies, and record their paths.

    Raises
    ------
    FijiNotFound
        When the repository is unreachable, does not have them, or is too slow.
    """
    answer = _fetch(["jars", *coordinates], time_limit, what=coordinates[0])
    jars = tuple(Path(jar) for jar in answer["jars"])
    remember(coordinates, jars)
    return jars


def remember(coordinates: tuple[str, ...], jars: Sequence[Path]) -> None:
    """Record the jars of a download of `coordinates`."""
    facts = {"coordinates": coordinates, "jars": [str(jar) for jar in jars]}
    write_text(_record(coordinates), json.dumps(facts, indent=1) + "\n")


def download_java(time_limit: float = TIME_LIMIT, version: int = JAVA) -> None:
    """Download a Java of at least `version`, and no older than `JAVA`, into the cache of cjdk.

    Raises
    ------
    FijiNotFound
        When it cannot be downloaded.
    """
    _fetch(["java", str(max(version, JAVA))], time_limit, what="Java", missing_java=True)


def _fetch(arguments: list[str], time_limit: float, *, what: str, missing_java: bool = False) -> dict:
    reason, output = f"{what} could not be downloaded within {time_limit:.0f} s", ""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "fiji_bridge.fetch", *arguments],
            capture_output=True,
            text=True,
            timeout=time_limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        ended = None
    if ended is not None:
        if ended.returncode == 0:
            return json.loads(ended.stdout.splitlines()[-1])
        reason, output = f"{what} could not be downloaded", _last_line(ended.stderr)
    local = (
        f"install Java {JAVA} yourself"
        if missing_java
        else f"install Fiji and give {option('fiji')} or FIJI_HOME"
    )
    raise FijiNotFound(
        f"no {'Java' if missing_java else 'Fiji'}: {reason}",
        f"check that {REPOSITORY} can be reached (a proxy or firewall?) and try again, {local}, "
        f"or use {option('engine', 'native')}",
        missing="java" if missing_java else "fiji",
        found=output or None,
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _record(coordinates: tuple[str, ...]) -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = "+".join(coordinates).replace(":", "_").replace("/", "_")[:150]
    return Path(cache) / "cpretrain" / f"{name}.json"
