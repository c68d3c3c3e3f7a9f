"""A label image in memory: objects 1…N without gaps, and how it was read."""

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
    labels : ndarray of uint16 (uint32 above 65,535 objects), shape (Y, X)
        0 is background, objects are 1…N without gaps.
    encoding : str
        Encoding of the file, in words.
    in_pieces : int
        Number of objects that consist of several separate pieces.
    notes : tuple of str
        Remarks for the user on how it was read.
    overlapping : int
        Number of objects that lost pixels to another one (known for outlines only).
    classes, names : tuple of str
        Class and name of each object, in order (known for outlines only).
    ignored : ndarray of bool, shape (Y, X), optional
        Pixels of which nobody said what they show; see `cpretrain.labels.ignored`. None if all are known.
    """

    labels: NDArray[Any]
    encoding: str
    in_pieces: int = 0
    notes: tuple[str, ...] = ()
    overlapping: int = 0
    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ignored: NDArray[np.bool_] | None = None

    @property
    def objects(self) -> int:
        """Number of objects."""
        return int(self.labels.max(initial=0))

    def with_notes(self, notes: Iterable[str]) -> "LabelImage":
        """Return a copy with further notes."""
        return replace(self, notes=(*notes, *self.notes))


def relabel(ids: NDArray[Any]) -> NDArray[Any]:
    """Renumber ids to 1…N without gaps, in increasing order; 0 stays 0.

    Works on runs of equal pixels along the rows, so that neither the number of objects nor the size of the ids
    matters for speed.

    Parameters
    ----------
    ids : ndarray of int, any shape
        Whole numbers from 0.

    Returns
    -------
    ndarray of uint16 (uint32 above 65,535 objects), shape of `ids`
        The new numbers.
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
    labels : ndarray of int, shape (Y, X)
        Objects 1…N.

    Returns
    -------
    pieces : ndarray of int, shape (Y, X)
        Pieces 1…M.
    owner : ndarray of int64, shape (M,)
        The object that each piece belongs to.
    """
    from skimage.measure import label

    pieces = label(labels, background=0, connectivity=2)
    owner = np.zeros(int(pieces.max(initial=0)) + 1, np.int64)
    owner[pieces.reshape(-1)] = labels.reshape(-1)
    return pieces, owner[1:]


def instances(ids: NDArray[Any], encoding: str) -> LabelImage:
    """Take each number as an object, without further checks.

    Parameters
    ----------
    ids : ndarray of int, shape (Y, X)
        Whole numbers from 0.
    encoding : str
        Encoding of the file, in words.
    """
    labels = relabel(ids)
    _, owner = pieces_of(labels)
    in_pieces = int((np.bincount(owner) > 1).sum()) if len(owner) else 0
    return LabelImage(labels, encoding, in_pieces, notes=() if len(owner) else (EMPTY,))
