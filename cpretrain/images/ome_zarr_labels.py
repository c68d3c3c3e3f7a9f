"""Label images beside their movie, in the group `labels` of an OME-Zarr that cpretrain wrote."""

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
    """Return the path for label images inside a movie; None if it is not an OME-Zarr that cpretrain wrote.

    Parameters
    ----------
    movie : pathlib.Path
        The movie.
    label_name : str
        Name of the objects; characters that are awkward in a path become ``_``.
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
    """Return the movie around label images; None if they are separate."""
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
    """Write label images, inside their movie or separately, atomically.

    Parameters
    ----------
    path : pathlib.Path
        A path from `place_beside`, or a separate folder.
    frames, shape, dtype, calibration
        See `cpretrain.images.ome_zarr_writer.write_zarr`.
    results : pathlib.Path
        Folder of the tables that belong to them. Label images of another folder, or of a person, are not replaced.

    Raises
    ------
    BadInput
        When there are such label images already, or the disk has too little free space.
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
    """Check that no label images of another folder, or of a person, are replaced.

    Raises
    ------
    BadInput
        When they would be; the error names their owner.
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
            cure=f"give the objects another name ({option('class_name')}; for combine, the name of {option('out')}), "
            "or move the folder away",
        )


def remove_labels(path: Path) -> None:
    """Remove label images, and delete them from the list in their movie."""
    beside = image_of(path) is not None
    remove(path)
    if beside:
        _list(path.parent)


def _list(folder: Path) -> None:
    """Write the list of label images; viewers show only those listed."""
    import json

    facts = {"ome": {"version": "0.5", LABELS: [path.name for path in holdings(folder.parent)]}}
    write_text(
        folder / "zarr.json",
        json.dumps({"zarr_format": 3, "node_type": "group", "attributes": facts}, indent=2),
    )


def _facts(group: Path) -> dict[str, Any]:
    """Return the attributes of a group; an empty dict if they cannot be read."""
    try:
        return dict(read_json(group / "zarr.json")["attributes"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _way(target: Path, start: Path) -> str:
    return Path(os.path.relpath(target.resolve(), start.resolve())).as_posix()
