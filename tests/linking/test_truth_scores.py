"""TRA, DET and SEG: equal to those of traccuracy's own reader and matcher, and to SEG by hand."""

from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import pytest
import tifffile
import xarray as xr

from cpretrain.errors import BadInput
from cpretrain.linking import track_labels
from cpretrain.linking.tracked_truth import TrackedTruth, find_truth
from cpretrain.linking.truth_scores import score_tracks

pytest.importorskip("traccuracy")
FRAMES = 6


def true_movie():
    """Return the labels of an object that divides into two in frame 3, and of one that lies still."""
    labels = np.zeros((FRAMES, 40, 60), np.uint16)
    labels[:3, 10:20, 10:22] = 1
    labels[3:, 10:20, 10:15], labels[3:, 10:20, 17:22] = 2, 3
    labels[:, 25:35, 40:50] = 4
    return labels


LINES = "1 0 2 0\n2 3 5 1\n3 3 5 1\n4 0 5 0\n"


def write(folder, labels, names=("man_track", "man_track.txt"), lines=LINES):
    folder.mkdir(parents=True)
    for t, frame in enumerate(labels):
        tifffile.imwrite(folder / f"{names[0]}{t:03d}.tif", frame, photometric="minisblack")
    (folder / names[1]).write_text(lines)


def unchanged(labels):
    pass


def one_missed(labels):
    labels[2][labels[2] == 4] = 0


def two_merged(labels):
    labels[4, 10:20, 10:22] = 2


def one_invented(labels):
    labels[3, :5, :5] = 9


def half_covered(labels):
    labels[:, 25:35, 45:50] = 0


@pytest.mark.parametrize("change", [unchanged, one_missed, two_merged, one_invented, half_covered])
def test_scores_are_those_of_traccuracy(change, tmp_path):
    from traccuracy import TrackingGraph, run_metrics
    from traccuracy.loaders import load_ctc_data
    from traccuracy.matchers import CTCMatcher
    from traccuracy.metrics import CTCMetrics

    truth, found = true_movie(), true_movie()
    change(found)
    write(tmp_path / "m_GT" / "TRA", truth)
    tracks = track_labels(xr.DataArray(found, dims=("t", "y", "x")))
    known = find_truth(tmp_path, "m")
    scores = score_tracks(tracks.table, lambda t: found[t][np.newaxis], known)
    assert np.isnan(scores.seg)

    numbered = np.stack([tracks.number(frame, t) for t, frame in enumerate(found)]).astype(np.uint16)
    with redirect_stderr(StringIO()):
        graph = load_ctc_data(
            str(tmp_path / "m_GT" / "TRA"), str(tmp_path / "m_GT" / "TRA" / "man_track.txt")
        )
        own = TrackingGraph(graph_of(tracks.table), segmentation=numbered, location_keys=("y", "x"))
        results, _ = run_metrics(graph, own, CTCMatcher(), [CTCMetrics()])
    expected = results[0]["results"]
    assert scores.tra == pytest.approx(expected["TRA"]) and scores.det == pytest.approx(expected["DET"])
    assert (scores.tra == 1) == (change is unchanged)


def graph_of(table):
    """Return the graph of a table of tracks as traccuracy's loaders make it."""
    import networkx as nx

    graph = nx.DiGraph()
    last = {}
    for node, row in enumerate(table.sort_values(["frame", "track"]).itertuples(), 1):
        graph.add_node(node, t=int(row.frame), segmentation_id=int(row.track), y=row.y, x=row.x)
        graph.nodes[node]["bbox"] = [0, 0, 40, 60]
        before = last.get(row.track, last.get(row.parent))
        if before:
            graph.add_edge(before, node)
        last[row.track] = node
    return graph


def test_seg_is_the_mean_overlap_of_objects_with_exact_outlines(tmp_path):
    truth = true_movie()
    found = truth.copy()
    found[:, 25:35, 48:50] = 0  # 80 of 100 pixels
    found[1][found[1] == 1] = 0  # not found
    write(tmp_path / "TRA", truth)
    (tmp_path / "SEG").mkdir()
    tifffile.imwrite(tmp_path / "SEG" / "man_seg001.tif", truth[1])
    tifffile.imwrite(tmp_path / "SEG" / "man_seg005.tif", truth[5])
    tracks = track_labels(xr.DataArray(found, dims=("t", "y", "x")))
    scores = score_tracks(tracks.table, lambda t: found[t][np.newaxis], TrackedTruth(tmp_path))
    assert scores.seg == pytest.approx(np.mean([0, 0.8, 1, 1, 0.8]))
    assert scores.as_data()["SEG"] == pytest.approx(scores.seg)


def test_nothing_found_scores_zero(tmp_path):
    truth = true_movie()
    write(tmp_path / "TRA", truth)
    found = np.zeros_like(truth)
    tracks = track_labels(xr.DataArray(found, dims=("t", "y", "x")))
    scores = score_tracks(tracks.table, lambda t: found[t][np.newaxis], TrackedTruth(tmp_path))
    assert (scores.tra, scores.det) == (0, 0)


def test_stacks_are_compared_in_three_dimensions_and_planes_with_outlines(tmp_path):
    truth = np.repeat(true_movie()[:, np.newaxis], 3, axis=1)
    write(tmp_path / "TRA", truth)
    (tmp_path / "SEG").mkdir()
    tifffile.imwrite(tmp_path / "SEG" / "man_seg_002_001.tif", truth[2, 1])
    tracks = track_labels(xr.DataArray(truth, dims=("t", "z", "y", "x")))
    scores = score_tracks(tracks.table, lambda t: truth[t], TrackedTruth(tmp_path))
    assert (scores.tra, scores.det, scores.seg) == (1, 1, 1)


@pytest.mark.parametrize(
    ("lines", "labels", "message"),
    [
        ("1 0 two\n", true_movie(), "lines of four whole numbers"),
        (LINES, true_movie()[:, :30], "differs in size"),
    ],
)
def test_truth_that_does_not_fit_is_refused(lines, labels, message, tmp_path):
    write(tmp_path / "TRA", labels, lines=lines)
    found = true_movie()
    tracks = track_labels(xr.DataArray(found, dims=("t", "y", "x")))
    with pytest.raises(BadInput, match=message):
        score_tracks(tracks.table, lambda t: found[t][np.newaxis], TrackedTruth(tmp_path))


def test_a_movie_without_truth_has_none(tmp_path):
    assert find_truth(tmp_path, "m") is None
