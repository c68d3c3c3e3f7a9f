"""Label images of a prediction: find TIFFs and OME-Zarrs in a folder, and those beside their movies."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.discovery import list_images
from cpretrain.images.ome_zarr_labels import image_of
from cpretrain.images.ome_zarr_positions import is_ome_zarr
from cpretrain.labels.pairing import bare, ignored_beside, stem
from cpretrain.storage.json_file import read_json


@dataclass(frozen=True)
class LabelImages:
    """Label images of one movie.

    Parameters
    ----------
    name : str
        Name of the movie, without ending.
    path : pathlib.Path
        A TIFF or an OME-Zarr.
    table : pathlib.Path
        The object table that ``cpretrain predict`` writes with them.
    """

    name: str
    path: Path
    table: Path


def label_images_in(folder: Path) -> dict[str, LabelImages]:
    """Find the label images in a folder, and those beside their movies according to the folder's records.

    Returns
    -------
    dict of str to LabelImages
        Label images by the name of the movie, without suffixes added by programs.

    Raises
    ------
    BadInput
        When there are none, or two of one movie.
    """
    beside = _beside_movies(folder)
    stores = [path for path in sorted(folder.iterdir()) if is_ome_zarr(path)] if folder.is_dir() else []
    try:
        tiffs = list_images(folder)
    except BadInput:
        if not (beside or stores):
            raise
        tiffs = []
    ignored = set(ignored_beside(tiffs).values())
    tiffs = [path for path in tiffs if path not in ignored]
    found: dict[str, LabelImages] = {}
    for one in (*map(label_images_of, tiffs), *map(label_images_of, stores), *beside):
        other = found.setdefault(bare(one.name), one)
        if other != one:
            raise BadInput(
                f"{folder}: holds two label images of the same movie",
                found=f"{other.path.name}, {one.path.name}",
            )
    return found


def as_labels(frame: NDArray[Any], path: object) -> NDArray[np.integer]:
    """Return the labels in a frame.

    Parameters
    ----------
    frame : ndarray, shape (Z, C, Y, X)
        A frame of a label image.
    path : object
        Its file, for errors.

    Returns
    -------
    ndarray of int, shape (Z, Y, X)

    Raises
    ------
    BadInput
        When the frame does not hold whole numbers, or negative ones.
    """
    labels, found = frame[:, 0], ""
    if labels.dtype.kind == "b":
        return labels.astype(np.uint8)
    if labels.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            whole = labels.astype(np.int64)
        found = "fractions" if (whole != labels).any() else ""
        labels = whole
    elif labels.dtype.kind not in "iu":
        found = f"pixels of type {labels.dtype}"
    if not found and labels.dtype.kind == "i" and labels.min(initial=0) < 0:
        found = "negative numbers"
    if found:
        expected = "whole numbers, 0 for the background, and one above for each object"
        raise BadInput(f"{path}: is not a label image", found=found, expected=expected)
    return labels


def label_images_of(path: Path) -> LabelImages:
    """Describe the label images in a TIFF or an OME-Zarr."""
    name = stem(path.name.removesuffix(".zarr").removesuffix(".ome") if path.is_dir() else path.name)
    return LabelImages(name, path, path.with_name(f"{name}.objects.csv"))


def _beside_movies(folder: Path) -> list[LabelImages]:
    """List label images inside the OME-Zarr of their movie, from the records in a folder."""
    found = []
    for record in sorted(folder.glob("*.json")):
        try:
            facts = read_json(record)
            path = Path(os.path.normpath(folder / facts["labels"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if facts.get("step") == "predict" and image_of(path) is not None and is_ome_zarr(path):
            found.append(LabelImages(record.stem, path, record.with_suffix(".objects.csv")))
    return found
