"""Find Fiji: a folder on this machine, else the Maven endpoint; missing parts are reported plainly."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from cpretrain.runtime.spelling import option
from fiji_bridge import endpoint
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.java import find_java
from fiji_bridge.java_needed import Need, java_needed

HOME_VARIABLE = "FIJI_HOME"
UPDATE = "in Fiji, run Help > Update... with the update sites ImageJ and Fiji switched on"
NEEDED = (
    ("its imagej-legacy jar", ("imagej-legacy",)),
    ("Jython for scripts (a jar scripting-jython)", ("scripting-jython",)),
    ("Jython itself (a jar jython-slim)", ("jython-slim", "jython-shaded", "jython-standalone", "jython")),
)
"""Requirements of the plugin: in words, and the jars that provide each, of which one is enough."""

CORE = re.compile(
    r"(ij|ij1-patcher|imagej|imagej-(common|legacy)|imglib2(-[a-z]+)?|legacy-imglib1|mpicbg|mines-jtk|vecmath"
    r"|scijava-common|scripting-jython|jython.*|Correct_3D_Drift)-\d.*\.jar",
    re.IGNORECASE,
)
"""The jars without which there is no Correct 3D drift."""


@dataclass(frozen=True)
class FijiSource:
    """A Fiji on this machine, and the Java to run it with.

    Parameters
    ----------
    home : pathlib.Path or None
        Folder of a local Fiji, which holds ``jars`` and ``plugins``.
    endpoint : str or None
        Maven endpoint that the jars were downloaded from.
    jars : tuple of pathlib.Path
        The Java class path.
    java_home : pathlib.Path
        Folder of the Java to use.
    java_version : str
        Version of that Java.
    imagej : str or None
        Version of ImageJ, for example ``"1.54p"``.
    plugin : str or None
        Version of Correct 3D drift, ``"script"`` if it has no number; None if it is missing.
    imglyb : bool
        True if Fiji's own jars can share memory with NumPy. The bridge does not need it; PyImageJ would download it.
    gateway : bool
        False for plain ImageJ 1, which has no Fiji plugins.
    passed_over : str
        Why the Java in ``JAVA_HOME`` is not used; empty if it is used, or none is named.
    """

    home: Path | None
    endpoint: str | None
    jars: tuple[Path, ...] = field(repr=False)
    java_home: Path
    java_version: str
    imagej: str | None
    plugin: str | None
    imglyb: bool
    gateway: bool = True
    passed_over: str = ""

    def __str__(self) -> str:
        where = self.home or self.endpoint
        return f"{where} (ImageJ {self.imagej}, Correct 3D drift {self.plugin}, Java {self.java_version})"


def find_fiji(
    path: str | os.PathLike | None = None,
    *,
    download: bool = True,
    time_limit: float = endpoint.TIME_LIMIT,
) -> FijiSource:
    """Find Fiji: the given folder, else the one in ``FIJI_HOME``, else the Maven endpoint with its cache.

    A local folder is only inspected: no Java is started, and the network is not used.

    Parameters
    ----------
    path : path-like, optional
        Folder of a local Fiji, the program in it, or the folder that it was unpacked in.
    download : bool
        Allow downloading Fiji (hundreds of megabytes) and Java if there is none.
    time_limit : float
        Seconds for each download.

    Raises
    ------
    FijiNotFound
        When Fiji, its plugin or Java is missing (see ``.missing``), with the cure.
    """
    installed = find_jars(path, download=download, time_limit=time_limit)
    if installed.plugin is None:
        raise FijiNotFound(
            f"{installed.home or installed.endpoint} has no Correct 3D drift",
            UPDATE,
            missing="plugin",
            found=f"{len(installed.jars)} jars, none called Correct_3D_Drift",
        )
    need = installed.java_needed()
    try:
        java = find_java(installed.home, need)
    except FijiNotFound:
        if not download:
            raise
        endpoint.download_java(time_limit, need.plugin)
        java = find_java(installed.home, need)
    return FijiSource(
        home=installed.home,
        endpoint=installed.endpoint,
        jars=installed.jars,
        java_home=java.home,
        java_version=java.version,
        imagej=installed.version("ij"),
        plugin=installed.plugin,
        imglyb=installed.version("imglib2-imglyb") is not None,
        passed_over=java.passed_over,
    )


def _install() -> str:
    return f"download Fiji from https://fiji.sc, unpack it and give its folder with {option('fiji')} or {HOME_VARIABLE}"


def available(path: str | os.PathLike | None = None) -> tuple[FijiSource | None, str]:
    """Return whether Fiji is available without a download; used by ``--engine auto``.

    Returns
    -------
    source : FijiSource or None
        The Fiji found.
    reason : str
        Its description, or one line on why there is none.
    """
    try:
        source = find_fiji(path, download=False)
    except FijiNotFound as missing:
        return None, missing.reason
    return source, str(source)


@dataclass(frozen=True)
class Installation:
    """The jars of a Fiji, found or downloaded, without a Java to run them."""

    home: Path | None
    endpoint: str | None
    jars: tuple[Path, ...]

    @property
    def plugin(self) -> str | None:
        """Version of Correct 3D drift, ``"script"`` for a script without one; None if it is missing."""
        return self.version("Correct_3D_Drift") or self._script()

    def java_needed(self) -> Need:
        """Which Java its jars, and the classes of plugins that lie about unpacked, were compiled for."""
        loose = () if self.home is None else sorted((self.home / "plugins").rglob("*.class"))
        return java_needed([*self.jars, *loose], [jar for jar in self.jars if CORE.match(jar.name)])

    def version(self, artifact: str) -> str | None:
        """Return the version in the name of an artifact's jar; the last one if an update left several."""
        pattern = re.compile(rf"{re.escape(artifact)}-(\d.*)\.jar", re.IGNORECASE)
        found = [match[1] for jar in self.jars if (match := pattern.fullmatch(jar.name))]
        return found[-1] if found else None

    def _script(self) -> str | None:
        if self.home is None:
            return None
        scripts = (file for folder in ("scripts", "plugins") for file in (self.home / folder).rglob("*.py"))
        return "script" if any(file.name.lower() == "correct_3d_drift.py" for file in scripts) else None


