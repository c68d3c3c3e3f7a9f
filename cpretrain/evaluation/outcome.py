"""Complete outcome of a comparison, from which tables and page are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.evaluation.movies.differences import MovieComparison
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.verdict import Verdict
from cpretrain.models.folder import ModelFolder


@dataclass(frozen=True)
class Evaluation:
    """A comparison and its results.

    Parameters
    ----------
    model : ModelFolder
        The retrained model.
    record : mapping
        Its ``model.json``.
    image_sets : mapping of str to sequence of Pair
        Images of each image set.
    models : sequence of ComparedModel
        The models with their settings.
    scorings : sequence of Scoring
        Scores of each image set, first the one that the verdict is about.
    verdict : Verdict
        The verdict on retraining.
    movies : MovieComparison or None
        Comparison of the tracks in movies, if it was asked for.
    """

    model: ModelFolder
    record: Mapping[str, Any]
    image_sets: Mapping[str, Sequence[Pair]]
    models: Sequence[ComparedModel]
    scorings: Sequence[Scoring]
    verdict: Verdict
    movies: MovieComparison | None = None
