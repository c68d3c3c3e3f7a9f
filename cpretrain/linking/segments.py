"""Join pieces of tracks over gaps and at divisions, with laptrack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.linking.frame_links import Links

Node = tuple[int, int]
"""Frame, and index of an object in it."""


@dataclass(frozen=True)
class Segments:
    """Pieces of tracks without gaps, in the order of their first objects.

    Parameters
    ----------
    of_object : list of ndarray of int
        For each frame, the piece of every object.
    first, last : list of (int, int)
        Frame and index of the first and the last object of each piece.
    """

    of_object: list[NDArray[np.intp]]
    first: list[Node]
    last: list[Node]


def segments_of(counts: Sequence[int], links: Sequence[Links]) -> Segments:
    """Follow the links between neighbouring frames.

    Parameters
    ----------
    counts : sequence of int
        Number of objects in each frame.
    links : sequence of ndarray of int, shape (links, 2)
        From `link_frames`, for each pair of neighbouring frames.
    """
    of_object: list[NDArray[np.intp]] = []
    first: list[Node] = []
    last: list[Node] = []
    for t, count in enumerate(counts):
        owner = np.full(count, -1, np.intp)
        if t and len(links[t - 1]):
            before, here = links[t - 1].T
            owner[here] = of_object[-1][before]
        new = np.flatnonzero(owner < 0)
        owner[new] = np.arange(len(first), len(first) + len(new))
        first += [(t, index) for index in new.tolist()]
        last += [(t, index) for index in new.tolist()]
        for index, segment in enumerate(owner.tolist()):
            last[segment] = (t, index)
        of_object.append(owner)
    return Segments(of_object, first, last)


def join_segments(
    centres: Sequence[NDArray[np.float64]],
    segments: Segments,
    max_distance: float,
    max_missing: int,
    divisions: bool,
) -> list[tuple[Node, Node]]:
    """Join pieces of tracks: the end of one with the beginning of a later one, or a beginning with its mother.

    Parameters
    ----------
    centres : sequence of ndarray of float64, shape (objects, 3)
        Positions of the objects of each frame, in units of `max_distance`.
    segments : Segments
        The pieces.
    max_distance : float
        Farthest that joined objects may be apart.
    max_missing : int
        Most frames in a row that a track may miss; 0 closes no gaps.
    divisions : bool
        Whether a piece may begin at an object of another one, its mother, in the frame before.

    Returns
    -------
    list of ((int, int), (int, int))
        Frame and index of the earlier and the later object of each new link.
    """
    begin = [node for node in segments.first if node[0]]
    if not begin or not (max_missing or divisions):
        return []
    kept = _kept(centres, segments, max_distance if divisions else 0.0)
    own = _own_edges(kept, segments)
    tree = _laptrack(max_distance, max_missing, divisions).predict(
        [centres[t][indices] for t, indices in enumerate(kept)], connected_edges=own
    )
    new = set(tree.edges()) - set(own)
    back = [tuple((int(t), int(kept[t][index])) for t, index in edge) for edge in sorted(new)]
    return [(earlier, later) for earlier, later in back]


def _laptrack(max_distance: float, max_missing: int, divisions: bool) -> Any:
    """Return laptrack's tracker; it links nothing between neighbouring frames itself, which is done already."""
    from laptrack import LapTrack

    squared = max_distance**2
    return LapTrack(
        cutoff=0,
        gap_closing_cutoff=squared if max_missing else False,
        gap_closing_max_frame_count=max_missing + 1,
        splitting_cutoff=squared if divisions else False,
    )


def _kept(
    centres: Sequence[NDArray[np.float64]], segments: Segments, distance: float
) -> list[NDArray[np.intp]]:
    """Return the objects of each frame that matter: ends of pieces, and possible mothers of those that begin."""
    from scipy.spatial import KDTree

    wanted: list[set[int]] = [set() for _ in centres]
    begin: list[list[int]] = [[] for _ in centres]
    for t, index in [*segments.first, *segments.last]:
        wanted[t].add(index)
    for t, index in segments.first:
        begin[t].append(index)
    for t in range(1, len(centres)):
        if distance and begin[t] and len(centres[t - 1]):
            near = KDTree(centres[t - 1]).query_ball_point(centres[t][begin[t]], distance)
            wanted[t - 1].update(index for each in near for index in each)
    return [np.array(sorted(indices), np.intp) for indices in wanted]


def _own_edges(kept: Sequence[NDArray[np.intp]], segments: Segments) -> list[tuple[Node, Node]]:
    """Return the links within pieces between the objects that are kept, numbered among these."""
    latest: dict[int, Node] = {}
    edges = []
    for t, indices in enumerate(kept):
        for place, segment in enumerate(segments.of_object[t][indices].tolist()):
            if segment in latest:
                edges.append((latest[segment], (t, place)))
            latest[segment] = (t, place)
    return edges
