"""Label images beside their movie: in the group `labels` of an OME-Zarr that was written here."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.ome_zarr_facts import CREATOR, Shape
from cpretrain.runtime.spelling import option
from cpretrain.storage.atomic import remove, write_text
from cpretrain.storage.folder_lock import holding
from cpretrain.storage.json_file import read_json
from cpretrain.storage.outputs import LABELS, holdings

RESULTS = "results"
_TO_IMAGE = "../.."


def place_beside(movie: Path, label_name: str) -> Path | None:
    """Return where the label images of a movie go beside it; None where it is no OME-Zarr that was written here.

    Parameters
    ----------
    movie : pathlib.Path
        The movie.
    label_name : str
        What its objects are called; letters that are awkward in a path become ``_``.
    """
    facts = _facts(movie)
    if (
        CREATOR not in facts
        or "image-label" in facts.get("ome", {})
        or "multiscales" not in facts.get("ome", {})
    ):
        return None
    return movie / LABELS / (re.sub(r"[^\w-]+", "_", label_name).strip("_") or "objects")


def image_of(labels: Path) -> Path | None:
    """Return the movie that label images lie beside; None where they lie by themselves."""
    image = labels.parent.parent
    return image if labels.parent.name == LABELS and (image / "zarr.json").is_file() else None


def write_labels(
    path: Path,
    frames: Iterable[NDArray[Any]],
    shape: Shape,
    dtype: np.dtype,
    calibration: Calibration,
    results: Path,
) -> None:
    """Write label images, beside their movie or by themselves, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Where to, as `place_beside` says, or a folder of its own.
    frames, shape, dtype, calibration
        As `cpretrain.images.ome_zarr_writer.write_zarr` takes them.
    results : pathlib.Path
        Folder of the tables that belong to them. Label images of another folder, or of a person, are not replaced.

    Raises
    ------
    BadInput
        When such ones are there, or the disk has too little room.
    """
    from cpretrain.images.ome_zarr_writer import write_label_zarr

    if image_of(path) is None:
        write_label_zarr(path, frames, shape, dtype, calibration)
        return
    with holding(path.parent):
        check_place(path, results)
        facts = {RESULTS: _way(results, path)}
        write_label_zarr(path, frames, shape, dtype, calibration, (_TO_IMAGE, facts))
        _list(path.parent)


def check_place(path: Path, results: Path) -> None:
    """Make sure that no label images of another folder, or of a person, are replaced.

    Raises
    ------
    BadInput
        Naming whose they are.
    """
    if image_of(path) is None or not path.exists():
        return
    theirs = _facts(path).get(CREATOR, {}).get(RESULTS)
    if theirs != _way(results, path):
        raise BadInput(
            f"{path}: holds label images already, which would be replaced",
            found=f"those of {os.path.normpath(path / theirs)}"
            if isinstance(theirs, str)
            else "those of a person",
            cure=f"give the objects another name ({option('class_name')}; of combine the name of {option('out')}), "
            "or move the folder away",
        )


def remove_labels(path: Path) -> None:
    """Remove label images, and take them off the list of the movie that they lie beside."""
    beside = image_of(path) is not None
    remove(path)
    if beside:
        _list(path.parent)


def _list(folder: Path) -> None:
    """Write which label images there are; viewers show those alone."""
    import json

    facts = {"ome": {"version": "0.5", LABELS: [path.name for path in holdings(folder.parent)]}}
    write_text(
        folder / "zarr.json",
        json.dumps({"zarr_format": 3, "node_type": "group", "attributes": facts}, indent=2),
    )


def _facts(group: Path) -> dict[str, Any]:
    """Return what a group says of itself; nothing where it cannot be read."""
    try:
        return dict(read_json(group / "zarr.json")["attributes"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _way(target: Path, start: Path) -> str:
    return Path(os.path.relpath(target.resolve(), start.resolve())).as_posix()
