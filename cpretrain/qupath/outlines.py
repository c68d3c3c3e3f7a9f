"""Outlines to label images and back: a vertex is a corner of a pixel, so that a 3 × 3 square is 9 pixels."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.qupath.label_image import EMPTY, LabelImage, pieces_of, relabel
from cpretrain.qupath.polygon_fill import fill
from cpretrain.qupath.polygon_trace import trace_polygons

FARTHEST = 1e7
"""Coordinates beyond this many pixels are taken for damage."""

Ring = NDArray[np.float64]
Polygon = list[Ring]


@dataclass(frozen=True)
class Outline:
    """One drawn object.

    Parameters
    ----------
    polygons : list of list of ndarray
        Polygons of an outer ring and its holes; a ring has shape (n, 2), columns x and y, in pixels, from the
        image's top left corner.
    class_name, name : str
        Class and name that it was given; may be empty.
    """

    polygons: list[Polygon]
    class_name: str = ""
    name: str = ""

    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest x and y, largest x and y."""
        outer = np.concatenate([polygon[0] for polygon in self.polygons])
        (left, top), (right, bottom) = outer.min(axis=0), outer.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def ring(points: Any) -> Ring:
    """Check a ring of x, y (further coordinates are dropped) and close it.

    Raises
    ------
    ValueError
        With fewer than three corners, or coordinates that are no numbers in a plausible range.
    """
    corners = np.asarray(points, np.float64)
    if corners.ndim != 2 or corners.shape[1] < 2 or len(corners) < 3:
        raise ValueError(f"a ring of shape {corners.shape} instead of three or more corners x, y")
    corners = corners[:, :2]
    if not (np.abs(corners) < FARTHEST).all():
        raise ValueError("a corner that is no number or lies beyond any image")
    if (corners[0] != corners[-1]).any():
        corners = np.concatenate([corners, corners[:1]])
    if len(corners) < 4:
        raise ValueError("a ring with fewer than three corners")
    return corners


def rasterise(
    path: str | os.PathLike, outlines: Sequence[Outline], size: tuple[int, int], encoding: str
) -> LabelImage:
    """Fill outlines in the order given; where two overlap, the later one wins.

    A pixel belongs to an object when its centre lies inside (even-odd rule).

    Parameters
    ----------
    path : path-like
        The file, for errors.
    outlines : sequence of Outline
        The objects.
    size : tuple of int
        Height and width of the image.
    encoding : str
        What the file was, in words.

    Returns
    -------
    LabelImage
        With the class of each object that is left, and the number of those that lost pixels to a later one.

    Raises
    ------
    BadInput
        When an object lies outside the image altogether: then this is the wrong image.
    """
    if not outlines:
        return LabelImage(np.zeros(size, np.uint16), encoding, notes=(EMPTY,))
    _check_inside(path, outlines, size)
    rings = [corners for outline in outlines for polygon in outline.polygons for corners in polygon]
    owners = [
        number for number, outline in enumerate(outlines, 1) for polygon in outline.polygons for _ in polygon
    ]
    filled, drawn = fill(rings, owners, size)
    visible = np.bincount(filled.reshape(-1), minlength=len(drawn))
    left = 1 + np.flatnonzero(visible[1:])
    covered = 1 + np.flatnonzero(visible[1:] < drawn[1:])
    labels = relabel(filled)
    _, owner = pieces_of(labels)
    return LabelImage(
        labels,
        encoding,
        in_pieces=int((np.bincount(owner, minlength=1)[1:] > 1).sum()),
        notes=tuple(_notes(len(outlines), left, covered)),
        overlapping=len(covered),
        classes=tuple(outlines[number - 1].class_name for number in left),
        names=tuple(outlines[number - 1].name for number in left),
    )


def trace(labels: NDArray[Any]) -> list[Outline]:
    """Trace every object along the edges of its pixels, holes and separate pieces included.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; objects 1…N, 0 is background.

    Returns
    -------
    list of Outline
        One for each object, in order; `rasterise` gives `labels` back exactly.
    """
    return [Outline(polygons) for polygons in trace_polygons(labels).values()]


def _check_inside(path: str | os.PathLike, outlines: Sequence[Outline], size: tuple[int, int]) -> None:
    bounds = np.array([outline.bounds() for outline in outlines])
    height, width = size
    outside = (bounds[:, 2] <= 0) | (bounds[:, 3] <= 0) | (bounds[:, 0] >= width) | (bounds[:, 1] >= height)
    if outside.any():
        left, top = bounds[:, :2].min(axis=0)
        right, bottom = bounds[:, 2:].max(axis=0)
        raise BadInput(
            f"{path}: {outside.sum()} of {len(outlines)} objects lie outside the image",
            found=f"outlines from x {left:g}, y {top:g} to x {right:g}, y {bottom:g}",
            expected=f"inside {width} × {height} pixels (width × height)",
            cure="export from the image that is trained on, in its own full-resolution pixels "
            "(these outlines belong to another image, or to the one that it was cut from)",
        )


def _notes(drawn: int, left: NDArray[Any], covered: NDArray[Any]) -> list[str]:
    notes = []
    if len(covered):
        notes.append(f"{len(covered)} of {drawn} objects are covered in part or whole by one drawn later")
    if len(left) < drawn:
        notes.append(f"{drawn - len(left)} objects leave no pixel (covered altogether, or too small)")
    return notes
