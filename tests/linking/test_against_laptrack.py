"""The tracks equal TrackMate's and laptrack's own, on laptrack's test data."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from laptrack import LapTrack, OverLapTrack

from cpretrain.linking.frame_links import link_frames
from cpretrain.linking.objects import FrameObjects
from cpretrain.linking.segments import join_segments, segments_of
from cpretrain.linking.tracks import track_labels
from cpretrain.settings.tracking import TrackSettings
from tests.support.paths import DATA

FOLDER = DATA / "tracking" / "laptrack"
FLAT, FARTHEST = np.ones(3), 15.0


def _points(spots: pd.DataFrame) -> list[FrameObjects]:
    """Objects at the spots of each frame; TrackMate's edges in the data end one frame before its last."""
    frames = [spots[spots["frame"] == t] for t in range(spots["frame"].max())]
    none = np.zeros(0, np.intp)
    return [
        FrameObjects(
            one["id"].to_numpy(),
            np.ones(len(one), np.int64),
            np.column_stack([np.zeros(len(one)), one["position_y"], one["position_x"]]),
            np.zeros(len(one), bool),
            np.zeros((len(one), 0)),
            *(none, none, np.zeros(0)),
        )
        for one in frames
    ]


def _edges(found: list[FrameObjects], max_missing: int, divisions: bool) -> set[tuple[int, int]]:
    links = [link_frames(*pair, FLAT, FARTHEST, "distance") for pair in pairwise(found)]
    segments = segments_of([len(one.label) for one in found], links)
    joined = join_segments([one.centre for one in found], segments, FARTHEST, max_missing, divisions)
    near = {
        (int(found[t].label[one]), int(found[t + 1].label[other]))
        for t, each in enumerate(links)
        for one, other in each
    }
    far = {(int(found[t].label[one]), int(found[u].label[other])) for (t, one), (u, other) in joined}
    assert len(near | far) == len(near) + len(far)
    return near | far


@pytest.mark.parametrize(
    ("name", "max_missing", "divisions", "cutoffs"),
    [
        ("without_gap_closing", 0, False, {"gap_closing_cutoff": False}),
        ("with_gap_closing", 1, False, {}),
        ("with_splitting", 1, True, {"splitting_cutoff": FARTHEST**2}),
    ],
)
def test_links_equal_those_of_trackmate_and_of_laptrack(name, max_missing, divisions, cutoffs):
    found = _points(pd.read_csv(FOLDER / "spots.csv"))
    edges = pd.read_csv(FOLDER / f"{name}_edges.csv")
    there = {int(label) for one in found for label in one.label}
    trackmate = {
        (one, other)
        for one, other in zip(edges["spot_source_id"], edges["spot_target_id"], strict=True)
        if other in there
    }
    tree = LapTrack(cutoff=FARTHEST**2, **cutoffs).predict([one.centre[:, 1:] for one in found])
    laptrack = {tuple(int(found[t].label[index]) for t, index in edge) for edge in tree.edges}
    ours = _edges(found, max_missing, divisions)
    assert len(ours) > 100
    assert ours == trackmate
    assert ours == laptrack


def test_tracks_by_overlap_equal_those_of_laptrack():
    labels = np.load(FOLDER / "overlap_labels.npz")["labels"]
    settings = TrackSettings(cost="overlap", max_missing=0, divisions=False)
    ours = track_labels(labels[:, None, None], settings=settings).table
    theirs, *_ = OverLapTrack(
        cutoff=1, metric_coefs=(1, 0, -1, 0, 0), gap_closing_cutoff=False
    ).predict_overlap_dataframe(labels)
    both = ours.merge(theirs.reset_index(), on=["frame", "label"])
    assert len(both) == len(ours) == len(theirs) > 100
    assert both["track"].nunique() == both["track_id"].nunique()
    assert len(both[["track", "track_id"]].drop_duplicates()) == both["track"].nunique()
