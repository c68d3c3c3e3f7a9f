"""Copy the package's scripts for QuPath, with the folders of a project filled in."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.shipped import shipped
from cpretrain.runtime.summary import Summary
from cpretrain.storage.atomic import write_text
from cpretrain.storage.file_name import free_name

EXPORT, IMPORT, RETRAIN = (
    "export_ground_truth.groovy",
    "import_predictions.groovy",
    "export_and_retrain.groovy",
)
SCRIPTS = "scripts"
"""Subfolder of a project whose scripts QuPath lists under *Automate › Project scripts*."""

Value = str | Sequence[str] | Mapping[str, str]
Values = Mapping[str, Value]
"""New values of the variables at the head of a script: texts, lists of texts, or texts by text."""


def install_scripts(folder: Path, values: Mapping[str, Values] | None = None) -> list[Path]:
    """Write the scripts into a folder; one that a person changed is kept as ``NAME.groovy.old``.

    Parameters
    ----------
    folder : pathlib.Path
        Folder for the scripts: that of a project, or QuPath's folder of user scripts.
    values : mapping of str to mapping, optional
        Values of the variables at the head of each script, by its file name.

    Returns
    -------
    list of pathlib.Path
        Paths of the scripts.
    """
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name in (EXPORT, IMPORT, RETRAIN):
        text = with_values(shipped(f"macros/qupath/{name}").read_text("utf-8"), (values or {}).get(name, {}))
        path = folder / name
        if path.exists() and path.read_text("utf-8") != text:
            path.replace(free_name(path))
        write_text(path, text)
        written.append(path)
    return written


def with_values(script: str, values: Values) -> str:
    """Return a script with other values of its variables (lines ``def NAME = …`` at its head).

    Raises
    ------
    KeyError
        If there is no such variable.
    """
    for name, value in values.items():
        found = re.search(rf"^def {name} = .*$", script, re.MULTILINE)
        if found is None:
            raise KeyError(name)
        script = f"{script[: found.start()]}def {name} = {_literal(value)}{script[found.end() :]}"
    return script


def _literal(value: Value) -> str:
    """Return a value as a Groovy literal."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"
    if isinstance(value, Mapping):
        return "[" + ", ".join(f"{_literal(key)}: {_literal(text)}" for key, text in value.items()) + "]"
    return "[" + ", ".join(map(_literal, value)) + "]"


def qupath_scripts(install: Path | None) -> Summary:
    """List the paths of the scripts, or copy them.

    Parameters
    ----------
    install : pathlib.Path, optional
        Target folder: that of a QuPath project, or any other.

    Raises
    ------
    BadInput
        If the folder does not exist or cannot be written to.
    """
    if install is None:
        paths = [shipped(f"macros/qupath/{name}") for name in (EXPORT, IMPORT, RETRAIN)]
        return Summary([str(path) for path in paths], {"scripts": paths})
    if not install.is_dir():
        raise BadInput(
            f"{install}: no such folder", expected="a QuPath project, or QuPath's folder of scripts"
        )
    folder = install / SCRIPTS if any(install.glob("*.qpproj")) else install
    try:
        paths = install_scripts(folder)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written to", found=str(error)) from error
    where = (
        "Automate › Project scripts"
        if folder != install
        else "Automate › User scripts, if QuPath knows the folder"
    )
    return Summary([f"{len(paths)} scripts in {folder}; in QuPath: {where}"], {"scripts": paths})
