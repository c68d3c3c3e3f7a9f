"""TRA, DET and SEG of the Cell Tracking Challenge: tracks and outlines compared with a tracked ground truth.

TRA and DET are computed by traccuracy from which objects match; the matches are found here frame by frame, so that no
movie has to fit into memory.

References
----------
Matula et al. (2015) Cell tracking accuracy measurement based on comparison of acyclic oriented graphs. PLoS ONE 10,
e0144959 (TRA, DET). Maška et al. (2014) A benchmark for comparison of cell tracking algorithms. Bioinformatics 30,
1609 (SEG).
"""

from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.linking.tracked_truth import TrackedTruth
from cpretrain.metrics.overlaps import Overlaps, find_overlaps

if TYPE_CHECKING:
    import pandas as pd

INSTALL = 'pip install "cpretrain[tracking-scores]"'

Node = tuple[int, int]
"""Frame and label of an object."""


@dataclass(frozen=True)
class TruthScores:
    """Scores of one movie, from 0 to 1, higher is better.

    Parameters
    ----------
    tra : float
        Tracks: found objects and links, weighted by the work to repair what is wrong.
    det : float
        Detection: the same for objects alone.
    seg : float
        Segmentation: mean IoU of the true objects with the object that covers most of them, 0 where none covers more
        than half; NaN without exact outlines.
    """

    tra: float
    det: float
    seg: float

    def as_data(self) -> dict[str, float | None]:
        """Return the scores by name; None for NaN."""
        named = {"TRA": self.tra, "DET": self.det, "SEG": self.seg}
        return {name: None if np.isnan(value) else round(value, 6) for name, value in named.items()}


@dataclass
class _Matches:
    """Which true object matches which segmented one, and the IoU of those with exact outlines."""

    true: list[Node] = field(default_factory=list)
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    ious: list[float] = field(default_factory=list)


def score_tracks(
    tracks: "pd.DataFrame", labels: Callable[[int], NDArray[Any]], truth: TrackedTruth
) -> TruthScores:
    """Compare the tracks of one movie with the truth.

    Parameters
    ----------
    tracks : pandas.DataFrame
        Its table of tracks.
    labels : callable
        Returns the label image of a frame that the table was made from, ndarray of int, shape (Z, Y, X).
    truth : TrackedTruth
        The truth.

    Returns
    -------
    TruthScores

    Raises
    ------
    BadInput
        When traccuracy is not installed, or the truth cannot be read or is of another size.
    """
    compute = _traccuracy()
    matches = _Matches()
    for frame in sorted(truth.frames):
        _match(matches, frame, labels(frame), truth)
    found = compute(_true_graph(matches.true, truth), _graph_of(tracks), matches.pairs)
    seg = float(np.mean(matches.ious)) if matches.ious else float("nan")
    return TruthScores(found["TRA"], found["DET"], seg)


def _match(matches: _Matches, frame: int, labels: NDArray[Any], truth: TrackedTruth) -> None:
    """Add the objects of a frame: a true one matches the object that covers more than half of it."""
    markers = truth.markers(frame, len(labels))
    if markers is not None:
        overlaps = _overlaps(markers, labels, truth, frame)
        matches.true += [(frame, int(one)) for one in overlaps.true_ids]
        for pair in np.flatnonzero(_covers(overlaps)):
            true, found = (
                overlaps.true_ids[overlaps.true[pair]],
                overlaps.predicted_ids[overlaps.predicted[pair]],
            )
            matches.pairs.append(((frame, int(true)), (frame, int(found))))
    for planes, outlines in truth.outlines(frame, len(labels)):
        overlaps = _overlaps(outlines, labels[planes], truth, frame)
        iou = np.zeros(len(overlaps.true_ids))
        covering = _covers(overlaps)
        iou[overlaps.true[covering]] = overlaps.iou[covering]
        matches.ious += iou.tolist()


def _overlaps(true: NDArray[Any], labels: NDArray[Any], truth: TrackedTruth, frame: int) -> Overlaps:
    if true.shape != labels.shape:
        raise BadInput(
            f"{truth.folder}: frame {frame} of the ground truth differs in size from the segmented movie",
            found=" × ".join(map(str, true.shape)) + " (planes × height × width)",
            expected=" × ".join(map(str, labels.shape)),
            cure="segment the movie that the ground truth was drawn on, without correcting its drift",
        )
    return find_overlaps(true, labels)


def _covers(overlaps: Overlaps) -> NDArray[np.bool_]:
    """Return for each pair whether the segmented object covers more than half of the true one."""
    return np.asarray(2 * overlaps.pixels > overlaps.true_areas[overlaps.true])


def _true_graph(nodes: Iterable[Node], truth: TrackedTruth) -> Any:
    """Return the graph of the true tracks: links within a track, and from a track to those that it divided into."""
    of_track: dict[int, list[int]] = {}
    for frame, label in sorted(nodes):
        of_track.setdefault(label, []).append(frame)
    tracks = {label: [(frame, label) for frame in frames] for label, frames in of_track.items()}
    return _graph(tracks, truth.parents)


def _graph_of(table: "pd.DataFrame") -> Any:
    """Return the graph of a table of tracks; a gap is a link between the objects on both sides of it."""
    rows = table.sort_values(["track", "frame"])
    tracks: dict[int, list[Node]] = {}
    parents: dict[int, int] = {}
    columns = (rows[name].tolist() for name in ("track", "parent", "frame", "label"))
    for track, parent, frame, label in zip(*columns, strict=True):
        tracks.setdefault(track, []).append((frame, label))
        parents[track] = parent
    return _graph(tracks, parents)


def _graph(tracks: dict[int, list[Node]], parents: dict[int, int]) -> Any:
    import networkx as nx

    graph = nx.DiGraph()
    for track, nodes in tracks.items():
        graph.add_nodes_from((node, {"t": node[0]}) for node in nodes)
        graph.add_edges_from(pairwise(nodes))
        if parents.get(track) in tracks:
            graph.add_edge(tracks[parents[track]][-1], nodes[0])
    return graph


def _traccuracy() -> Callable[[Any, Any, list[tuple[Node, Node]]], dict[str, float]]:
    """Return the function of traccuracy that scores two graphs by their matches."""
    try:
        from traccuracy import TrackingGraph
        from traccuracy.matchers import Matched
        from traccuracy.metrics import CTCMetrics
    except ImportError as error:
        raise BadInput(
            "TRA and DET are computed by the package traccuracy, which is not installed", cure=INSTALL
        ) from error

    def compute(truth: Any, found: Any, pairs: list[tuple[Node, Node]]) -> dict[str, float]:
        if not pairs:  # traccuracy cannot tell what kind of matches none are
            return {"TRA": 0.0, "DET": 0.0}
        with redirect_stderr(StringIO()):  # its progress bars
            graphs = (TrackingGraph(graph, label_key=None, validate=False) for graph in (truth, found))
            how = {"name": "CTCMatcher", "matching type": "many-to-one"}
            return dict(CTCMetrics().compute(Matched(*graphs, pairs, how)).results)

    return compute
