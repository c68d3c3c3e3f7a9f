"""Facts about Java and Fiji on this machine, for `cpretrain doctor`."""

import os
from dataclasses import dataclass

from fiji_bridge.errors import FijiNotFound
from fiji_bridge.find import UPDATE, Installation, find_jars
from fiji_bridge.java import USE_JAVA_HOME, find_java
from fiji_bridge.java_needed import NOTHING_NEWER


@dataclass(frozen=True)
class Fact:
    """One fact about this machine.

    Parameters
    ----------
    found : bool
        True if it was found.
    what : str
        What was found, or why nothing was.
    cure : str
        What to do if it is missing; empty if there is nothing to do.
    """

    found: bool
    what: str
    cure: str = ""


def doctor(path: str | os.PathLike | None = None) -> dict[str, Fact]:
    """Look for Java, Fiji, ImageJ, the plugin and the jar that PyImageJ shares memory with.

    Nothing is started or downloaded.

    Parameters
    ----------
    path : path-like, optional
        Folder of a local Fiji (default: ``FIJI_HOME``, else the cached download).

    Returns
    -------
    dict of str to Fact
        Facts for ``java``, ``fiji``, ``imagej``, ``plugin`` and ``imglyb``.
    """
    try:
        installed, fiji = find_jars(path, download=False), None
    except FijiNotFound as missing:
        installed, fiji = None, missing
    return {"java": _java(installed), **_fiji(installed, fiji)}


def _java(installed: Installation | None) -> Fact:
    need = installed.java_needed() if installed else NOTHING_NEWER
    try:
        java = find_java(installed.home if installed else None, need)
    except FijiNotFound as missing:
        return Fact(False, f"{missing.reason} ({missing.found})", missing.cure or "")
    needs = f"; this Fiji needs {need}" if installed else ""
    what = f"{java.version} in {java.home} ({java.origin}{needs})"
    if java.passed_over:
        return Fact(True, f"{what}; {java.passed_over}", USE_JAVA_HOME)
    return Fact(True, what)


def _fiji(installed: Installation | None, missing: FijiNotFound | None) -> dict[str, Fact]:
    if installed is None:
        assert missing is not None
        why = f"{missing.reason} ({missing.found})" if missing.found else missing.reason
        unknown = Fact(False, "not looked for: see fiji")
        cure = f"{missing.cure}; the native engine needs no Fiji"
        return {
            "fiji": Fact(False, why, cure),
            "imagej": unknown,
            "plugin": unknown,
            "imglyb": unknown,
        }
    version, imglyb = installed.version("ij"), installed.version("imglib2-imglyb")
    return {
        "fiji": Fact(True, str(installed.home or installed.endpoint)),
        "imagej": Fact(version is not None, version or "no jar that begins with ij-"),
        "plugin": Fact(True, f"Correct 3D drift {installed.plugin}")
        if installed.plugin
        else Fact(False, "no Correct 3D drift in this Fiji", UPDATE),
        "imglyb": Fact(True, imglyb)
        if imglyb
        else Fact(
            False,
            "Fiji has no imglib2-imglyb jar; cpretrain does not need it; PyImageJ in a notebook would download it",
        ),
    }
