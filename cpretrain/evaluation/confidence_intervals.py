"""95 % intervals of means and pooled scores that remain honest if images come from few movies.

Images of one movie resemble each other, so movies are resampled, not images. With `FEW` movies or more, this is the
bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993) with percentiles widened for small samples
(Hesterberg, The American Statistician 69 (2015) 371, "expanded percentile interval"). With fewer, there is too little
to resample, so Student's t with the variance between movies is used (Cochran, Sampling Techniques, 3rd ed. 1977,
chapter 6; Cameron, Gelbach & Miller, Review of Economics and Statistics 90 (2008) 414, on few clusters).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEW = 8
"""Number of movies (or images) from which the interval is the bootstrap; below it is Student's t."""

FEWEST = 3
"""Number of movies below which nothing can be said about other movies; images are resampled then."""

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval; NaN if there are too few data."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """True if the whole interval lies on one side of 0."""
        return self.low > 0 or self.high < 0

    def as_data(self) -> dict[str, float | None]:
        """Return the three numbers for ``--json``; None for NaN."""
        return {
            name: None if np.isnan(value) else value
            for name, value in (("mean", self.estimate), ("low_95", self.low), ("high_95", self.high))
        }

    def text(self, sign: str = "") -> str:
        """Format the interval for the user; ``sign="+"`` shows the sign of positive numbers too."""
        if np.isnan(self.low):
            return "no interval"
        return f"{self.low:{sign}.2f} to {self.high:{sign}.2f}".replace("-", "−")


@dataclass(frozen=True)
class Clusters:
    """Clusters of images: images of one movie, or single images.

    Parameters
    ----------
    of : tuple of int
        Cluster of each image, from 0.
    count : int
        Number of clusters.
    movies : int
        Number of movies that the images come from; 0 if unknown.
    """

    of: tuple[int, ...]
    count: int
    movies: int

    @property
    def by_movie(self) -> bool:
        """True if a cluster is a movie, not a single image."""
        return self.movies >= FEWEST

    @property
    def method(self) -> str:
        """Method of the intervals, in a few words."""
        unit = "movie" if self.by_movie else "image"
        return f"bootstrap by {unit}" if self.count >= FEW else f"Student's t by {unit}"


def cluster(images: Sequence[str], movies: Sequence[str]) -> Clusters:
    """Group images by movie if there are enough movies.

    Parameters
    ----------
    images, movies : sequence of str
        Name of each image, and of the movie that it comes from (its own name if that is unknown).
    """
    known = (
        0 if all(image == movie for image, movie in zip(images, movies, strict=True)) else len(set(movies))
    )
    names = movies if known >= FEWEST else [str(number) for number in range(len(images))]
    indices = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return Clusters(tuple(indices[name] for name in names), len(indices), known)


def mean_interval(
    values: ArrayLike, clusters: Clusters, limits: tuple[float, float] = (0, 1), seed: int = 0
) -> Interval:
    """Return the mean over images and its interval; images whose value is NaN are left out.

    Parameters
    ----------
    values : array-like of float, shape (images,)
        One value per image.
    clusters, limits, seed
        As in `ratio_interval`.
    """
    numbers = np.asarray(values, float)
    measured = ~np.isnan(numbers)
    return ratio_interval(np.where(measured, numbers, 0.0), measured, clusters, limits, seed)


def ratio_interval(
    numerators: ArrayLike,
    denominators: ArrayLike,
    clusters: Clusters,
    limits: tuple[float, float] = (0, 1),
    seed: int = 0,
) -> Interval:
    """Return the ratio of two sums over images, and its 95 % interval.

    Parameters
    ----------
    numerators, denominators : array-like of float, shape (images,) or (images, n)
        Terms of the two sums: counts for a score pooled over objects; values and ones for a mean over images. For n
        ratios, at several thresholds, their mean is taken.
    clusters : Clusters
        Units of resampling.
    limits : tuple of float
        Smallest and largest possible value; the interval is clipped to them.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Interval
        Low and high are NaN if fewer than two clusters count.
    """
    above, below = (_sums(part, clusters) for part in np.broadcast_arrays(numerators, denominators))
    counts = below.any(axis=1)
    above, below, count = above[counts], below[counts], int(counts.sum())
    if not count:
        return Interval(np.nan, np.nan, np.nan)
    ratios = above.sum(axis=0) / below.sum(axis=0)
    estimate = float(ratios.mean())
    if count < 2:
        return Interval(estimate, np.nan, np.nan)
    width = _student(count)
    if count < FEW:
        residuals = ((above - ratios * below) / below.sum(axis=0)).mean(axis=1)
        spread = np.sqrt(count / (count - 1) * np.sum(residuals**2))
        low, high = estimate - width * spread, estimate + width * spread
    else:
        from scipy.stats import norm

        drawn = _draws(count, seed)
        tail = float(norm.cdf(-np.sqrt(count / (count - 1)) * width))
        means = (drawn @ above / np.maximum(drawn @ below, 1e-12)).mean(axis=1)
        low, high = np.quantile(means, (tail, 1 - tail))
    return Interval(estimate, float(np.clip(low, *limits)), float(np.clip(high, *limits)))


def _sums(values: NDArray[Any], clusters: Clusters) -> NDArray[np.float64]:
    """Sum the rows of each cluster, and return an array of shape (clusters, n)."""
    sums = np.zeros((clusters.count, values[0].size if values.ndim > 1 else 1))
    np.add.at(sums, np.asarray(clusters.of), values.reshape(len(values), -1).astype(float))
    return sums


def _student(count: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, count - 1))


@lru_cache(maxsize=8)
def _draws(count: int, seed: int) -> NDArray[np.int64]:
    """Return the number of times each cluster is drawn in each resample, ndarray, shape (resamples, clusters)."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
