"""Trace objects of a label image along the edges of their pixels."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.qupath.label_image import pieces_of

_EAST, _SOUTH, _WEST, _NORTH = range(4)


def trace_polygons(labels: NDArray[np.integer]) -> dict[int, list[list[NDArray[np.float64]]]]:
    """Trace every object, holes and separate pieces included.

    Pixels that touch at a corner only are separate polygons, so that each polygon is valid by the Simple
    Features standard: its rings do not cross and touch in points at most.

    Parameters
    ----------
    labels : ndarray
        Axes y, x; 0 is background.

    Returns
    -------
    dict
        For each object, by number, its polygons: the outer ring (clockwise on the screen) and its holes; a ring
        is closed, of shape (n, 2), columns x and y, and has a vertex at each corner.
    """
    pieces, owner = pieces_of(labels, diagonal=False)
    piece, vertex, direction = _edges(pieces)
    following = _following(piece, vertex, direction, pieces.shape[1] + 1)
    polygons: list[list[NDArray[np.float64]]] = [[] for _ in owner]
    width = pieces.shape[1] + 1
    corner = np.ones(len(piece), bool)
    corner[following] = direction[following] != direction
    for number, vertices in _rings(piece.tolist(), vertex.tolist(), following.tolist(), corner.tolist()):
        y, x = np.divmod(np.array([*vertices, vertices[0]]), width)
        polygons[number - 1].append(np.stack([x, y], axis=1).astype(np.float64))
    traced: dict[int, list[list[NDArray[np.float64]]]] = {}
    for number, polygon in zip(owner.tolist(), polygons, strict=True):
        traced.setdefault(number, []).append(polygon)
    return dict(sorted(traced.items()))


def _edges(pieces: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sides of pixels where a piece ends, the piece to their right: piece, first vertex, direction; sorted.

    Vertices are numbered along the rows of the grid of pixel corners.
    """
    framed = np.pad(pieces, 1)
    inner = framed[1:-1, 1:-1]
    width = pieces.shape[1] + 1
    sides = (
        (_EAST, framed[:-2, 1:-1], 0, 0),
        (_SOUTH, framed[1:-1, 2:], 0, 1),
        (_WEST, framed[2:, 1:-1], 1, 1),
        (_NORTH, framed[1:-1, :-2], 1, 0),
    )
    found = []
    for direction, neighbour, down, right in sides:
        y, x = np.nonzero((inner != neighbour) & (inner > 0))
        vertices = (y + down) * width + x + right
        found.append(np.stack([inner[y, x].astype(np.int64), vertices, np.full(len(y), direction)]))
    edges = np.concatenate(found, axis=1)
    order = np.lexsort(edges[::-1])
    piece, vertex, direction = edges[:, order]
    return piece, vertex, direction


def _following(
    piece: NDArray[np.int64], vertex: NDArray[np.int64], direction: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """For each edge the next one around the same piece.

    Where two pixels of a piece touch at a corner, the left turn keeps what lies on both sides of that corner
    apart: a hole there becomes a ring of its own.
    """
    corners = int(vertex.max(initial=0)) + 2 * width
    keys = (piece * corners + vertex) * 4 + direction
    end = vertex + np.array([1, width, -1, -width])[direction]
    following = np.full(len(piece), -1, np.int64)
    for turn in (1, 0, -1):  # the left turn is looked for last and so prevails
        wanted = (piece * corners + end) * 4 + (direction + turn) % 4
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        there = keys[place] == wanted if len(keys) else np.zeros(0, bool)
        following[there] = place[there]
    return following


def _rings(
    piece: list[int], vertex: list[int], following: list[int], corner: list[bool]
) -> list[tuple[int, list[int]]]:
    """Follow the edges around: piece, and vertices at its corners; the outer ring of a piece comes first.

    It does because edges are sorted, and the first vertex of a piece lies on its outer ring.
    """
    seen = [False] * len(piece)
    rings = []
    for start in range(len(piece)):
        if seen[start]:
            continue
        vertices, edge = [], start
        while not seen[edge]:
            seen[edge] = True
            if corner[edge]:
                vertices.append(vertex[edge])
            edge = following[edge]
        rings.append((piece[start], vertices))
    return rings
