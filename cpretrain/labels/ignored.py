"""Ignored pixels of an image that is drawn in part: what they show is unknown, neither object nor background.

They are kept in a file of their own beside the label image, ``NAME_ignore.tif``: any number but 0 marks a pixel that
is left out of training and of every score.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.labels.encodings import read_ids
from cpretrain.labels.label_image import EMPTY, LabelImage, relabel
from cpretrain.labels.own_file import as_tiff, is_own
from cpretrain.labels.pairing import IGNORED, stem
from cpretrain.labels.size_check import check_size
from cpretrain.runtime.wording import counted
from cpretrain.storage.atomic import write_aside

SOFTWARE = "cpretrain, ignored pixels are 1"
"""Mark in the TIFF tag *Software* by which a file is known to be written by cpretrain."""

MOST = 0.5
"""An object with more than this share of its pixels ignored counts as ignored itself."""

Mask = NDArray[np.bool_]


def ignored_file(labels: Path) -> Path:
    """Return the path of the ignored pixels that belong to a label image ``NAME.tif``."""
    return labels.with_name(f"{stem(labels.name)}{IGNORED}.tif")


def ignored_as_tiff(ignored: Mask) -> bytes:
    """Encode ignored pixels, ndarray of bool, shape (Y, X), as a TIFF of 0 and 1."""
    return as_tiff(ignored.astype(np.uint8), SOFTWARE)


def write_ignored(path: Path, ignored: Mask) -> None:
    """Write ignored pixels like `ignored_as_tiff`, atomically."""
    with write_aside(path) as aside:
        aside.write_bytes(ignored_as_tiff(ignored))


def wrote_ignored(path: Path) -> bool:
    """Return whether a file holds ignored pixels that cpretrain wrote, as its TIFF tag states."""
    try:
        with tifffile.TiffFile(path) as file:
            return is_own(file.pages[0], SOFTWARE)  # type: ignore[arg-type]
    except (OSError, ValueError, IndexError, AttributeError):
        return False


def read_ignored(path: Path, size: tuple[int, ...]) -> Mask:
    """Read the ignored pixels of an image.

    Parameters
    ----------
    path : pathlib.Path
        A TIFF or PNG.
    size : tuple of int
        Height and width of the image in pixels.

    Returns
    -------
    ndarray of bool, shape (Y, X)

    Raises
    ------
    BadInput
        When the file is damaged, or differs in size from the image.
    """
    ids, _ = read_ids(path)
    check_size(path, ids.shape, size, "mark the ignored pixels on the training image itself")
    return ids > 0


def mostly_in(labels: NDArray[Any], ignored: Mask) -> NDArray[Any]:
    """List the objects with more than half of their pixels ignored.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        0 is background.
    ignored : ndarray of bool, shape (Y, X)
        Ignored pixels.

    Returns
    -------
    ndarray of int, shape (objects,)
        Their numbers, in ascending order.
    """
    areas = np.bincount(labels.reshape(-1))
    inside = np.bincount(labels[ignored], minlength=len(areas))
    inside[0] = 0
    return np.flatnonzero(inside > MOST * areas)


def known_part(labels: NDArray[Any], ignored: Mask) -> NDArray[Any]:
    """Return predicted labels as far as they can be judged.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        0 is background.
    ignored : ndarray of bool, shape (Y, X)
        Ignored pixels.

    Returns
    -------
    ndarray of int, shape (Y, X)
        The labels without ignored pixels, and without objects that are ignored by more than half; numbers are kept.
    """
    unknown = ignored | np.isin(labels, mostly_in(labels, ignored))
    return np.where(unknown, 0, labels).astype(labels.dtype)


def set_apart(image: LabelImage, ignored: Mask) -> LabelImage:
    """Divide the pixels of drawn labels into known and ignored ones.

    An object that lies in ignored pixels by more than half is ignored as a whole; any other object is known as a whole.

    Parameters
    ----------
    image : LabelImage
        The labels.
    ignored : ndarray of bool, shape (Y, X)
        Pixels that were marked to be ignored.

    Returns
    -------
    LabelImage
        Labels without ignored objects, numbered anew, with ``ignored`` set; no pixel is both labelled and ignored.
    """
    dropped = mostly_in(image.labels, ignored)
    gone = np.isin(image.labels, dropped)
    labels = relabel(np.where(gone, 0, image.labels))
    kept = np.setdiff1d(np.arange(1, image.objects + 1), dropped) - 1
    changed = replace(
        image,
        labels=labels,
        ignored=(ignored | gone) & (labels == 0),
        classes=_chosen(image.classes, kept),
        names=_chosen(image.names, kept),
    )
    notes = [f"{counted(len(dropped), 'object')} in ignored areas left out"] if len(dropped) else []
    return changed.with_notes([*notes, *([EMPTY] if len(dropped) and not len(kept) else [])])


def _chosen(texts: tuple[str, ...], indices: NDArray[Any]) -> tuple[str, ...]:
    return tuple(texts[index] for index in indices) if texts else ()
