"""Choice of crops, by known scores and positions."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.crops_table import Crop
from cpretrain.rounds.crop_selection import Candidate, candidates, choose
from cpretrain.rounds.uncertainty import most_uncertain, uncertainty
from cpretrain.settings.rounds import RoundSettings

SETTINGS = RoundSettings(size=10)


def place(movie, frame, x, score):
    return Candidate(Path(f"{movie}.tif"), frame, 0, 0, x, score)


FOUND = [place("a", 0, 0, 0.9), place("a", 1, 20, 0.8), place("a", 2, 40, 0.7), place("b", 0, 0, 0.1)]


@pytest.mark.parametrize(
    ("count", "chosen"),
    [
        (1, [("a", 0)]),
        (2, [("a", 0), ("b", 0)]),
        (3, [("a", 0), ("a", 1), ("b", 0)]),
        (9, [("a", 0), ("a", 1), ("a", 2), ("b", 0)]),
    ],
)
def test_the_highest_scores_of_each_movie(count, chosen):
    found = choose(FOUND[::-1], count, 10)
    assert sorted((one.movie.stem, one.frame) for one in found) == chosen


def test_no_place_in_two_frames_as_long_as_there_are_others():
    found = [place("a", 0, 0, 0.9), place("a", 1, 5, 0.8), place("a", 2, 10, 0.1)]
    assert [one.frame for one in choose(found, 2, 10)] == [0, 2]
    assert [one.frame for one in choose(found, 3, 10)] == [0, 2, 1]


def test_several_places_of_a_single_image(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((40, 40), np.uint16))
    found = candidates([tmp_path / "a.tif"], SETTINGS, [0], 4)
    corners = [(one.y, one.x) for one in found]
    assert len(corners) == 4
    assert all(
        max(abs(y - other_y), abs(x - other_x)) >= 10
        for place, (y, x) in enumerate(corners)
        for other_y, other_x in corners[:place]
    )


def crop(source, frame, x):
    return Crop(f"{source}_t{frame}.tif", f"{source}.tif", frame, 0, 0, x, 10, 10, 2, 0)


@pytest.mark.parametrize(
    ("taken", "never", "expected"),
    [
        ([crop("b", 0, 0), crop("a", 5, 10)], [crop("b", 0, 0), crop("a", 5, 10)], [(0, True), (1, True)]),
        ([crop("a", 5, 9)], [], [(0, False), (1, False)]),
        ([crop("a", 0, 0)], [], [(1, False)]),
        ([], [crop("a", 5, 9)], []),
    ],
)
def test_no_place_is_annotated_twice_but_in_other_frames_where_none_is_left(tmp_path, taken, never, expected):
    movie = tmp_path / "a.tif"
    tifffile.imwrite(movie, np.ones((2, 10, 10), np.uint16), imagej=True, metadata={"axes": "TYX"})
    found = candidates([movie], SETTINGS, [0], 2, taken, never)
    assert [(one.frame, one.y, one.x, one.new) for one in found] == [(t, 0, 0, new) for t, new in expected]


def test_new_places_are_chosen_first():
    found = [place("a", 0, 0, 0.9), Candidate(Path("b.tif"), 0, 0, 0, 0, 2.0, new=False)]
    assert [one.movie.stem for one in choose(found, 1, 10)] == ["a"]
    assert [one.movie.stem for one in choose(found, 2, 10)] == ["a", "b"]


def test_zeros_around_the_data_are_not_drawn(tmp_path):
    movie = tmp_path / "a.tif"
    tifffile.imwrite(movie, np.pad(np.ones((12, 12), np.uint16), ((5, 9), (3, 0))))
    for seed in range(20):
        [one] = candidates([movie], SETTINGS, [seed], 1)
        assert 5 <= one.y <= 7 and 3 <= one.x <= 5


@pytest.mark.parametrize(
    ("views", "expected"), [((1, 1, 1), 0), ((0, 0, 0), 0), ((0.5, 0.5, 0.5), 1), ((0, 1, 0, 1), 2)]
)
def test_uncertainty_of_a_pixel(views, expected):
    assert uncertainty(np.reshape(views, (-1, 1, 1)).astype(np.float32)) == pytest.approx(expected)


def test_the_most_uncertain_crop():
    """A certain object on the left, a half-certain one on the right, and pure background in between."""
    sure, unsure = np.zeros((2, 10, 60), np.float32)
    sure[2:8, 2:8] = unsure[2:8, 2:8] = 1
    sure[2:8, 52:58], unsure[2:8, 52:58] = 0.7, 0.2
    score, y, x = most_uncertain(np.stack([sure, unsure]), 10)
    assert (y, x) == (0, 50)
    assert score > most_uncertain(np.stack([sure, sure])[..., :30], 10)[0]
    free = most_uncertain(np.stack([sure, unsure]), 10, lambda y, x: x < 45)
    assert free is not None and free[2] < 45
    assert most_uncertain(np.stack([sure, unsure]), 10, lambda y, x: False) is None
