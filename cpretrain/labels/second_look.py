"""A second look at label images: find objects that may mark a region and not a cell.

Nothing is refused here. In a label image a region cannot be told from a cell with certainty; its size, its shape and
its contents give a hint.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from cpretrain.labels.measure import inside_border
from cpretrain.runtime.wording import counted

MOST_OF_IMAGE = 0.5
"""Share of the image above which an object is reported."""

TIMES_AS_LARGE, FEWEST_OTHERS = 4, 2
"""A rectangle is reported if it is this many times as large as the median of at least this many others."""

LONG = 10
"""Pixels; an object at least this long and nowhere two pixels wide is a line, or points far apart."""

_CURE = "delete what marks a region in QuPath, or give it the class Region* and export GeoJSON"


def look_again(labels: NDArray[Any], border: int = 0) -> list[str]:
    """Return notes on objects that may be regions.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        Objects 1…N, 0 is background.
    border : int
        Width of the edge of zeros around the image, in pixels.
    """
    inner = inside_border(labels, border)
    areas = np.bincount(inner.reshape(-1), minlength=1)[1:]
    if not areas.any():
        return []
    share = areas.max() / inner.size
    if share > MOST_OF_IMAGE:
        return [f"one object covers {share:.0%} of the image: {_CURE}"]
    thin = _thin(inner, areas)
    found = (
        (_enclosed(labels), "object lies inside another one", "objects lie inside another one"),
        (
            _large_rectangles(inner, np.where(thin, 0, areas)),
            "object is a rectangle much larger than the others",
            "objects are rectangles much larger than the others",
        ),
    )
    texts = [f"{counted(number, one, several)}: {_CURE}" for number, one, several in found if number]
    if thin.any():
        many = counted(int(thin.sum()), "object is", "objects are")
        texts.append(f"{many} nowhere two pixels wide: delete points and lines, or export GeoJSON")
    return texts


def _thin(labels: NDArray[Any], areas: NDArray[Any]) -> NDArray[np.bool_]:
    """Find long objects without any square of 2 × 2 pixels, which lines and points become in a label image.

    Slivers of cells that are cut by the edge do not count.
    """
    corner = labels[:-1, :-1]
    square = (corner == labels[1:, :-1]) & (corner == labels[:-1, 1:]) & (corner == labels[1:, 1:])
    wide = np.bincount(corner[square], minlength=len(areas) + 1)[1:] > 0
    thin = (areas > 1) & ~wide
    boxes = find_objects(np.where(np.append(False, thin)[labels], labels, 0).astype(np.int32), len(areas))
    for index in np.flatnonzero(thin):
        edges = [
            (side.start, side.stop, length) for side, length in zip(boxes[index], labels.shape, strict=True)
        ]
        at_edge = any(start == 0 or stop == length for start, stop, length in edges)
        thin[index] = not at_edge and max(stop - start for start, stop, _ in edges) >= LONG
    return thin


def _enclosed(labels: NDArray[Any]) -> int:
    """Count the objects whose only neighbour is a single other object."""
    framed = np.pad(labels.astype(np.int64), 1)
    pairs = np.concatenate([
        np.stack([framed[1:].ravel(), framed[:-1].ravel()], 1),
        np.stack([framed[:, 1:].ravel(), framed[:, :-1].ravel()], 1),
    ])  # fmt: skip
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    neighbours = np.bincount(pairs[:, 0], minlength=int(framed.max()) + 1)
    by_background = np.zeros(len(neighbours), bool)
    by_background[pairs[pairs[:, 1] == 0, 0]] = True
    return int(((neighbours == 1) & ~by_background)[1:].sum())


def _large_rectangles(labels: NDArray[Any], areas: NDArray[Any]) -> int:
    """Count rectangles of exceptional size."""
    if np.count_nonzero(areas) <= FEWEST_OTHERS:
        return 0
    large = np.flatnonzero(areas > TIMES_AS_LARGE * np.median(areas[areas > 0]))
    if not len(large):
        return 0
    boxes = find_objects(labels.astype(np.int32))
    return sum(
        boxes[index] is not None and bool((labels[boxes[index]] == index + 1).all()) for index in large
    )
