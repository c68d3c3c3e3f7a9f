"""Which Java a Fiji needs: that of the newest class in its jars."""

import itertools
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = 11
"""The oldest Java that JPype loads."""
OLDEST_CLASSES, LOOKED_AT = 44, 4
_MAGIC, _HEADER = b"\xca\xfe\xba\xbe", 8


@dataclass(frozen=True)
class Need:
    """The Java that a Fiji needs.

    Parameters
    ----------
    everything : int
        The first Java that runs all that is in it.
    newest : pathlib.Path or None
        The jar or class that needs it; None if nothing in it needs more than the bridge does.
    plugin : int
        The first Java that runs the jars without which there is no Correct 3D drift.
    """

    everything: int = OLDEST
    newest: Path | None = None
    plugin: int = OLDEST

    def __str__(self) -> str:
        return f"Java {self.everything}" + (f", for {self.newest.name}" if self.newest else "")


NOTHING_NEWER = Need()


def java_needed(files: Iterable[Path], core: Iterable[Path]) -> Need:
    """Read from the classes which Java they were compiled for.

    Parameters
    ----------
    files : iterable of pathlib.Path
        Jars and class files. Of each jar four classes are looked at, which were compiled together as a rule; those for
        newer Javas only (``META-INF/versions``) do not count.
    core : iterable of pathlib.Path
        Those among them that the plugin cannot do without.

    Returns
    -------
    Need
        At least `OLDEST`. Files that cannot be read do not count.

    References
    ----------
    The Java Virtual Machine Specification, section 4.1: the class file format.
    """
    versions = {file: _java_of(file) for file in files}
    newest = max(versions, key=lambda file: versions[file], default=None)
    if newest is None or versions[newest] <= OLDEST:
        return NOTHING_NEWER
    return Need(versions[newest], newest, max([OLDEST, *(versions.get(file, 0) for file in core)]))


def _java_of(file: Path) -> int:
    try:
        return max(map(_java_of_class, _headers(file)), default=0)
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        return 0


def _headers(file: Path) -> Iterator[bytes]:
    if file.suffix == ".class":
        with file.open("rb") as content:
            yield content.read(_HEADER)
        return
    with zipfile.ZipFile(file) as jar:
        classes = [info for info in jar.infolist() if _is_for_every_java(info.filename)]
        for info in itertools.islice(classes[:: max(1, len(classes) // LOOKED_AT)], LOOKED_AT):
            with jar.open(info) as content:
                yield content.read(_HEADER)


def _is_for_every_java(name: str) -> bool:
    return name.endswith(".class") and not name.startswith("META-INF/") and "module-info" not in name


def _java_of_class(header: bytes) -> int:
    is_class = header.startswith(_MAGIC) and len(header) == _HEADER
    return int.from_bytes(header[6:8], "big") - OLDEST_CLASSES if is_class else 0
