"""Breaks of tracks: each kind where it is made, none where objects may begin and end."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cpretrain.linking import track_labels
from cpretrain.linking.breaks import KINDS, MEASURES, count_breaks, find_breaks

FRAMES = 8


def movie(change=None):
    """Return the labels of three objects that lie still, the third at the border, changed by a function of frames."""
    labels = np.zeros((FRAMES, 40, 60), np.uint16)
    labels[:, 5:15, 5:15], labels[:, 5:15, 25:35], labels[:, 20:30, :8] = 1, 2, 3
    if change:
        change(labels)
    return labels


def missed_once(labels):
    labels[3][labels[3] == 1] = 0


def missed_from_then_on(labels):
    labels[3:][labels[3:] == 1] = 0


def found_late(labels):
    labels[:3][labels[:3] == 2] = 0


def cut_once(labels):
    labels[3, 5:15, 11:15] = 0


def swollen_from_then_on(labels):
    labels[3:, 5:15, 5:20] = 1


def missed_at_the_border(labels):
    labels[3:][labels[3:] == 3] = 0


def never_found(labels):
    labels[labels == 1] = 0


CASES = [
    (None, {}),
    (missed_once, {"gap": (3, 9.5, 9.5)}),
    (missed_from_then_on, {"vanishes": (3, 9.5, 9.5)}),
    (found_late, {"appears": (2, 9.5, 29.5)}),
    (swollen_from_then_on, {"area jump": (3, 9.5, 12.0)}),
    (missed_at_the_border, {}),
    (never_found, {}),
]


@pytest.mark.parametrize(
    ("change", "expected"), CASES, ids=[getattr(case[0], "__name__", "none") for case in CASES]
)
def test_breaks_are_found_where_they_are_made(change, expected):
    tracks = track_labels(xr.DataArray(movie(change), dims=("t", "y", "x")))
    found = find_breaks(tracks.table, tracks.frames)
    places = {row.kind: (row.frame, row.y, row.x) for row in found.itertuples()}
    assert places == expected and len(found) == len(expected)
    assert {kind for kind, count in count_breaks(tracks.table, FRAMES).breaks.items() if count} == set(
        expected
    )


def test_an_area_that_jumps_back_counts_twice():
    tracks = track_labels(xr.DataArray(movie(cut_once), dims=("t", "y", "x")))
    assert find_breaks(tracks.table, FRAMES)["frame"].tolist() == [3, 4]


def rows(*tracks):
    """Return a table of tracks from (track, parent, frames)."""
    return pd.DataFrame(
        [
            {
                "track": track,
                "parent": parent,
                "frame": t,
                "z": 0.0,
                "y": 9.0,
                "x": 9.0,
                "area": 50,
                "at_border": False,
            }
            for track, parent, frames in tracks
            for t in frames
        ],
        columns=["track", "parent", "frame", "z", "y", "x", "area", "at_border"],
    )


def test_a_division_breaks_no_track():
    table = rows((1, 0, range(4)), (2, 1, range(4, FRAMES)), (3, 1, range(4, FRAMES)))
    assert find_breaks(table, FRAMES).empty


def test_measures_follow_from_the_counts():
    counts = count_breaks(rows((1, 0, range(FRAMES)), (2, 0, [1, 2]), (3, 0, [4, 6])), FRAMES)
    assert counts.breaks == {"gap": 1, "appears": 2, "vanishes": 2, "area jump": 0}
    measures = counts.measures
    assert list(measures) == [one.name for one in MEASURES]
    assert measures["track_length"] == 12 / 3 and measures["breaks"] == pytest.approx(100 * 5 / 12)
    assert measures["gaps"] == pytest.approx(100 / 12)


def test_without_objects_there_is_nothing_to_measure():
    counts = count_breaks(rows(), FRAMES)
    assert counts.breaks == dict.fromkeys(KINDS, 0) and np.isnan([*counts.measures.values()]).all()
