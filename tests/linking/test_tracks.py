"""Tracks of made movies with a known answer: gaps, divisions, edges, raw positions, speeds, grey values."""

import numpy as np
import pytest
import xarray as xr

from cpretrain import DriftCurve, track_labels, undo_drift
from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.linking.tracks_table import COLUMNS
from cpretrain.registration.canvas import canvas_for
from cpretrain.settings.tracking import TrackSettings

SIZE = (40, 60)


def _movie(*frames: dict[int, tuple[int, int]], side: int = 4) -> np.ndarray:
    """Label images, shape (T, 1, 1, Y, X), of squares by number and upper left corner (y, x)."""
    movie = np.zeros((len(frames), 1, 1, *SIZE), np.uint16)
    for t, squares in enumerate(frames):
        for number, (y, x) in squares.items():
            movie[t, 0, 0, y : y + side, x : x + side] = number
    return movie


def _rows(movie, **settings) -> list[tuple[int, ...]]:
    table = track_labels(movie, settings=TrackSettings(**settings)).table
    rows = table[["track", "parent", "frame", "label"]].itertuples(index=False, name=None)
    return [tuple(map(int, row)) for row in rows]


@pytest.mark.parametrize("cost", ["both", "distance", "overlap"])
def test_numbers_of_objects_do_not_matter(cost):
    movie = _movie({5: (4, 4), 9: (20, 20)}, {1: (20, 21), 2: (5, 4)}, {7: (6, 5), 8: (21, 21)})
    assert _rows(movie, cost=cost) == [
        *((1, 0, 0, 5), (1, 0, 1, 2), (1, 0, 2, 7)),
        *((2, 0, 0, 9), (2, 0, 1, 1), (2, 0, 2, 8)),
    ]


@pytest.mark.parametrize(("max_missing", "tracks"), [(0, 2), (1, 2), (2, 1)])
def test_a_gap_is_closed_if_it_is_not_too_long(max_missing, tracks):
    movie = _movie({1: (4, 4)}, {1: (4, 5)}, {}, {}, {1: (5, 5)})
    assert len({track for track, *_ in _rows(movie, max_missing=max_missing)}) == tracks


def test_both_daughters_of_a_division_begin_new_tracks():
    movie = _movie({1: (10, 10)}, {1: (10, 11)}, {1: (10, 8), 2: (10, 14)}, {1: (9, 7), 2: (11, 14)})
    assert _rows(movie, max_distance=5) == [
        *((1, 0, 0, 1), (1, 0, 1, 1)),
        *((2, 1, 2, 1), (2, 1, 3, 1)),
        *((3, 1, 2, 2), (3, 1, 3, 2)),
    ]
    assert {row[1] for row in _rows(movie, max_distance=5, divisions=False)} == {0}


def test_what_appears_at_the_border_is_no_daughter():
    movie = _movie({1: (10, 3)}, {1: (10, 4)}, {1: (10, 6), 2: (10, 0)}, {1: (10, 6), 2: (10, 1)})
    assert [row[1] for row in _rows(movie, max_distance=6)] == [0] * 6


def test_granddaughters_know_their_mother():
    movie = _movie(
        {1: (10, 20)}, {1: (10, 16), 2: (10, 24)}, {1: (10, 12), 2: (10, 18), 3: (10, 25)}, {1: (10, 12)}
    )
    parents = {track: parent for track, parent, *_ in _rows(movie, max_distance=6, max_missing=0)}
    assert parents == {1: 0, 2: 1, 3: 1, 4: 2, 5: 2}


@pytest.mark.parametrize("settings", [{}, {"max_missing": 0, "divisions": False}])
@pytest.mark.parametrize(
    "movie",
    [_movie({}), _movie({1: (3, 3)}), _movie({}, {}), _movie({}, {1: (3, 3)}, {}), _movie({1: (3, 3)}, {})],
)
def test_movies_with_hardly_any_objects(movie, settings):
    table = track_labels(movie, settings=TrackSettings(**settings)).table
    assert len(table) == np.count_nonzero(movie) / 16
    assert [*table] == [*COLUMNS]


def test_label_images_get_the_numbers_of_tracks():
    movie = _movie({5: (4, 4), 9: (20, 20)}, {1: (20, 21), 2: (5, 4)}, {})
    tracks = track_labels(movie)
    numbered = np.stack([tracks.number(movie[t, 0, 0], t) for t in range(3)])
    assert np.array_equal(numbered[1], np.select([movie[1, 0, 0] == 2, movie[1, 0, 0] == 1], [1, 2]))
    assert np.array_equal(numbered[0] > 0, movie[0, 0, 0] > 0)
    assert not numbered[2].any()


@pytest.mark.parametrize(
    ("drift_x", "x"), [([0, 3, -2], [24.5, 23.5, 24.5]), ([0, 2.5, -1.25], [24.5, 23.5, 23.5])]
)
def test_positions_in_the_raw_movie_are_those_before_the_correction(drift_x, x):
    raw = _movie({1: (10, 20)}, {1: (11, 22)}, {1: (10, 18)})
    curve = DriftCurve(np.array([[0, 0, x] for x in drift_x], np.float32))
    corrected = undo_drift(raw, curve.whole()).values
    table = track_labels(corrected, canvas=canvas_for(curve.whole(), raw.shape[1:])).table
    assert table["raw_x"].tolist() == [21.5, 23.5, 19.5]
    assert table["raw_y"].tolist() == [11.5, 12.5, 11.5]
    assert table["x"].tolist() == x


