"""Outlines to label images and back: vertices are corners of pixels, so that a 3 × 3 square has 9 pixels."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import EMPTY, LabelImage, pieces_of, relabel
from cpretrain.runtime.gc_pause import gc_paused
from cpretrain.runtime.wording import counted

FARTHEST = 1e7
"""Limit in pixels; coordinates beyond it are taken for damage."""

_NO_AREA = 1e-9  # square pixels; anything less is the rounding error of corners on one line

Ring = NDArray[np.float64]
Polygon = list[Ring]


@dataclass(frozen=True)
class Outline:
    """One drawn object.

    Parameters
    ----------
    polygons : list of list of ndarray
        Polygons, each an outer ring and its holes; a ring has shape (n, 2), columns x and y, in pixels, from the
        image's top left corner.
    class_name, name : str
        Its class and name; may be empty.
    """

    polygons: list[Polygon]
    class_name: str = ""
    name: str = ""

    def bounds(self) -> tuple[float, float, float, float]:
        """Return the smallest x and y and the largest x and y."""
        return self._bounds

    @cached_property
    def _bounds(self) -> tuple[float, float, float, float]:
        rings = [corners for polygon in self.polygons for corners in polygon]
        corners = rings[0] if len(rings) == 1 else np.concatenate(rings)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    def outer_area(self) -> float:
        """Return the area in pixels within the outer rings of all polygons, holes included."""
        return sum(max(map(area_of, polygon)) for polygon in self.polygons)

    def surrounds(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each point whether it lies within the outer ring of a polygon, holes included.

        Parameters
        ----------
        points : ndarray of float, shape (N, 2)
            Columns x and y, in pixels.

        Returns
        -------
        ndarray of bool, shape (N,)
        """
        inside = np.zeros(len(points), bool)
        for polygon in self.polygons:
            start = max(polygon, key=area_of)
            (x, y), end = points.T[:, :, None], np.roll(start, -1, axis=0)
            crossed = (start[:, 1] > y) != (end[:, 1] > y)
            rise = np.where(end[:, 1] == start[:, 1], 1, end[:, 1] - start[:, 1])
            at = start[:, 0] + (y - start[:, 1]) / rise * (end[:, 0] - start[:, 0])
            inside |= (crossed & (at > x)).sum(axis=1) % 2 == 1
        return inside

    def moved(self, x: float, y: float) -> "Outline":
        """Return the outline moved by x and y pixels."""
        step = np.array([x, y])
        return replace(self, polygons=[[corners + step for corners in rings] for rings in self.polygons])


def ring(points: Any) -> Ring:
    """Check a ring of x, y (further coordinates are dropped) and close it.

    Raises
    ------
    ValueError
        When coordinates are not numbers in a plausible range.
    """
    corners = np.asarray(points, np.float64)
    if corners.size == 0:
        return np.zeros((0, 2))
    if corners.ndim != 2 or corners.shape[1] < 2:
        raise ValueError(f"a ring of shape {corners.shape} instead of corners x, y")
    corners = corners[:, :2]
    if not (np.abs(corners) < FARTHEST).all():
        raise ValueError("a corner that is not a number or lies beyond any image")
    if (corners[0] != corners[-1]).any():
        corners = np.concatenate([corners, corners[:1]])
    return corners


def area_of(corners: Ring) -> float:
    """Return the area in pixels of a closed ring that does not cross itself, in either orientation.

    Parameters
    ----------
    corners : ndarray of float, shape (N, 2)
        Columns x and y; the last corner is the first one.
    """
    if not len(corners):
        return 0.0
    x, y = (corners - corners[0]).T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def with_area(polygons: Sequence[Polygon]) -> list[Polygon]:
    """Drop what encloses nothing: polygons of two clicks, with all corners on one line, or without corners."""
    return [
        [polygon[0], *(hole for hole in polygon[1:] if _encloses(hole))]
        for polygon in polygons
        if polygon and _encloses(polygon[0])
    ]


def _encloses(corners: Ring) -> bool:
    """Return whether the corners are not all on one line; a figure of eight has no net area, but encloses some."""
    if area_of(corners) > _NO_AREA or len(corners) < 4:
        return len(corners) >= 4
    steps = corners[1:] - corners[0]
    farthest = steps[np.argmax(np.abs(steps).sum(axis=1))]
    return bool((np.abs(steps[:, 0] * farthest[1] - steps[:, 1] * farthest[0]) > _NO_AREA).any())


