"""A label image in memory: instances 1 to N without gaps, and how it was read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.dtypes import label_type

EMPTY = "no objects in this image"


@dataclass(frozen=True)
class LabelImage:
    """Objects of one image.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; uint16, or uint32 above 65,535 objects; 0 is background, objects are 1…N without gaps.
    encoding : str
        What the file was, in words.
    in_pieces : int
        Number of objects that consist of several separate pieces.
    notes : tuple of str
        What a person should know about how it was read.
    overlapping : int
        Number of objects that lost pixels to another one (known of outlines only).
    classes, names : tuple of str
        Class and name of each object, in order (known of outlines only).
    """

    labels: NDArray[Any]
    encoding: str
    in_pieces: int = 0
    notes: tuple[str, ...] = ()
    overlapping: int = 0
    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def objects(self) -> int:
        """Number of objects."""
        return int(self.labels.max(initial=0))

    def with_notes(self, notes: Iterable[str]) -> "LabelImage":
        """Return the same with further notes."""
        return replace(self, notes=(*notes, *self.notes))


def relabel(ids: NDArray[Any]) -> NDArray[Any]:
    """Renumber ids to 1…N without gaps, in increasing order; 0 stays 0.

    Works on runs of equal pixels along the rows, so that neither the number of objects nor the size of an id
    costs anything.

    Parameters
    ----------
    ids : ndarray
        Any shape, whole numbers from 0.

    Returns
    -------
    ndarray
        Same shape; uint16, or uint32 above 65,535 objects.
    """
    if ids.size == 0:
        return np.zeros(ids.shape, np.uint16)
    flat = ids.reshape(-1)
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    values, runs = np.unique(flat[starts], return_inverse=True)
    numbers = np.arange(len(values)) + (0 if values[0] == 0 else 1)
    small = numbers.astype(label_type(numbers[-1]))
    return np.repeat(small[runs], np.diff(starts, append=flat.size)).reshape(ids.shape)


def pieces_of(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Find the connected pieces of all objects; pixels that touch at a corner are connected.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; objects 1…N.

    Returns
    -------
    pieces : ndarray
        Same shape; pieces 1…M.
    owner : ndarray
        Shape (M,); the object that each piece belongs to.
    """
    from skimage.measure import label

    pieces = label(labels, background=0, connectivity=2)
    owner = np.zeros(int(pieces.max(initial=0)) + 1, np.int64)
    owner[pieces.reshape(-1)] = labels.reshape(-1)
    return pieces, owner[1:]


def instances(ids: NDArray[Any], encoding: str) -> LabelImage:
    """Take each number as an object, and nothing else.

    Parameters
    ----------
    ids : ndarray
        Axes y, x; whole numbers from 0.
    encoding : str
        What the file was, in words.
    """
    labels = relabel(ids)
    _, owner = pieces_of(labels)
    in_pieces = int((np.bincount(owner) > 1).sum()) if len(owner) else 0
    return LabelImage(labels, encoding, in_pieces, notes=() if len(owner) else (EMPTY,))