def test_positions_in_a_raw_movie_that_turns():
    raw = np.zeros((2, 1, 1, 41, 61), np.uint16)
    raw[0, 0, 0, 18:23, 40:45] = raw[1, 0, 0, 6:11, 28:33] = 1  # a quarter turn to the left about (20, 30)
    curve = DriftCurve(np.zeros((2, 3), np.float32), angle=np.array([0, 90], np.float32))
    corrected = undo_drift(raw, curve).values
    table = track_labels(corrected, canvas=canvas_for(curve, raw.shape[1:])).table
    assert np.allclose(table[["raw_y", "raw_x"]], [[20, 42], [8, 30]])
    assert np.ptp(table["x"]) < 0.01 and np.ptp(table["y"]) < 0.01


@pytest.mark.parametrize(
    ("corner", "touches"), [((0, 9), 1), ((36, 9), 1), ((9, 0), 1), ((9, 56), 1), ((1, 1), 0), ((35, 55), 0)]
)
@pytest.mark.parametrize("drift", [(0, 0), (3, -2)])
def test_the_border_is_that_of_what_was_recorded(corner, touches, drift):
    raw = _movie({}, {1: corner})
    curve = DriftCurve(np.array([[0, 0, 0], [0, *drift]], np.float32))
    corrected = undo_drift(raw, curve).values
    table = track_labels(corrected, canvas=canvas_for(curve, raw.shape[1:])).table
    assert table["at_border"].tolist() == [bool(touches)]


def test_speeds_and_directions_are_in_pixels_and_micrometres():
    movie = _movie({1: (10, 10)}, {1: (7, 14)}, {}, {1: (7, 12)})
    labels = ArrayFrames(movie, Calibration((1.0, 0.5, 0.5), "µm", 60.0))
    table = track_labels(labels, settings=TrackSettings(max_distance=6)).table
    assert table["track"].tolist() == [1, 1, 1]
    assert table["time_s"].tolist() == [0, 60, 180]
    assert np.allclose(table["x_um"], [5.75, 7.75, 6.75])
    assert np.allclose(table["speed"], [np.nan, 5, 1], equal_nan=True)
    assert np.allclose(table["speed_um_s"], [np.nan, 2.5 / 60, 0.5 / 60], equal_nan=True)
    assert np.allclose(table["direction_deg"], [np.nan, np.degrees(np.arctan2(3, 4)), 180], equal_nan=True)


def test_grey_values_of_every_channel():
    labels = _movie({3: (4, 4)}, {3: (4, 4)})
    movie = np.zeros((2, 1, 2, *SIZE), np.float32)
    movie[0, 0, 0, 4:8, 4:8], movie[1, 0, 1, 4:6, 4:8] = 10, 8
    table = track_labels(labels, movie=movie).table
    assert table["mean_c1"].tolist() == [10, 0]
    assert table["mean_c2"].tolist() == [0, 4]
    assert table["sum_c2"].tolist() == [0, 64]


def test_in_stacks_distances_regard_the_step_between_planes():
    stack = np.zeros((2, 9, 1, *SIZE), np.uint16)
    stack[0, 1:3, 0, 10:14, 10:14] = stack[1, 4:6, 0, 10:14, 10:14] = 1
    near = ArrayFrames(stack, Calibration((0.5, 1.0, 1.0), "µm"))
    far = ArrayFrames(stack, Calibration((4.0, 1.0, 1.0), "µm"))
    tracks = [
        track_labels(one, settings=TrackSettings(max_distance=4)).table["track"].max() for one in (near, far)
    ]
    assert tracks == [1, 2]


@pytest.mark.parametrize(
    ("labels", "movie", "message"),
    [
        (np.zeros((2, 1, 2, 9, 9), np.uint8), None, "2 channels"),
        (np.full((2, 1, 1, 9, 9), 0.5), None, "fractions"),
        (np.full((2, 1, 1, 9, 9), -1, np.int16), None, "negative"),
        (np.full((2, 1, 1, 9, 9), 1j), None, "complex128"),
        (np.zeros((0, 1, 1, 9, 9), np.uint8), None, "no pixels"),
        (np.zeros((2, 1, 1, 9, 9), np.uint8), np.zeros((2, 1, 1, 9, 8)), "differs in size"),
        (xr.DataArray(np.zeros((2, 9, 9)), dims=("t", "y", "q")), None, "axes"),
    ],
)
def test_what_is_no_label_movie_is_refused(labels, movie, message):
    with pytest.raises(BadInput, match=message):
        track_labels(labels, movie=movie)


def test_a_mask_of_true_and_false_is_one_object():
    mask = np.zeros((2, 1, 1, 9, 9), bool)
    mask[..., 2:5, 2:5] = True
    assert track_labels(mask).table["area"].tolist() == [9, 9]


def test_a_drift_of_another_movie_is_refused():
    curve = DriftCurve(np.zeros((3, 3), np.float32))
    with pytest.raises(BadInput, match="3 frames"):
        track_labels(_movie({}, {}), canvas=canvas_for(curve, (1, 1, *SIZE)))
