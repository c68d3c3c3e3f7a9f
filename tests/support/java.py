"""Folders that look like a Java, and jars of class files of a chosen version."""

import stat
import zipfile
from pathlib import Path

from fiji_bridge.installed_java import _LIBRARIES, _LIBRARIES_ELSEWHERE


def put_java(home: Path, version: str | None, more: str = "") -> Path:
    """Make a folder with what is looked at in a Java; without a version, ``java -version`` says 13.0.2."""
    for name in (_LIBRARIES_ELSEWHERE[0], *(names[0] for names in _LIBRARIES.values())):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    java = home / "bin/java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"13.0.2\" 2020-01-14' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    if version is not None:
        (home / "release").write_text(f'IMPLEMENTOR="Someone"\nJAVA_VERSION="{version}"\n{more}')
    return home


def write_class(version: int) -> bytes:
    """The head of a class file, which says for which Java it is: 65 for 21, 61 for 17, 52 for 8."""
    return b"\xca\xfe\xba\xbe\0\0" + version.to_bytes(2, "big") + b"\0\x01"


def write_jar(path: Path, classes: dict[str, int]) -> Path:
    """Write a jar of such classes by their names."""
    with zipfile.ZipFile(path, "w") as jar:
        for name, version in classes.items():
            jar.writestr(name, write_class(version))
    return path
