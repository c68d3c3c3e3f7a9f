"""Scores of one model on one set of images, and differences between two models."""

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
"""IoU threshold on which the verdict is based, as is usual in the field."""


@dataclass(frozen=True)
class ImageSet:
    """A set of images that are scored together.

    Parameters
    ----------
    name : str
        ``crop`` for the model's validation images, ``image`` for others, ``frame`` for whole frames.
    images, movies : tuple of str
        Name of each image, and of the movie that it comes from (its own name if that is unknown).
    iou_thresholds : tuple of float
        IoU thresholds.
    """

    name: str
    images: tuple[str, ...]
    movies: tuple[str, ...]
    iou_thresholds: tuple[float, ...]

    @property
    def headline(self) -> int:
        """Index of the threshold on which the verdict is based: 0.5, or the lowest one if that is not among them."""
        if HEADLINE in self.iou_thresholds:
            return self.iou_thresholds.index(HEADLINE)
        return int(np.argmin(self.iou_thresholds))

    def clusters(self, indices: Sequence[int]) -> Clusters:
        """Return the clusters of the images with these indices."""
        return cluster([self.images[i] for i in indices], [self.movies[i] for i in indices])


@dataclass(frozen=True)
class ModelScores:
    """Scores of one model, or of a second annotator, on an image set.

    Parameters
    ----------
    image_set : ImageSet
        Images and thresholds.
    model : str
        ``base``, ``retrained`` or ``human``.
    indices : tuple of int
        Indices of the images that were scored; a second annotator may have drawn only some.
    scores : Scores
        One row per image, one column per threshold.
    """

    image_set: ImageSet
    model: str
    indices: tuple[int, ...]
    scores: Scores

    def values(self, threshold: int | None, name: str = "average_precision") -> NDArray[np.float64]:
        """Return a score for each image at the threshold with this index, or its mean over all thresholds (None)."""
        values = np.broadcast_to(self.scores.of(name), self.scores.tp.shape)
        return values.mean(axis=1) if threshold is None else values[:, threshold]

    def mean(self, threshold: int | None, name: str = "average_precision") -> Interval:
        """Return the mean of a score over the images, with its interval."""
        return mean_interval(self.values(threshold, name), self.image_set.clusters(self.indices))

    def pooled(self, threshold: int | None, name: str = "average_precision") -> Interval:
        """Return the score over all objects pooled, at a threshold or averaged over all (None), with its interval."""
        above, below = (np.broadcast_to(part, self.scores.tp.shape) for part in self.scores.parts[name])
        if threshold is not None:
            above, below = above[:, threshold], below[:, threshold]
        return ratio_interval(above, below, self.image_set.clusters(self.indices))


@dataclass(frozen=True)
class Difference:
    """Difference between the scores of two models, image by image.

    Parameters
    ----------
    threshold : int or None
        Index of the IoU threshold; None for the mean over all of them.
    first, second : float
        Mean score of each on the images that both were scored on.
    interval : Interval
        Mean of first minus second, and its interval.
    clusters : Clusters
        Clusters of these images.
    """

    threshold: int | None
    first: float
    second: float
    interval: Interval
    clusters: Clusters

    @property
    def outcome(self) -> int:
        """1 if the first is better, -1 if it is worse, 0 if no difference is shown.

        Fewer than three clusters show nothing, however large the difference.
        """
        shown = self.interval.excludes_zero and self.clusters.count >= FEWEST
        return int(np.sign(self.interval.estimate)) if shown else 0


def difference(
    first: ModelScores, second: ModelScores, threshold: int | None, name: str = "average_precision"
) -> Difference:
    """Compare two models on the images that both were scored on.

    Parameters
    ----------
    first, second : ModelScores
        Scores of the two models on the same image set.
    threshold : int or None
        Index of the IoU threshold; None for the mean over all of them.
    name : str
        Name of the score.
    """
    both, in_first, in_second = np.intersect1d(first.indices, second.indices, return_indices=True)
    one, other = first.values(threshold, name)[in_first], second.values(threshold, name)[in_second]
    clusters = first.image_set.clusters(both.tolist())
    interval = mean_interval(one - other, clusters, (-1, 1))
    return Difference(threshold, float(one.mean()), float(other.mean()), interval, clusters)
