"""Tracks of two models compared movie by movie: outcome, sentence, and reasons for caution."""

import pytest

from cpretrain.evaluation.movies.differences import MovieComparison
from cpretrain.evaluation.movies.tracking import MovieTracks
from cpretrain.linking.breaks import KINDS, MEASURES, TrackCounts
from cpretrain.linking.truth_scores import TruthScores


def tracks(model, movie, objects=100, tracks=10, scores=None, **breaks):
    counts = TrackCounts(20, objects, tracks, dict.fromkeys(KINDS, 0) | breaks)
    return MovieTracks(f"m{movie}", model, counts, scores)


def compared(movies, base, retrained):
    """Return the comparison of models whose tracks in each movie are made by a function of its number."""
    return MovieComparison(
        [
            tracks(model, n, **make(n))
            for model, make in (("base", base), ("retrained", retrained))
            for n in range(movies)
        ]
    )


def few(n):
    return {"gap": 5 + n % 2}


def many(n):
    return {"gap": 40 + n}


def few_and_short(n):
    return few(n) | {"tracks": 50 + n}


@pytest.mark.parametrize(
    ("movies", "base", "retrained", "outcome", "words"),
    [
        (4, many, few, 1, "better"),
        (9, many, few, 1, "better"),
        (4, few, many, -1, "worse"),
        (4, few, few, 0, "no difference shown"),
        (2, many, few, 0, "no difference shown"),
    ],
)
def test_the_outcome_is_that_of_breaks(movies, base, retrained, outcome, words):
    found = compared(movies, base, retrained)
    first = found.differences[0]
    assert (first.measure, first.outcome) == (MEASURES[0], outcome)
    assert f"without annotation: {words}, {MEASURES[0].title}" in found.sentence
    assert f"; {movies} movies)" in found.sentence
    assert bool([note for note in found.warnings if "cannot show a difference" in note]) == (movies < 3)


def test_numbers_of_the_sentence_are_means_over_movies():
    found = compared(3, lambda n: {"gap": [10, 20, 25][n]}, lambda n: {"gap": 5})
    assert "5.00 after retraining and 18.33 before (difference −13.33, 95 % interval −" in found.sentence


def test_a_measure_that_says_otherwise_is_named():
    notes = compared(5, many, few_and_short).warnings
    assert any("says otherwise: worse, length of a track" in note for note in notes)


@pytest.mark.parametrize(
    ("objects", "words"),
    [(105, None), (150, "finds 50% more objects (450 instead of 300)"), (60, "finds 40% fewer")],
)
def test_other_numbers_of_objects_are_a_reason_to_look(objects, words):
    notes = compared(3, few, lambda n: few(n) | {"objects": objects}).warnings
    assert [words in note for note in notes if "objects" in note] == ([True] if words else [])


def test_scores_stand_beside_the_measures_where_there_is_a_truth():
    def scored(n):
        return {"scores": TruthScores(0.9, 0.95, float("nan"))} if n else {}

    found = compared(4, scored, scored)
    by_name = {one.measure.name: one for one in found.differences}
    assert (by_name["TRA"].retrained.estimate, by_name["TRA"].movies) == (pytest.approx(0.9), 3)
    assert by_name["SEG"].movies == 0
    assert "TRA" not in {one.measure.name for one in compared(3, few, few).differences}


def test_a_model_that_finds_nothing_is_not_compared():
    found = compared(3, lambda n: {"objects": 0, "tracks": 0}, few)
    assert "a model finds no objects" in found.sentence


def test_movies_without_objects_are_left_out_and_told():
    """They had been counted in the sentence, though a model that finds nothing breaks no track."""
    found = compared(5, many, lambda n: few(n) if n else {"objects": 0, "tracks": 0})
    assert "; 4 movies)" in found.sentence
    assert any("1 of 5 movies are not compared" in note for note in found.warnings)
