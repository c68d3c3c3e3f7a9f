"""Number the tracks: pieces joined over gaps share a number, and both daughters of a division begin new tracks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.linking.segments import Node, Segments


@dataclass(frozen=True)
class Lineage:
    """Numbers of the tracks.

    Parameters
    ----------
    track : list of ndarray of int
        For each frame, the track of every object, 1…N in the order of their first objects.
    parent : ndarray of int, shape (N + 1,)
        For each track, the one that it divided from; 0 for none.
    """

    track: list[NDArray[np.int64]]
    parent: NDArray[np.int64]


def lineage_of(segments: Segments, joined: Sequence[tuple[Node, Node]]) -> Lineage:
    """Number the tracks of a movie.

    Parameters
    ----------
    segments : Segments
        Pieces without gaps.
    joined : sequence of ((int, int), (int, int))
        Links between them, from `join_segments`.
    """
    heirs = Counter(earlier for earlier, _ in joined)
    ends = set(segments.last)
    goes_on = {  # by the first object of a piece: the last object of the one that it continues
        later: earlier for earlier, later in joined if earlier in ends and heirs[earlier] == 1
    }
    mothers = {later: earlier for earlier, later in joined if later not in goes_on}
    cuts: dict[int, list[int]] = {}  # frames after which a piece is cut, because others begin there
    for t, index in set(mothers.values()) - ends:
        cuts.setdefault(int(segments.of_object[t][index]), []).append(t)
    return _numbered(segments, goes_on, mothers, cuts)


def _numbered(
    segments: Segments, goes_on: dict[Node, Node], mothers: dict[Node, Node], cuts: dict[int, list[int]]
) -> Lineage:
    current = np.zeros(len(segments.first), np.int64)  # the present track of each piece
    parent, tracks = [0], list[NDArray[np.int64]]()
    number_at: dict[Node, int] = {}  # tracks at the objects that later pieces begin at
    asked = {*goes_on.values(), *mothers.values()}
    cut_after = {(segment, t) for segment, frames in cuts.items() for t in frames}
    for t, owners in enumerate(segments.of_object):
        for index, segment in enumerate(owners.tolist()):
            node = (t, index)
            if node in goes_on:
                current[segment] = number_at[goes_on[node]]
            elif segments.first[segment] == node or (segment, t - 1) in cut_after:
                own = current[segment] if segments.first[segment] != node else 0
                parent.append(number_at[mothers[node]] if node in mothers else int(own))
                current[segment] = len(parent) - 1
            if node in asked:
                number_at[node] = int(current[segment])
        tracks.append(current[owners])
    return Lineage(tracks, np.array(parent, np.int64))
