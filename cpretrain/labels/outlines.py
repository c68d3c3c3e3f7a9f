"""Outlines to label images and back: a vertex is a corner of a pixel, so that a 3 × 3 square is 9 pixels."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import EMPTY, LabelImage, pieces_of, relabel
from cpretrain.runtime.gc_pause import collector_at_rest

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

    def moved(self, x: float, y: float) -> "Outline":
        """Return the same outline elsewhere."""
        step = np.array([x, y])
        return replace(self, polygons=[[corners + step for corners in rings] for rings in self.polygons])


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
    with collector_at_rest():
        geometries = [_geometry(outline) for outline in outlines]
        filled = _burn(geometries, size)
        several = _burn(geometries, size, depth=True) > 1
    left = np.unique(filled[filled > 0])
    covered = _covered(outlines, filled, several)
    labels = relabel(filled)
    _, owner = pieces_of(labels)
    return LabelImage(
        labels,
        encoding,
        in_pieces=int((np.bincount(owner, minlength=1)[1:] > 1).sum()),
        notes=tuple(_notes(len(outlines), left, covered)),
        overlapping=covered,
        classes=tuple(outlines[number - 1].class_name for number in left),
        names=tuple(outlines[number - 1].name for number in left),
    )


def trace(labels: NDArray[Any]) -> list[Outline]:
    """Trace every object along the edges of its pixels, holes and separate pieces included.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; 0 is background.

    Returns
    -------
    list of Outline
        One for each object, in the order of their numbers; `rasterise` gives `labels` 1…N back exactly.
    """
    from rasterio.features import shapes

    polygons: dict[int, list[Polygon]] = {}
    numbered = labels.astype(np.int32)
    for geometry, number in shapes(numbered, mask=numbered > 0, connectivity=4):
        rings = [np.array(corners) for corners in geometry["coordinates"]]
        polygons.setdefault(int(number), []).append(rings)
    return [Outline(parts) for _, parts in sorted(polygons.items())]


def outlines_of(labels: NDArray[Any], classes: str | Sequence[str] = "") -> list[Outline]:
    """Trace every object like `trace`, with its class.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; 0 is background.
    classes : str or sequence of str
        Class of all objects, or of the objects 1…N.
    """
    outlines = trace(labels)
    if isinstance(classes, str):
        return [replace(outline, class_name=classes) for outline in outlines]
    numbers = np.unique(labels[labels > 0]).tolist()
    return [
        replace(outline, class_name=classes[number - 1])
        for number, outline in zip(numbers, outlines, strict=True)
    ]


def _burn(
    geometries: Sequence[dict[str, Any]], size: tuple[int, ...], depth: bool = False
) -> NDArray[np.int32]:
    """Fill geometries with their numbers, from 1; or with how many of them there are at each pixel."""
    from rasterio.enums import MergeAlg
    from rasterio.features import rasterize

    return rasterize(
        ((geometry, 1 if depth else number) for number, geometry in enumerate(geometries, 1)),
        out_shape=size,
        dtype="int32",
        merge_alg=MergeAlg.add if depth else MergeAlg.replace,
    )


def _geometry(outline: Outline) -> dict[str, Any]:
    rings = [[corners.tolist() for corners in polygon] for polygon in outline.polygons]
    return {"type": "MultiPolygon", "coordinates": rings}


def _covered(outlines: Sequence[Outline], filled: NDArray[np.int32], several: NDArray[np.bool_]) -> int:
    """Count the outlines that lost pixels to a later one; only those where `several` meet are looked at."""
    if not several.any():
        return 0
    covered = 0
    for number, outline in enumerate(outlines, 1):
        left, top, right, bottom = outline.bounds()
        rows = slice(max(0, int(top)), max(0, int(np.ceil(bottom))))
        columns = slice(max(0, int(left)), max(0, int(np.ceil(right))))
        if several[rows, columns].any():
            moved = _geometry(outline.moved(-columns.start, -rows.start))
            alone = _burn([moved], filled[rows, columns].shape) > 0
            covered += bool((filled[rows, columns][alone] != number).any())
    return covered


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


def _notes(drawn: int, left: NDArray[Any], covered: int) -> list[str]:
    notes = []
    if covered:
        notes.append(f"{covered} of {drawn} objects are covered in part or whole by one drawn later")
    if len(left) < drawn:
        notes.append(f"{drawn - len(left)} objects leave no pixel (covered altogether, or too small)")
    return notes
