"""Find an installed Java that can run Fiji, before one is downloaded."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cpretrain.runtime.threads import FIJIS
from fiji_bridge.errors import FijiNotFound

OLDEST = 11
"""The oldest Java that JPype loads."""
USE_JAVA_HOME = f"set JAVA_HOME to the folder of a Java {OLDEST} or later, or leave it out"

_LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
    "jre/lib/amd64/server/libjvm.so",
    "jre/lib/server/libjvm.dylib",
    "jre/bin/server/jvm.dll",
)
_INSTALLED = (
    "/usr/lib/jvm/*",
    "/opt/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "C:/Program Files/Java/*",
    "C:/Program Files/Eclipse Adoptium/*",
    "C:/Program Files/Zulu/*",
)


@dataclass(frozen=True)
class Java:
    """An installed Java.

    Parameters
    ----------
    home : pathlib.Path
        Its folder, as in ``JAVA_HOME``.
    version : str
        Its version, for example ``"17.0.15"``; empty if it is not stated.
    passed_over : str
        Why it is not the one in ``JAVA_HOME``; empty if it is, or none is named.
    """

    home: Path
    version: str
    passed_over: str = field(default="", compare=False)

    @property
    def major(self) -> int:
        """The first number of the version, 8 for ``1.8``; 0 if it is unknown."""
        numbers = re.findall(r"\d+", self.version)
        if not numbers:
            return 0
        return int(numbers[1]) if numbers[0] == "1" and len(numbers) > 1 else int(numbers[0])


def find_java(fiji: Path | None = None) -> Java:
    """Find a Java of at least version 11: ``JAVA_HOME``, Fiji's own, the PATH, then the usual places.

    Nothing is downloaded, and no process is started except ``java -version`` for a Java without a ``release`` file.

    Parameters
    ----------
    fiji : pathlib.Path, optional
        A Fiji folder, which may include its own Java.

    Raises
    ------
    FijiNotFound
        When there is none (``missing="java"``); the error names those that are too old.
    """
    refused: dict[str, None] = {}
    passed_over = _what_is_wrong_with(os.environ.get("JAVA_HOME"))
    for home in _candidates(fiji):
        if library(home) is None:
            continue
        java = Java(home, java_version(home))
        if java.major >= OLDEST:
            return replace(java, passed_over=passed_over)
        refused[f"Java {java.version or 'of unknown version'} in {home}"] = None
    if passed_over:
        refused = {passed_over: None} | {reason: None for reason in refused if reason not in passed_over}
    raise FijiNotFound(
        f"no Java {OLDEST} or later is installed",
        f"install Java {OLDEST} or later (OpenJDK 17 or 21 will do), or set JAVA_HOME to one",
        missing="java",
        found="; ".join(refused) or "no Java in JAVA_HOME, in Fiji, on the PATH or in the usual places",
    )


def _what_is_wrong_with(named: str | None) -> str:
    if not named:
        return ""
    if not Path(named).is_dir():
        return f"JAVA_HOME names {named}, which is not a folder"
    if library(Path(named)) is None:
        return f"JAVA_HOME names {named}, which holds no Java"
    java = Java(Path(named), java_version(Path(named)))
    if java.major < OLDEST:
        return f"JAVA_HOME names Java {java.version or 'of unknown version'} in {named}"
    return ""


def library(home: Path) -> Path | None:
    """Find the shared library of the Java in `home`; None if there is none."""
    return next((home / name for name in _LIBRARIES if (home / name).is_file()), None)


def java_version(home: Path) -> str:
    """Return the version of the Java in `home`, from its ``release`` file, else from ``java -version``."""
    try:
        stated = re.search(r'^JAVA_VERSION="([^"]+)"', (home / "release").read_text("utf-8", "replace"), re.M)
    except OSError:
        stated = None
    if stated:
        return stated[1]
    try:
        asked = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r'version "([^"]+)"', asked.stderr + asked.stdout)
    return found[1] if found else ""


def _candidates(fiji: Path | None) -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    if fiji is not None:
        for release in sorted(fiji.glob("java/*/*/release"), reverse=True):
            yield release.parent
        for release in sorted(fiji.glob("java/*/*/Contents/Home/release"), reverse=True):
            yield release.parent
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for prefix in (sys.prefix, os.environ.get("CONDA_PREFIX")):
        if prefix:
            yield from (Path(prefix, "lib", "jvm"), Path(prefix, "Library", "lib", "jvm"))
    for pattern in _INSTALLED:
        root = Path(pattern.split("*")[0])
        yield from sorted(
            root.glob(pattern[len(str(root)) + 1 :])
        )  # older ones first: Fiji is tested with them
    yield from _downloaded()


def _downloaded() -> Iterator[Path]:
    """Yield the Javas in the cache of cjdk, with which scyjava downloads Java."""
    caches = {"darwin": "Library/Caches/cjdk", "win32": "AppData/Local/cjdk/cache"}
    cache = os.environ.get("CJDK_CACHE_DIR") or Path.home() / caches.get(sys.platform, ".cache/cjdk")
    for pattern in ("v0/jdks/*/*/release", "v0/jdks/*/*/Contents/Home/release", "v0/jdks/*/release"):
        yield from (release.parent for release in sorted(Path(cache).glob(pattern)))


MOST_PERCENT = 70


def java_options(memory: int | None) -> list[str]:
    """Return the options of the child's Java; `memory` is the largest heap in megabytes (default: see `FIJIS`)."""
    return [
        "-Djava.awt.headless=true",
        f"-Xmx{memory}m"
        if memory
        else f"-XX:MaxRAMPercentage={MOST_PERCENT / int(os.environ.get(FIJIS, '1')):.1f}",
        "-XX:+ExitOnOutOfMemoryError",  # a plugin that continues without memory returns nonsense
        "-XX:-CreateCoredumpOnCrash",
        "-XX:-UsePerfData",  # it leaves a file behind when the process is killed
        "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8",
        "-Dstderr.encoding=UTF-8",
        "-Dsun.stdout.encoding=UTF-8",
        "-Dsun.stderr.encoding=UTF-8",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",  # ImageJ's patcher changes classes as they are loaded
    ]


def own_preferences(folder: str | os.PathLike) -> list[str]:
    """Return options that make Java keep its preferences, including SciJava's, in `folder`.

    Windows keeps them in its registry all the same. The folder is created here, because Java would report its creation
    on stderr.
    """
    Path(folder, ".java", ".userPrefs").mkdir(parents=True, exist_ok=True)
    files = (
        "java.util.prefs.FileSystemPreferencesFactory"  # as on Linux; that of macOS does not support a folder
    )
    factory = [f"-Djava.util.prefs.PreferencesFactory={files}"] if sys.platform == "darwin" else []
    return [*factory, f"-Djava.util.prefs.userRoot={folder}"]
