"""Differences between the tracks of two models, movie by movie, and a sentence about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.evaluation.confidence_intervals import FEWEST, Clusters, Interval, mean_interval
from cpretrain.evaluation.movies.tracking import MovieTracks
from cpretrain.evaluation.verdict import BETTER, NO_DIFFERENCE, WORSE, plus, span
from cpretrain.linking.breaks import MEASURES, Measure

WORDS = {1: BETTER, 0: NO_DIFFERENCE, -1: WORSE}
ANY = (-np.inf, np.inf)
"""Limits of values without limits."""

MORE_OR_FEWER = 0.1
"""Share by which numbers of objects differ where the other numbers can no longer be compared alone."""

SCORES = (
    Measure("TRA", "TRA, tracks against the ground truth", 1, 1),
    Measure("DET", "DET, detection against the ground truth", 1, 1),
    Measure("SEG", "SEG, outlines against the ground truth", 1, 1),
)


@dataclass(frozen=True)
class MeasuredDifference:
    """A measure of both models' tracks.

    Parameters
    ----------
    measure : Measure
        What is measured.
    base, retrained, gain : Interval
        Mean over movies of each model, and of the difference, movie by movie.
    movies : int
        Number of movies that it could be measured in.
    """

    measure: Measure
    base: Interval
    retrained: Interval
    gain: Interval
    movies: int

    @property
    def outcome(self) -> int:
        """1 if the retrained model is better, -1 if it is worse, 0 if no difference is shown."""
        shown = self.gain.excludes_zero and self.movies >= FEWEST
        return self.measure.better * int(np.sign(self.gain.estimate)) if shown else 0


@dataclass(frozen=True)
class MovieComparison:
    """Comparison of both models on movies.

    Parameters
    ----------
    tracks : sequence of MovieTracks
        Counts by movie and model.
    """

    tracks: Sequence[MovieTracks]

    @property
    def movies(self) -> list[str]:
        """Names of the movies."""
        return list(dict.fromkeys(one.movie for one in self.tracks))

    @property
    def clusters(self) -> Clusters:
        """The units of resampling: movies."""
        count = len(self.movies)
        return Clusters(tuple(range(count)), count, count)

    @property
    def differences(self) -> list[MeasuredDifference]:
        """All measures without annotation, and the scores where there is a ground truth."""
        scores = [one for one in SCORES if any(row.scores for row in self.tracks)]
        return [self._difference(one) for one in (*MEASURES, *scores)]

    @property
    def sentence(self) -> str:
        """The outcome in one sentence, about the first measure."""
        first = self.differences[0]
        number = first.movies
        if np.isnan(first.gain.estimate):
            return "Tracks in movies without annotation: nothing to compare, since a model finds no objects in them."
        values = f"{first.retrained.estimate:.2f} after retraining and {first.base.estimate:.2f} before"
        numbers = f"difference {plus(first.gain.estimate)}, {span(first.gain, '+')}"
        return (
            f"Tracks in movies without annotation: {WORDS[first.outcome]}, {first.measure.title}: {values} ({numbers}; "
            f"{number} movie{'s' * (number != 1)})."
        )

    @property
    def warnings(self) -> list[str]:
        """Reasons for caution."""
        first, *others = self.differences
        notes = []
        if first.movies < FEWEST:
            notes.append(f"{first.movies} movies cannot show a difference between tracks: add movies")
        against = [one for one in others if one.outcome and one.outcome == -first.outcome]
        notes += [
            f"another measure of tracks says otherwise: {WORDS[one.outcome]}, {one.measure.title}: "
            f"{one.retrained.estimate:.2f} after retraining and {one.base.estimate:.2f} before"
            for one in against
        ]
        return notes + self._empty(len(self.movies) - first.movies) + self._objects()

    def _empty(self, left_out: int) -> list[str]:
        """Return a warning if movies could not be compared."""
        if not left_out:
            return []
        return [
            f"{left_out} of {len(self.movies)} movies are not compared, since a model finds no objects in them: see "
            "which in the table of movies"
        ]

    def _objects(self) -> list[str]:
        """Return a warning if the models find different numbers of objects."""
        found = {
            model: sum(one.counts.objects for one in self.tracks if one.model == model)
            for model in ("base", "retrained")
        }
        change = found["retrained"] / found["base"] - 1 if found["base"] else np.inf
        if abs(change) <= MORE_OR_FEWER:
            return []
        share = f"{abs(change):.0%} {'more' if change > 0 else 'fewer'}" if np.isfinite(change) else "more"
        numbers = f"{found['retrained']} instead of {found['base']}"
        return [
            f"in the movies, the retrained model finds {share} objects ({numbers}): tracks cannot tell whether these "
            "are real, so look at some of them"
        ]

    def _values(self, name: str, model: str) -> NDArray[np.float64]:
        """Return a measure of a model in each movie; NaN where there is none."""
        rows: list[Mapping[str, float | None]] = [one.row() for one in self.tracks if one.model == model]
        return np.array([row.get(name) for row in rows], np.float64)

    def _difference(self, measure: Measure) -> MeasuredDifference:
        base, retrained = (self._values(measure.name, model) for model in ("base", "retrained"))
        both = np.where(np.isnan(base - retrained), np.nan, 1.0)
        of_base, of_retrained, gain = (
            mean_interval(one * both, self.clusters, ANY) for one in (base, retrained, retrained - base)
        )
        return MeasuredDifference(measure, of_base, of_retrained, gain, int(np.nansum(both)))
