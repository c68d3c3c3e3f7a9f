"""The Javas on this machine: in Fiji, in ``JAVA_HOME``, on the PATH and in the usual places."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FIJIS_OWN, NAMED, INSTALLED = "Fiji's own", "JAVA_HOME", "installed"
"""What a Java is to this Fiji, in the order of preference."""

_LIBRARIES = {
    "win32": ("bin/server/jvm.dll", "jre/bin/server/jvm.dll"),
    "darwin": ("lib/server/libjvm.dylib", "jre/lib/server/libjvm.dylib"),
}
_LIBRARIES_ELSEWHERE = ("lib/server/libjvm.so", "jre/lib/amd64/server/libjvm.so")
_INSTALLED = (
    "/usr/lib/jvm/*",
    "/opt/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "C:/Program Files/Java/*",
    "C:/Program Files/Eclipse Adoptium/*",
    "C:/Program Files/Zulu/*",
)
_SAME_PROCESSOR = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Java:
    """An installed Java.

    Parameters
    ----------
    home : pathlib.Path
        Its folder, as in ``JAVA_HOME``.
    version : str
        Its version, for example ``"17.0.15"``; empty if it is not stated.
    origin : str
        ``"Fiji's own"``, ``"JAVA_HOME"`` or ``"installed"``.
    passed_over : str
        Why one that was to be preferred is not used; empty if this one is the first choice.
    """

    home: Path
    version: str
    origin: str = field(default=INSTALLED, compare=False)
    passed_over: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"Java {self.version or 'of unknown version'} in {self.home}"

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers, 8 first for ``1.8``; empty if it is unknown."""
        numbers = tuple(map(int, re.findall(r"\d+", self.version)))
        return numbers[1:] if numbers[:1] == (1,) and len(numbers) > 1 else numbers

    @property
    def major(self) -> int:
        """The first number of the version, 8 for ``1.8``; 0 if it is unknown."""
        return self.numbers[0] if self.numbers else 0


def javas(fiji: Path | None) -> Iterator[Java]:
    """List the Javas that this machine can load: Fiji's own, the one in ``JAVA_HOME``, then what is installed.

    Of several in Fiji, and of those that are installed, newer ones come first.
    """
    places = ((FIJIS_OWN, _of_fiji(fiji)), (NAMED, _named()), (INSTALLED, _installed()))
    for origin, homes in places:
        found = [Java(home, java_version(home), origin) for home in dict.fromkeys(homes) if library(home)]
        yield from sorted(found, key=lambda java: java.numbers, reverse=True)


def library(home: Path) -> Path | None:
    """Find the shared library of the Java in `home`; None if there is none for this system."""
    names = _LIBRARIES.get(sys.platform, _LIBRARIES_ELSEWHERE)
    return next((home / name for name in names if (home / name).is_file()), None)


def java_version(home: Path) -> str:
    """Return the version of the Java in `home`, from its ``release`` file, else from ``java -version``."""
    stated = _stated(home, "JAVA_VERSION")
    if stated:
        return stated
    try:
        asked = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r'version "([^"]+)"', asked.stderr + asked.stdout)
    return found[1] if found else ""


def _stated(home: Path, name: str) -> str:
    try:
        text = (home / "release").read_text("utf-8", "replace")
    except OSError:
        return ""
    stated = re.search(rf'^{name}="([^"]+)"', text, re.MULTILINE)
    return stated[1] if stated else ""


def _of_fiji(fiji: Path | None) -> Iterator[Path]:
    """Yield the Javas in Fiji's folder that are for this processor: one folder may serve several systems."""
    if fiji is None:
        return
    for pattern in ("java/*/*/release", "java/*/*/Contents/Home/release"):
        for home in (release.parent for release in fiji.glob(pattern)):
            if _processor(_stated(home, "OS_ARCH")) in ("", _processor(platform.machine())):
                yield home


def _processor(name: str) -> str:
    return _SAME_PROCESSOR.get(name.lower(), name.lower())


def _named() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])


def _installed() -> Iterator[Path]:
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for prefix in (sys.prefix, os.environ.get("CONDA_PREFIX")):
        if prefix:
            yield from (Path(prefix, "lib", "jvm"), Path(prefix, "Library", "lib", "jvm"))
    for pattern in _INSTALLED:
        root = Path(pattern.split("*")[0])
        yield from (home.resolve() for home in sorted(root.glob(pattern[len(str(root)) + 1 :])))
    yield from _downloaded()


def _downloaded() -> Iterator[Path]:
    """Yield those that cjdk, with which scyjava downloads Java, keeps in its cache."""
    caches = {"darwin": "Library/Caches/cjdk", "win32": "AppData/Local/cjdk/cache"}
    cache = os.environ.get("CJDK_CACHE_DIR") or Path.home() / caches.get(sys.platform, ".cache/cjdk")
    for pattern in ("v0/jdks/*/*/release", "v0/jdks/*/*/Contents/Home/release", "v0/jdks/*/release"):
        yield from (release.parent for release in sorted(Path(cache).glob(pattern)))