def rasterise(
    path: str | os.PathLike, outlines: Sequence[Outline], size: tuple[int, int], encoding: str
) -> LabelImage:
    """Fill outlines, the largest first: where two overlap, the smaller one wins, and of equal ones the later one.

    The order in a file means nothing, since QuPath writes objects in any order. A pixel belongs to an object if its
    centre lies inside one of the object's polygons (even-odd rule).

    Parameters
    ----------
    path : path-like
        The file, for errors.
    outlines : sequence of Outline
        The objects.
    size : tuple of int
        Height and width of the image in pixels.
    encoding : str
        Encoding of the file, in words.

    Returns
    -------
    LabelImage
        Objects numbered in the given order, with the class of each object that remains, and the number of objects that
        lost pixels to another one.

    Raises
    ------
    BadInput
        When an object lies entirely outside the image, which means that it is the wrong image.
    """
    if not outlines:
        return LabelImage(np.zeros(size, np.uint16), encoding, notes=(EMPTY,))
    _check_inside(path, outlines, size)
    with gc_paused():
        order = sorted(range(len(outlines)), key=lambda index: -outlines[index].outer_area())
        geometries = [
            (geometry, index + 1) for index in order for geometry in _geometries(outlines[index].polygons)
        ]
        filled = _burn(geometries, size)
        several = _burn([(geometry, 1) for geometry, _ in geometries], size, add=True) > 1
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
    labels : ndarray of int, shape (Y, X)
        0 is background.

    Returns
    -------
    list of Outline
        One per object, in the order of their numbers; `rasterise` restores `labels` 1…N exactly.
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
    labels : ndarray of int, shape (Y, X)
        0 is background.
    classes : str or sequence of str
        Class of all objects, or one for each object 1…N.
    """
    outlines = trace(labels)
    if isinstance(classes, str):
        return [replace(outline, class_name=classes) for outline in outlines]
    numbers = np.unique(labels[labels > 0]).tolist()
    return [
        replace(outline, class_name=classes[number - 1])
        for number, outline in zip(numbers, outlines, strict=True)
    ]


def filled_by(outline: Outline, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill one outline.

    Parameters
    ----------
    outline : Outline
        The object.
    size : tuple of int
        Height and width of the image in pixels.

    Returns
    -------
    ndarray of bool, shape (Y, X)
    """
    return _burn([(geometry, 1) for geometry in _geometries(outline.polygons)], size) > 0


def _burn(
    geometries: Sequence[tuple[dict[str, Any], int]], size: tuple[int, ...], add: bool = False
) -> NDArray[np.int32]:
    """Fill geometries with their numbers, later ones over earlier ones, or sum the numbers."""
    from rasterio.enums import MergeAlg
    from rasterio.features import rasterize

    return rasterize(
        geometries, out_shape=size, dtype="int32", merge_alg=MergeAlg.add if add else MergeAlg.replace
    )


def _geometries(polygons: Sequence[Polygon]) -> list[dict[str, Any]]:
    """Return one geometry per polygon: as one geometry, overlapping polygons would cut holes into each other."""
    return [
        {"type": "Polygon", "coordinates": [corners.tolist() for corners in polygon]} for polygon in polygons
    ]


def _covered(outlines: Sequence[Outline], filled: NDArray[np.int32], several: NDArray[np.bool_]) -> int:
    """Count the outlines that lost pixels to another one, looking only at pixels where `several` overlap."""
    if not several.any():
        return 0
    covered = 0
    for number, outline in enumerate(outlines, 1):
        left, top, right, bottom = outline.bounds()
        rows = slice(max(0, int(top)), max(0, int(np.ceil(bottom))))
        columns = slice(max(0, int(left)), max(0, int(np.ceil(right))))
        if several[rows, columns].any():
            window = filled[rows, columns]
            alone = filled_by(outline.moved(-columns.start, -rows.start), (len(window), window.shape[1]))
            covered += bool((window[alone] != number).any())
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
        verb = "is" if covered == 1 else "are"
        notes.append(
            f"{covered} of {counted(drawn, 'object')} {verb} covered in part or whole by a smaller one"
        )
    if lost := drawn - len(left):
        verb = "leaves" if lost == 1 else "leave"
        notes.append(f"{counted(lost, 'object')} {verb} no pixel (completely covered, or too small)")
    return notes
