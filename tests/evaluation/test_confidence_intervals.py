"""Intervals cover the truth as often as they claim, even with few movies of different sizes."""

import numpy as np
import pytest

from cpretrain.evaluation.confidence_intervals import (
    FEW,
    FEWEST,
    Clusters,
    cluster,
    mean_interval,
    ratio_interval,
)


def movies_of(count: int, rng: np.random.Generator) -> list[str]:
    """Return the movie of each image, with two to eight images per movie."""
    return [f"movie {number}" for number in range(count) for _ in range(rng.integers(2, 9))]


def images_of(movies: list[str]) -> list[str]:
    return [f"image {number}" for number in range(len(movies))]


@pytest.mark.parametrize("movies", [3, 4, 5, FEW - 1, FEW, 12, 30])
def test_coverage_of_the_mean_when_images_of_a_movie_resemble_each_other(movies):
    """Tolerance is three standard errors of 600 trials, plus the 3 % that few unequal movies cost."""
    rng = np.random.default_rng(movies)
    hits, trials = 0, 600
    for _ in range(trials):
        names = movies_of(movies, rng)
        effect = rng.normal(0.05, 0.08, movies)
        values = [effect[int(name.split()[1])] + rng.normal(0, 0.12) for name in names]
        interval = mean_interval(values, cluster(images_of(names), names), (-1, 1))
        hits += interval.low <= 0.05 <= interval.high
    assert 0.95 - 0.027 - 0.03 < hits / trials < 0.98


def test_taking_images_for_independent_would_claim_too_much():
    """The same as above without the movies: the error that the intervals avoid."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        names = movies_of(12, rng)
        effect = rng.normal(0.05, 0.08, 12)
        values = [effect[int(name.split()[1])] + rng.normal(0, 0.12) for name in names]
        interval = mean_interval(values, cluster(images_of(names), images_of(names)), (-1, 1))
        hits += interval.low <= 0.05 <= interval.high
    assert hits / 300 < 0.87


def test_coverage_of_a_pooled_score():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        names = movies_of(15, rng)
        chance = {name: rng.beta(16, 4) for name in names}
        objects = rng.poisson(12, len(names)) + 1
        found = rng.binomial(objects, [chance[name] for name in names])
        interval = ratio_interval(found, objects, cluster(images_of(names), names))
        hits += interval.low <= 0.8 <= interval.high
    assert 0.9 < hits / 400 < 0.98


@pytest.mark.parametrize(
    ("images", "movies", "of", "known", "method"),
    [
        ("abc", "abc", (0, 1, 2), 0, "Student's t by image"),
        ("abcd", "MMNN", (0, 1, 2, 3), 2, "Student's t by image"),
        ("abcd", "MNNO", (0, 1, 1, 2), 3, "Student's t by movie"),
        ("abcdefghi", "MNOPQRSTT", (0, 1, 2, 3, 4, 5, 6, 7, 7), 8, "bootstrap by movie"),
        ("abcdefgh", "abcdefgh", tuple(range(8)), 0, "bootstrap by image"),
    ],
)
def test_what_is_drawn_together(images, movies, of, known, method):
    clusters = cluster(list(images), list(movies))
    assert (clusters.of, clusters.movies, clusters.method) == (of, known, method)
    assert clusters.by_movie == (known >= FEWEST)


@pytest.mark.parametrize("count", [2, 5, 20])
def test_equal_values_have_no_width_and_the_interval_holds_the_estimate(count):
    clusters = Clusters(tuple(range(count)), count, 0)
    interval = mean_interval(np.full(count, 0.25), clusters)
    assert (interval.estimate, interval.low, interval.high) == pytest.approx((0.25, 0.25, 0.25))
    values = np.random.default_rng(0).random(count)
    interval = mean_interval(values, clusters)
    assert interval.estimate == pytest.approx(values.mean())
    assert 0 <= interval.low < interval.estimate < interval.high <= 1
    assert interval == mean_interval(values, clusters)


def test_few_movies_give_students_interval_of_their_means():
    from scipy.stats import t

    means = np.array([0.6, 0.7, 0.9])
    names = [name for name in "MNO" for _ in range(4)]
    interval = mean_interval(np.repeat(means, 4), cluster(images_of(names), names))
    half = t.ppf(0.975, 2) * means.std(ddof=1) / np.sqrt(3)
    assert (interval.low, interval.high) == pytest.approx((means.mean() - half, 1))  # cut at 1


def test_values_that_are_missing_are_left_out():
    clusters = Clusters((0, 1, 2, 3), 4, 0)
    three = mean_interval([0.1, 0.3, 0.2], Clusters((0, 1, 2), 3, 0))
    assert mean_interval([0.1, np.nan, 0.3, 0.2], clusters) == three
    assert np.isnan(mean_interval([np.nan] * 4, clusters).estimate)
    alone = mean_interval([0.5, np.nan, np.nan, np.nan], clusters)
    assert alone.estimate == 0.5 and np.isnan(alone.low) and not alone.excludes_zero
    assert alone.text() == "no interval"


@pytest.mark.parametrize(
    ("values", "excludes"),
    [([0.1, 0.12, 0.11], True), ([-0.1, -0.12, -0.11], True), ([0.1, -0.1, 0.1], False)],
)
def test_excludes_zero(values, excludes):
    interval = mean_interval(values, Clusters((0, 1, 2), 3, 0), (-1, 1))
    assert interval.excludes_zero == excludes
    assert interval.text("+").count("+") + interval.text("+").count("−") == 2