def find_jars(
    path: str | os.PathLike | None, *, download: bool, time_limit: float = endpoint.TIME_LIMIT
) -> Installation:
    """Find Fiji like `find_fiji`, with or without the plugin, but no Java.

    Raises
    ------
    FijiNotFound
        When there is none.
    """
    given = path or os.environ.get(HOME_VARIABLE)
    if given:
        return _local(Path(given).expanduser(), option("fiji") if path else HOME_VARIABLE)
    jars = endpoint.cached()
    if not jars and not download:
        raise FijiNotFound(f"no Fiji: neither {option('fiji')} nor {HOME_VARIABLE} is given", _install())
    return Installation(None, endpoint.FIJI, jars or endpoint.download(time_limit))


def _local(given: Path, named: str) -> Installation:
    home = _home(given)
    if home is None:
        raise FijiNotFound(
            f"no Fiji: {named} is {given}, which is not a Fiji folder",
            f"give the folder that holds jars and plugins (often called Fiji.app or Fiji), or {_install()}",
            found=_seen(given),
        )
    jars = sorted([*(home / "jars").rglob("*.jar"), *(home / "plugins").rglob("*.jar")])
    installed = Installation(home, None, tuple(jars))
    for what, artifacts in NEEDED:
        if not any(installed.version(artifact) for artifact in artifacts):
            raise FijiNotFound(
                f"no Fiji: the ImageJ in {home} lacks {what}, which the plugin needs",
                f"run Help > Update... in it if it is a Fiji, or {_install()}",
                found=f"{len(jars)} jars, ImageJ {installed.version('ij') or 'of unknown version'}",
            )
    return installed


def _home(given: Path) -> Path | None:
    """Find the folder that holds ``jars/ij-*.jar``: the given one, one inside it, or one above a program in it."""
    for folder in (given, given / "Fiji.app", given / "Fiji", *given.parents[:3]):
        if any((folder / "jars").glob("ij-*.jar")) and (folder / "plugins").is_dir():
            return folder.resolve()
    return None


def _seen(given: Path) -> str:
    if not given.exists():
        return "no such folder"
    if (given / "ij.jar").is_file():
        return "plain ImageJ (ij.jar), which has no Fiji plugins"
    if not given.is_dir():
        return "a file"
    names = sorted(entry.name for entry in given.iterdir())
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "") if names else "an empty folder"
