"""Choose the Java that runs Fiji, before one is downloaded, and the options to run it with."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from cpretrain.runtime.threads import FIJIS
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.installed_java import INSTALLED, Java, java_version, javas, library
from fiji_bridge.java_needed import NOTHING_NEWER, Need

NEWEST_FOR_ALL = 21
"""The newest Java that all of today's Fiji runs on, Groovy too; one that is installed and newer comes last."""
USE_JAVA_HOME = "set JAVA_HOME to the folder of a Java that does, or leave it out"


def find_java(fiji: Path | None = None, need: Need = NOTHING_NEWER) -> Java:
    """Find the Java for a Fiji: its own, else the one in ``JAVA_HOME``, else the newest that is installed.

    Each is taken only if it is new enough for all that is in this Fiji; if none is, the first that is new enough for
    the plugin, and ``passed_over`` says what will not run.

    Nothing is downloaded, and no process is started except ``java -version`` for a Java without a ``release`` file.

    Parameters
    ----------
    fiji : pathlib.Path, optional
        A Fiji folder, which may include its own Java.
    need : Need
        Which Java this Fiji needs.

    Raises
    ------
    FijiNotFound
        When there is none (``missing="java"``); the error names those that are too old.
    """
    found = sorted(javas(fiji), key=lambda java: java.origin == INSTALLED and java.major > NEWEST_FOR_ALL)
    for java in found:
        if java.major >= need.everything:
            wrong = _what_is_wrong_with_java_home(need) if java.origin == INSTALLED else ""
            return replace(java, passed_over=wrong)
    for java in found:
        if java.major >= need.plugin:
            return replace(java, passed_over=f"this Fiji needs {need}, and there is none")
    refused = dict.fromkeys([_what_is_wrong_with_java_home(need), *map(str, found)])
    what = f"no Java {need.plugin} or later is installed"
    raise FijiNotFound(
        f"{what}, which this Fiji needs" if need.newest else what,
        f"install Java {need.plugin} or later (OpenJDK {max(need.plugin, 21)} will do), or set JAVA_HOME to one",
        missing="java",
        found="; ".join(filter(None, refused))
        or "none in Fiji, in JAVA_HOME, on the PATH or in the usual places",
    )


def _what_is_wrong_with_java_home(need: Need) -> str:
    named = os.environ.get("JAVA_HOME")
    if not named:
        return ""
    if not Path(named).is_dir():
        return f"JAVA_HOME names {named}, which is not a folder"
    if library(Path(named)) is None:
        return f"JAVA_HOME names {named}, which holds no Java"
    java = Java(Path(named), java_version(Path(named)))
    needs = f", and this Fiji needs {need}" if need.newest else ""
    return f"JAVA_HOME names {java}{needs}" if java.major < need.everything else ""


MOST_PERCENT = 70


WARNS_FROM = 24
"""The first Java that warns of what ImageJ, Jython and JPype do inside it, unless it is allowed."""


def java_options(memory: int | None, version: str = "") -> list[str]:
    """Return the options of the child's Java.

    Parameters
    ----------
    memory : int or None
        The largest heap in megabytes (default: see `FIJIS`).
    version : str
        Version of that Java.
    """
    allowed = ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    return [
        *(allowed if Java(Path(), version).major >= WARNS_FROM else ()),
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
