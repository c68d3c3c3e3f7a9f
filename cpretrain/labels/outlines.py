"""Outlines to label images and back: a vertex is a corner of a pixel, so that a 3 × 3 square is 9 pixels."""

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
"""Coordinates beyond this many pixels are taken for damage."""

_NO_AREA = 1e-9  # square pixels; less is what rounding leaves of corners on one line

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
        return self._bounds

    @cached_property
    def _bounds(self) -> tuple[float, float, float, float]:
        rings = [corners for polygon in self.polygons for corners in polygon]
        corners = rings[0] if len(rings) == 1 else np.concatenate(rings)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    def outer_area(self) -> float:
        """Area in pixels within the outer ring of each polygon, holes included."""
        return sum(max(map(area_of, polygon)) for polygon in self.polygons)

    def surrounds(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points x, y, shape (n, 2), lie within the outer ring of a polygon, holes included."""
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
        """Return the same outline elsewhere."""
        step = np.array([x, y])
        return replace(self, polygons=[[corners + step for corners in rings] for rings in self.polygons])


def ring(points: Any) -> Ring:
    """Check a ring of x, y (further coordinates are dropped) and close it.

    Raises
    ------
    ValueError
        When coordinates are no numbers in a plausible range.
    """
    corners = np.asarray(points, np.float64)
    if corners.size == 0:
        return np.zeros((0, 2))
    if corners.ndim != 2 or corners.shape[1] < 2:
        raise ValueError(f"a ring of shape {corners.shape} instead of corners x, y")
    corners = corners[:, :2]
    if not (np.abs(corners) < FARTHEST).all():
        raise ValueError("a corner that is no number or lies beyond any image")
    if (corners[0] != corners[-1]).any():
        corners = np.concatenate([corners, corners[:1]])
    return corners


def area_of(corners: Ring) -> float:
    """Area in pixels within a closed ring that does not cross itself, whichever way round it runs."""
    if not len(corners):
        return 0.0
    x, y = (corners - corners[0]).T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def with_area(polygons: Sequence[Polygon]) -> list[Polygon]:
    """Leave out what encloses nothing: polygons of two clicks, of corners on one line, without corners."""
    return [
        [polygon[0], *(hole for hole in polygon[1:] if _encloses(hole))]
        for polygon in polygons
        if polygon and _encloses(polygon[0])
    ]


def _encloses(corners: Ring) -> bool:
    """Whether the corners lie on no single line; a figure of eight has no net area, but encloses some."""
    if area_of(corners) > _NO_AREA or len(corners) < 4:
        return len(corners) >= 4
    steps = corners[1:] - corners[0]
    farthest = steps[np.argmax(np.abs(steps).sum(axis=1))]
    return bool((np.abs(steps[:, 0] * farthest[1] - steps[:, 1] * farthest[0]) > _NO_AREA).any())


def rasterise(
    path: str | os.PathLike, outlines: Sequence[Outline], size: tuple[int, int], encoding: str
) -> LabelImage:
    """Fill outlines, the largest first: where two overlap, the smaller one wins, of equal ones the later one.

    The order in a file tells nothing: QuPath writes objects in any order. A pixel belongs to an object when its
    centre lies inside a polygon of it (even-odd rule).

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
        Numbered in the order given, with the class of each object that is left, and the number of those that lost
        pixels to another one.

    Raises
    ------
    BadInput
        When an object lies outside the image altogether: then this is the wrong image.
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


def filled_by(outline: Outline, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (axes y, x) of one outline."""
    return _burn([(geometry, 1) for geometry in _geometries(outline.polygons)], size) > 0


def _burn(
    geometries: Sequence[tuple[dict[str, Any], int]], size: tuple[int, ...], add: bool = False
) -> NDArray[np.int32]:
    """Fill geometries with their numbers, one after the other, or add the numbers up."""
    from rasterio.enums import MergeAlg
    from rasterio.features import rasterize

    return rasterize(
        geometries, out_shape=size, dtype="int32", merge_alg=MergeAlg.add if add else MergeAlg.replace
    )


def _geometries(polygons: Sequence[Polygon]) -> list[dict[str, Any]]:
    """One geometry for each polygon: filled as one, polygons that overlap would cut holes into each other."""
    return [
        {"type": "Polygon", "coordinates": [corners.tolist() for corners in polygon]} for polygon in polygons
    ]


def _covered(outlines: Sequence[Outline], filled: NDArray[np.int32], several: NDArray[np.bool_]) -> int:
    """Count the outlines that lost pixels to another one; only those where `several` meet are looked at."""
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
        notes.append(f"{counted(lost, 'object')} {verb} no pixel (covered altogether, or too small)")
    return notes
