"""Correction in Cellpose's own window instead of QuPath: write and read ``NAME_seg.npy`` beside a crop."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import Crop
from cpretrain.errors import BadInput
from cpretrain.images.dtypes import label_type
from cpretrain.labels.own_file import write_labels
from cpretrain.labels.pairing import stem
from cpretrain.labels.seg_npy import PREDICTED as PREDICTED
from cpretrain.labels.seg_npy import read_window_file as read_window_file
from cpretrain.labels.tiff_plane import read_plane
from cpretrain.models.versions import outlines_of_labels
from cpretrain.rounds.folder import Part
from cpretrain.storage.atomic import write_aside


def window_file(part: Part, crop: Crop) -> Path:
    """Return the path at which the window looks for the outlines of a crop, and saves them."""
    return part.images / f"{Path(crop.file).stem}_seg.npy"


def write_window_files(part: Part) -> None:
    """Write the predictions for all crops so that Cellpose's window shows them when it opens a crop."""
    for crop in part.crops:
        labels = read_plane(part.predictions / crop.file).pixels
        write_window_file(window_file(part, crop), crop.file, labels)


def write_window_file(path: Path, image: str, labels: NDArray[Any]) -> None:
    """Write labels as ``NAME_seg.npy``.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    image : str
        Name of the image, which is beside it.
    labels : ndarray of int, shape (Y, X)
        0 is background.
    """
    labels = labels.astype(label_type(labels.max(initial=0)))
    content = {
        "filename": image,
        "masks": labels,
        "outlines": labels * outlines_of_labels(labels),
        "ismanual": np.zeros(labels.max(initial=0), bool),
        PREDICTED: True,
    }
    with write_aside(path) as aside:
        np.save(aside, np.array(content), allow_pickle=True)


def saved_in_window(part: Part) -> dict[str, NDArray[Any]]:
    """Read the labels that were saved in the window.

    Returns
    -------
    dict of str to ndarray of int, shape (Y, X)
        Labels by crop name.

    Raises
    ------
    BadInput
        When a file cannot be read, or its size differs from that of its crop.
    """
    found = {}
    for crop in part.crops:
        path = window_file(part, crop)
        labels = read_window_file(path) if path.is_file() else None
        if labels is None:
            continue
        size = crop.height + 2 * crop.border, crop.width + 2 * crop.border
        if labels.shape != size:
            raise BadInput(
                f"{path}: its masks differ in size from {crop.file}",
                found=f"shape {labels.shape}",
                expected=f"shape {size}",
            )
        found[crop.file] = labels
    return found


def take_in_window_files(part: Part) -> None:
    """Copy labels that were saved in the window to the ground truth."""
    for name, labels in saved_in_window(part).items():
        labels = labels.astype(label_type(labels.max(initial=0)))
        write_labels(part.ground_truth / f"{stem(name)}_masks.tif", labels)
