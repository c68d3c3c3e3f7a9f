"""What one model scored on the images of one view, and the differences between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.evaluation.confidence_intervals import (
    FEWEST,
    Clusters,
    Interval,
    cluster,
    mean_interval,
    ratio_interval,
)
from cpretrain.metrics.scores import Scores

HEADLINE = 0.5
"""IoU threshold that the verdict goes by, as is usual in the field."""


@dataclass(frozen=True)
class ImageSet:
    """The images that are scored together.

    Parameters
    ----------
    name : str
        ``crop`` for training images kept back, ``image`` for others, ``frame`` for whole frames.
    images, movies : tuple of str
        Name of each image, and of the movie that it comes from (its own name where that is not known).
    thresholds : tuple of float
        IoU thresholds.
    """

    name: str
    images: tuple[str, ...]
    movies: tuple[str, ...]
    thresholds: tuple[float, ...]

    @property
    def headline(self) -> int:
        """Place of the threshold that the verdict goes by: 0.5, or the lowest where that was not asked for."""
        if HEADLINE in self.thresholds:
            return self.thresholds.index(HEADLINE)
        return int(np.argmin(self.thresholds))

    def clusters(self, places: Sequence[int]) -> Clusters:
        """Which of the images at these places belong together."""
        return cluster([self.images[i] for i in places], [self.movies[i] for i in places])


@dataclass(frozen=True)
class ModelScores:
    """What one model, or a second person, scored in a view.

    Parameters
    ----------
    view : ImageSet
        Images and thresholds.
    model : str
        ``base``, ``retrained`` or ``human``.
    places : tuple of int
        Which images of the view were scored; a second person may have drawn on some only.
    scores : Scores
        One row for each of these images, one column a threshold.
    """

    view: ImageSet
    model: str
    places: tuple[int, ...]
    scores: Scores

    def values(self, threshold: int | None, name: str = "average_precision") -> NDArray[np.float64]:
        """Give a score of each image at a threshold (its place), or its mean over all thresholds."""
        values = np.broadcast_to(self.scores.of(name), self.scores.tp.shape)
        return values.mean(axis=1) if threshold is None else values[:, threshold]

    def mean(self, threshold: int | None, name: str = "average_precision") -> Interval:
        """Mean of a score over the images, with its interval."""
        return mean_interval(self.values(threshold, name), self.view.clusters(self.places))

    def pooled(self, threshold: int | None, name: str = "average_precision") -> Interval:
        """Score of all objects together, at a threshold or its mean over all of them, with its interval."""
        above, below = (np.broadcast_to(part, self.scores.tp.shape) for part in self.scores.parts[name])
        if threshold is not None:
            above, below = above[:, threshold], below[:, threshold]
        return ratio_interval(above, below, self.view.clusters(self.places))


@dataclass(frozen=True)
class Difference:
    """A score of one model minus that of another one, image by image.

    Parameters
    ----------
    threshold : int or None
        Place of the IoU threshold; None for the mean over all of them.
    first, second : float
        Mean of the two on the images that both were scored on.
    interval : Interval
        Mean of first minus second, and its interval.
    clusters : Clusters
        Which of the images belong together.
    """

    threshold: int | None
    first: float
    second: float
    interval: Interval
    clusters: Clusters

    @property
    def outcome(self) -> int:
        """1 where the first is better, -1 where it is worse, 0 where no difference is shown.

        Two images, or one, show nothing, however much they differ.
        """
        shown = self.interval.excludes_zero and self.clusters.count >= FEWEST
        return int(np.sign(self.interval.estimate)) if shown else 0


def difference(
    first: ModelScores, second: ModelScores, threshold: int | None, name: str = "average_precision"
) -> Difference:
    """Compare two models on the images that both were scored on."""
    both, in_first, in_second = np.intersect1d(first.places, second.places, return_indices=True)
    one, other = first.values(threshold, name)[in_first], second.values(threshold, name)[in_second]
    clusters = first.view.clusters(both.tolist())
    interval = mean_interval(one - other, clusters, (-1, 1))
    return Difference(threshold, float(one.mean()), float(other.mean()), interval, clusters)
