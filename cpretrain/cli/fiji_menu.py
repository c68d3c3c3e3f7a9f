"""Install the scripts for Fiji's menu in a Fiji, and check whether installed ones are up to date.

The folder ``macros/fiji`` is copied over Fiji's own folder: scripts in ``scripts/Plugins/cpretrain`` appear in Fiji's
menu as *Plugins › cpretrain*, and the code that they share goes to ``jars/Lib``.
"""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.shipped import shipped
from cpretrain.runtime.summary import Summary
from cpretrain.storage.atomic import write_text
from cpretrain.storage.file_name import free_name
from cpretrain.storage.json_file import read_json
from fiji_bridge.facts import Fact
from fiji_bridge.find import find_jars

PYTHON = "jars/Lib/cpretrain_python.txt"
RECORD = "jars/Lib/cpretrain_scripts.json"
INSTALL = "cpretrain fiji-scripts --install"


@dataclass(frozen=True)
class Script:
    """A file that belongs in Fiji's folder.

    Parameters
    ----------
    name : str
        Its path inside Fiji's folder, with slashes.
    state : {'missing', 'current', 'outdated', 'changed'}
        State of the installed file: ``outdated`` is as it was installed, ``changed`` was edited since.
    """

    name: str
    state: str


def fiji_scripts(fiji: Path | None, install: bool) -> Summary:
    """Install the scripts, or report where each would go.

    Parameters
    ----------
    fiji : pathlib.Path or None
        Folder of a local Fiji (default: ``FIJI_HOME``).
    install : bool
        Write the scripts; one that the user has changed is kept as ``NAME.old``.

    Raises
    ------
    BadInput
        When there is no local Fiji, or its folder cannot be written to.
    """
    home = local_fiji(fiji)
    scripts = compare(home)
    if not install:
        lines = [f"{script.state:<9} {home / script.name}" for script in scripts]
        lines.append(
            f'{PYTHON} would name {sys.executable}; to install everything: {INSTALL} --fiji "{home}"'
        )
        return Summary(lines, {"fiji": home, "scripts": [vars(script) for script in scripts]})
    try:
        kept = _install(home, scripts)
    except OSError as error:
        raise BadInput(
            f"{home}: cannot be written to",
            found=str(error),
            cure="run this as a user with write permission, or unpack a Fiji of your own in your home folder",
        ) from error
    lines = [f"kept a changed script as {path}" for path in kept]
    lines.append(f"{len(scripts)} files in {home}; restart Fiji, and look under Plugins > cpretrain")
    return Summary(lines, {"fiji": home, "python": sys.executable, "kept": kept})


def installed(fiji: Path | None = None) -> Fact:
    """Report whether the scripts are in the Fiji found and up to date, for `cpretrain doctor`."""
    try:
        home = local_fiji(fiji)
    except BadInput as missing:
        return Fact(False, missing.problem)
    states = [script.state for script in compare(home)]
    if not any(state != "missing" for state in states):
        return Fact(False, f"not in {home}", f"for Fiji's menu: {INSTALL}")
    old = len(states) - states.count("current")
    if old:
        return Fact(False, f"{old} of {len(states)} in {home} are not from this version", INSTALL)
    return Fact(True, f"in {home}")


def local_fiji(fiji: Path | None) -> Path:
    """Return the folder of the Fiji on this machine.

    Raises
    ------
    BadInput
        When there is none.
    """
    home = find_jars(fiji, download=False).home
    if home is None:
        raise BadInput(
            "the Fiji found has no folder for scripts", cure="name a Fiji with --fiji or FIJI_HOME"
        )
    return home


def compare(home: Path) -> list[Script]:
    """Compare the scripts in a Fiji with those of this package."""
    recorded = _recorded(home)
    found = []
    for name, content in _shipped().items():
        path = home / name
        there = path.read_bytes() if path.is_file() else None
        if there is None:
            state = "missing"
        elif there == content:
            state = "current"
        else:
            state = "outdated" if _hash(there) == recorded.get(name) else "changed"
        found.append(Script(name, state))
    return found


def _install(home: Path, scripts: list[Script]) -> list[Path]:
    shipped, kept = _shipped(), []
    for script in scripts:
        path = home / script.name
        if script.state == "changed":
            kept.append(free_name(path))
            os.replace(path, kept[-1])
        if script.state != "current":
            write_text(path, shipped[script.name].decode("utf-8"))
    write_text(home / PYTHON, f"{sys.executable}\n")
    hashes = {name: _hash(content) for name, content in shipped.items()}
    write_text(home / RECORD, json.dumps(hashes, indent=1) + "\n")
    return kept


def _recorded(home: Path) -> dict[str, str]:
    """Return the SHA-256 of each script as it was installed."""
    try:
        return dict(read_json(home / RECORD))
    except (OSError, ValueError, TypeError):
        return {}


def _shipped() -> dict[str, bytes]:
    """Return the files of this package that belong in Fiji's folder, by their path in it."""
    folder = shipped("macros/fiji")
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".groovy", ".ijm"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
