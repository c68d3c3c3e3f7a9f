"""The models on this machine: those of Cellpose's zoo, and the user's own, which Cellpose's window lists too."""

import shutil
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.models.folder import RECORD, WEIGHTS, ModelFolder
from cpretrain.models.weights import (
    GUI_MODELS,
    SCRATCH,
    models_folder,
    own_models,
    zoo_file,
)
from cpretrain.models.zoo import ZOO
from cpretrain.runtime.spelling import command, option
from cpretrain.runtime.summary import Summary
from cpretrain.storage.atomic import write_aside, write_text
from cpretrain.storage.file_name import is_file_name
from cpretrain.storage.hashing import sha256


def list_models() -> Summary:
    """List the pretrained models of both versions of Cellpose, and the user's own."""
    lines, data = [], []
    for model in ZOO.values():
        path = zoo_file(model.name)
        lines.append(_line(model.name, f"Cellpose {model.cellpose}", path, model.made_for))
        data.append(
            {
                "name": model.name,
                "kind": f"Cellpose {model.cellpose}",
                "made_for": model.made_for,
                "path": path,
                "here": path.is_file(),
                "download": model.url,
                "licence": model.licence,
            }
        )
    for name in own_models():
        path = models_folder() / name
        lines.append(_line(name, "own", path, ""))
        data.append({"name": name, "kind": "own", "path": path, "here": path.is_file()})
    lines += [
        "",
        "A model that is not here is downloaded when it is used. Without internet, download it elsewhere (addresses:",
        f"{command('models', json=True)}) and put it into {models_folder()}",
        "under its file name: " + ", ".join(f"{m.name} → {m.file}" for m in ZOO.values() if m.file != m.name)
        + ", all others under their own names.",
        f"{option('base', SCRATCH)} starts from random weights (Cellpose 3); it needs far more images and epochs.",
    ]  # fmt: skip
    return Summary(lines, {"models": data, "folder": models_folder()})


def install_model(folder: Path, name: str | None = None) -> Summary:
    """Copy a retrained model into Cellpose's folder, and add it to the list that its window shows.

    Parameters
    ----------
    folder : pathlib.Path
        A model folder of this tool.
    name : str, optional
        Name in Cellpose; by default the folder's name.

    Raises
    ------
    BadInput
        When it is not a model folder, or another model there has the same name.
    """
    weights = ModelFolder(folder).weights
    if not weights.is_file() or not ModelFolder(folder).is_one:
        raise BadInput(f"{folder}: is not a model folder", expected=f"a folder with {WEIGHTS} and {RECORD}")
    name = name or folder.resolve().name
    if not is_file_name(name):
        raise BadInput(
            f"{option('name', name)}: cannot be the name of a model",
            expected="a name that every system accepts for a file",
        )
    target = models_folder() / name
    taken = name in ZOO or name in {model.file for model in ZOO.values()} or name == GUI_MODELS
    if taken or (target.exists() and sha256(target) != sha256(weights)):
        raise BadInput(f"{target}: is a different model", cure=f"choose another name with {option('name')}")
    if not target.exists():
        with write_aside(target) as aside:
            shutil.copyfile(weights, aside)
    if name not in own_models():
        write_text(models_folder() / GUI_MODELS, "".join(f"{own}\n" for own in [*own_models(), name]))
    line = f"{name} is in {models_folder()}; Cellpose's window lists it among the custom models"
    return Summary([line], {"name": name, "path": target})


def _line(name: str, kind: str, path: Path, made_for: str) -> str:
    return f"{name:<16} {kind:<11} {'here' if path.is_file() else 'not here':<9} {made_for}".rstrip()
