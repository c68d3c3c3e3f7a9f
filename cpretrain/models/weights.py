"""Base models: find them by name or path, with the version of Cellpose that each needs."""

import io
import os
import zipfile
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.models.folder import RECORD, WEIGHTS, ModelFolder
from cpretrain.models.zoo import ZOO, zoo_names
from cpretrain.runtime.spelling import option
from cpretrain.storage.json_file import read_json

SCRATCH = "scratch"
GUI_MODELS = "gui_models.txt"
"""File in Cellpose's own folder: the models that its window lists beside the pretrained ones."""

DIAMETERS = (1.0, 10_000.0)
"""Allowed diameters of a model's objects, in pixels; others would enlarge an image beyond any memory."""


@dataclass(frozen=True)
class ModelWeights:
    """A model to start from.

    Parameters
    ----------
    name : str
        Name as requested.
    path : pathlib.Path or None
        Its weights; None for a network with random weights.
    downloadable : bool
        True if Cellpose can download the weights when they are missing.
    """

    name: str
    path: Path | None
    downloadable: bool = False

    @property
    def licence(self) -> str:
        """Known facts about the licence of its weights; a retrained model has that of its base."""
        if self.path is None:
            return "there is none, it started from random weights"
        if self.name in ZOO:
            return ZOO[self.name].licence
        folder = ModelFolder(self.path.parent)
        if folder.is_one:
            try:
                return str(read_json(folder.record)["base"]["licence"])
            except (OSError, ValueError, KeyError, TypeError):
                return f"unknown, {RECORD} beside it does not state it"
        return "unknown, a file of weights does not state it"


def cellpose_major() -> int:
    """Return the major version of the installed Cellpose, without importing it.

    Raises
    ------
    BadInput
        When Cellpose is not installed, or its version is not supported.
    """
    try:
        version = metadata.version("cellpose")
    except metadata.PackageNotFoundError:
        raise BadInput(
            "Cellpose is not installed",
            cure="install one: pip install 'cpretrain[cellpose3]' or 'cpretrain[cellpose4]'",
        ) from None
    major = int(version.split(".")[0])
    if major not in (3, 4):
        raise BadInput(f"Cellpose {version} is not supported", expected="Cellpose 3.1 or 4.2")
    return major


def models_folder() -> Path:
    """Return the folder in which Cellpose keeps its models on this machine."""
    return Path(os.environ.get("CELLPOSE_LOCAL_MODELS_PATH") or Path.home() / ".cellpose" / "models")


def zoo_file(name: str) -> Path:
    """Return the path of a zoo model's weights, whether or not they are downloaded yet."""
    return models_folder() / ZOO[name].file


def find_base(name: str | os.PathLike[str], finetuned: bool = True) -> ModelWeights:
    """Find a base model by its name or path.

    Parameters
    ----------
    name : str or path-like
        The name of a zoo model or of a model that the user added to Cellpose, a weights file, a model folder of this
        tool, or ``scratch``.
    finetuned : bool
        Accept a model that this tool retrained.

    Returns
    -------
    ModelWeights
        Checked to be loadable by the installed Cellpose, unless it still has to be downloaded.

    Raises
    ------
    BadInput
        When there is no such model, or it belongs to another version of Cellpose. (Cellpose itself would then use
        its default model, with only a warning.)
    """
    major = cellpose_major()
    name = os.fspath(name)
    given = Path(name).expanduser()
    if name == SCRATCH:
        if major != 3:
            raise BadInput(
                "base model scratch: Cellpose 4 cannot train from random weights",
                cure="name a base model, for example cpsam_v2, or install 'cpretrain[cellpose3]'",
            )
        return ModelWeights(name, None)
    if os.path.isfile(ModelFolder(given).weights):
        given = ModelFolder(given).weights
    if os.path.isfile(given):  # unlike Path.is_file, it also works for names that are too long
        if not finetuned and ModelFolder(given.parent).is_one:
            raise _finetuned(given)
        _check_version(given, major)
        return ModelWeights(name, given)
    if name in zoo_names(major):
        return ModelWeights(name, zoo_file(name), downloadable=True)
    own = models_folder() / name
    if name in own_models() and own.is_file():
        _check_version(own, major)
        return ModelWeights(name, own)
    raise _unknown(name, major)


def own_models() -> list[str]:
    """List the names of the models that the user added to Cellpose."""
    listed = models_folder() / GUI_MODELS
    lines = listed.read_text("utf-8", "replace").splitlines() if listed.is_file() else []
    return [line.strip() for line in lines if line.strip()]


def stored_weights(path: Path) -> dict[str, Any]:
    """Open a weights file: tensors by name, read from the disk only when used (except in old formats).

    Raises
    ------
    ValueError
        When it holds anything other than tensors by name; torch raises many other exceptions.
    """
    import torch

    if zipfile.is_zipfile(path):
        stored = dict(torch.load(path, map_location="cpu", weights_only=True, mmap=True))
    else:
        data = io.BytesIO(
            path.read_bytes()
        )  # from a file, torch would allocate whatever a damaged length says
        stored = dict(torch.load(data, map_location="cpu", weights_only=True))
    other = [name for name, value in stored.items() if not isinstance(value, torch.Tensor)]
    if other or not all(isinstance(name, str) for name in stored):
        raise ValueError(f"no tensor by name: {other[0] if other else 'names that are no texts'}")
    return stored


def _unknown(name: str, major: int) -> BadInput:
    if name in ZOO:
        other = ZOO[name].cellpose
        return BadInput(
            f"base model {name}: belongs to Cellpose {other}",
            found=f"Cellpose {metadata.version('cellpose')}",
            cure=f"install 'cpretrain[cellpose{other}]' in a separate environment",
        )
    if os.path.isdir(os.path.expanduser(name)):
        return BadInput(
            f"{name}: is not a model folder",
            found=f"a folder without {WEIGHTS}",
            expected="a folder that a training made, a weights file, or the name of a model",
        )
    known = [*zoo_names(major), *own_models()]
    near = get_close_matches(name, known, n=1)
    return BadInput(
        f"base model {name}: no such file, and no model of that name",
        expected="a weights file or one of " + ", ".join(known),
        cure=f"did you mean {near[0]}?" if near else "check the name or the path",
    )


def _finetuned(path: Path) -> BadInput:
    return BadInput(
        f"{path}: is a model that was retrained here already",
        expected="the base model that it was retrained from",
        cure="retrain that base on the data of all rounds together, which gives better models; "
        f"or add {option('continue_from_finetuned', True)} to continue from this one all the same",
    )


def _check_version(path: Path, major: int) -> None:
    """Check by its keys which Cellpose made a checkpoint: each version loads the other's wrongly or not at all."""
    try:
        keys = stored_weights(path).keys()
    except Exception as error:  # torch raises many kinds of exceptions, none documented
        raise DamagedFile(
            path,
            error,
            problem="cannot be read as model weights",
            expected="a file of weights saved by Cellpose",
            cure=None,
        ) from error
    made_by = 4 if "W2" in keys else 3 if "output.2.weight" in keys else None
    if made_by is None:
        raise BadInput(f"{path}: holds weights, but not those of a Cellpose model")
    if made_by != major:
        raise BadInput(
            f"{path}: weights of Cellpose {made_by}",
            found=f"Cellpose {metadata.version('cellpose')} installed",
            cure=f"install 'cpretrain[cellpose{made_by}]' in a separate environment",
        )
