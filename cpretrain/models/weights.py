"""Which base models there are, where each lies on this machine, and which Cellpose loads it."""

import io
import os
import zipfile
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.models.folder import RECORD, ModelFolder
from cpretrain.models.zoo import ZOO, zoo_names
from cpretrain.runtime.spelling import option
from cpretrain.storage.json_file import read_json

SCRATCH = "scratch"
GUI_MODELS = "gui_models.txt"
"""In Cellpose's own folder: the models that its window lists beside the pretrained ones."""

DIAMETERS = (1.0, 10_000.0)
"""Diameters of objects, in pixels, that a model can have; with others an image would be enlarged beyond all memory."""


@dataclass(frozen=True)
class ModelWeights:
    """A model to start from.

    Parameters
    ----------
    name : str
        As it was asked for.
    path : pathlib.Path or None
        Its weights; None for a network with random weights.
    downloadable : bool
        Whether Cellpose can fetch the weights, should they not be there.
    """

    name: str
    path: Path | None
    downloadable: bool = False

    @property
    def licence(self) -> str:
        """What is known about the licence of its weights; a retrained model has that of its base."""
        if self.path is None:
            return "there is none, it started from random weights"
        if self.name in ZOO:
            return ZOO[self.name].licence
        folder = ModelFolder(self.path.parent)
        if folder.is_one:
            try:
                return str(read_json(folder.record)["base"]["licence"])
            except (OSError, ValueError, KeyError, TypeError):
                return f"not known, {RECORD} beside it does not state it"
        return "not known, a file of weights does not state it"


def cellpose_major() -> int:
    """Major version of the installed Cellpose, without importing it.

    Raises
    ------
    BadInput
        When none is installed, or one that is not supported.
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
    """Where Cellpose keeps its models on this machine."""
    return Path(os.environ.get("CELLPOSE_LOCAL_MODELS_PATH") or Path.home() / ".cellpose" / "models")


def zoo_file(name: str) -> Path:
    """Where the weights of a zoo model lie, or would lie once downloaded."""
    return models_folder() / ZOO[name].file


def find_base(name: str | os.PathLike[str], finetuned: bool = True) -> ModelWeights:
    """Find a base model by its name or path.

    Parameters
    ----------
    name : str or path-like
        A name of the zoo or of one of the user's models in Cellpose, a weights file, a model folder of this
        tool, or ``scratch``.
    finetuned : bool
        Whether a model that this tool made will do.

    Returns
    -------
    ModelWeights
        Checked to be loadable by the installed Cellpose, unless it still has to be downloaded.

    Raises
    ------
    BadInput
        When there is no such model, or it belongs to another version of Cellpose. (Cellpose itself takes its
        default model then, with no more than a warning.)
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
    if os.path.isfile(given):  # unlike Path.is_file, also for names that are too long
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
    """Names of the models that the user registered in Cellpose."""
    listed = models_folder() / GUI_MODELS
    lines = listed.read_text("utf-8", "replace").splitlines() if listed.is_file() else []
    return [line.strip() for line in lines if line.strip()]


def stored_weights(path: Path) -> dict[str, Any]:
    """Open a file of weights: tensors by name, read from the disk only when they are used (but in old formats).

    Raises
    ------
    ValueError
        When it holds something else than tensors by name; torch raises many more.
    """
    import torch

    if zipfile.is_zipfile(path):
        stored = dict(torch.load(path, map_location="cpu", weights_only=True, mmap=True))
    else:
        data = io.BytesIO(
            path.read_bytes()
        )  # from a file, torch would ask for as much as a damaged length says
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
            cure=f"install 'cpretrain[cellpose{other}]' in an environment of its own",
        )
    known = [*zoo_names(major), *own_models()]
    near = get_close_matches(name, known, n=1)
    return BadInput(
        f"base model {name}: there is no such file and no model of that name",
        expected="a weights file or one of " + ", ".join(known),
        cure=f"did you mean {near[0]}?" if near else "check the name or the path",
    )


def _finetuned(path: Path) -> BadInput:
    return BadInput(
        f"{path}: is a model that was retrained here already",
        expected="the base model that it was retrained from",
        cure="retrain that base on the data of all rounds together, which gives better models; "
        f"or add {option('continue_from_finetuned', True)} to go on from this one all the same",
    )


def _check_version(path: Path, major: int) -> None:
    """Tell by its keys which Cellpose made a checkpoint; both versions load the other's wrongly or not at all."""
    try:
        keys = stored_weights(path).keys()
    except Exception as error:  # torch raises many kinds, none of them documented
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
            cure=f"install 'cpretrain[cellpose{made_by}]' in an environment of its own",
        )
