"""Segment movies with every model, track the objects, and count where the tracks break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from cpretrain.errors import BadInput
from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.evaluation.movies.inputs import MovieInputs
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.predicted import label_images_of
from cpretrain.linking.breaks import TrackCounts, count_breaks
from cpretrain.linking.tracked_truth import TrackedTruth, find_truth
from cpretrain.linking.tracks import Tracks, track_labels
from cpretrain.linking.tracks_table import ENDING, write_tracks
from cpretrain.linking.truth_scores import TruthScores, score_tracks
from cpretrain.models.record import ModelSettings
from cpretrain.models.trained import UsedModel
from cpretrain.models.weights import ModelWeights
from cpretrain.prediction.movies import PredictedMovie, predict_with
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.segmentation import SegmentSettings
from cpretrain.settings.tracking import TrackSettings
from cpretrain.storage.hashing import sha256
from cpretrain.tracking.source import source_of


@dataclass(frozen=True)
class MovieTracks:
    """The tracks of one model's objects in one movie.

    Parameters
    ----------
    movie : str
        Name of the movie.
    model : str
        ``base`` or ``retrained``.
    counts : TrackCounts
        Objects, tracks and breaks.
    scores : TruthScores or None
        Scores against a tracked ground truth, where there is one for this movie.
    """

    movie: str
    model: str
    counts: TrackCounts
    scores: TruthScores | None = None

    def row(self) -> dict[str, Any]:
        """Return a row of ``evaluation_movies.csv``."""
        counts, scores = self.counts, self.scores.as_data() if self.scores else {}
        numbers = {"frames": counts.frames, "objects": counts.objects, "tracks": counts.tracks}
        measures = {
            name: None if isnan(value) else round(value, 6) for name, value in counts.measures.items()
        }
        return {"movie": self.movie, "model": self.model, **numbers, **measures, **scores}


def track_movies(
    inputs: MovieInputs,
    models: Sequence[ComparedModel],
    how: ModelSettings,
    folder: Path,
    batch: BatchSettings | None = None,
) -> list[MovieTracks]:
    """Segment all movies with each model, and track the objects.

    Parameters
    ----------
    inputs : MovieInputs
        Movies, and tracked ground truth.
    models : sequence of ComparedModel
        The models.
    how : ModelSettings
        Channels and normalization, the same for all models.
    folder : pathlib.Path
        Folder for label images and tables of tracks, in a folder for each model.
    batch : BatchSettings, optional
        Worker processes for segmentation.

    Raises
    ------
    BadInput
        When a movie cannot be segmented, or its ground truth does not fit.
    """
    found: dict[Path, dict[str, PredictedMovie]] = {path: {} for path in inputs.movies}
    for model in models:
        done = predict_with(used_model(model, how), inputs.movies, folder / model.name, batch, model.name)
        for error in done.failed.values():
            raise error
        for movie in done.done:
            found[movie.source][model.name] = movie
    tracked = [one for of_models in found.values() for one in _tracked(of_models, inputs.truth)]
    return [one for model in models for one in tracked if one.model == model.name]


def used_model(model: ComparedModel, how: ModelSettings) -> UsedModel:
    """Return a model as one that segments movies: with its own thresholds, and common channels and normalization."""
    given = model.settings.model_dump()
    settings = PredictSettings(
        **{name: given[name] for name in SegmentSettings.model_fields},
        channel=how.channel,
        second_channel=how.second_channel,
    )
    weights = _file_of(model.base)
    return UsedModel(model.base, sha256(weights), settings, how.normalization, how.trained_channels)


def _file_of(base: ModelWeights) -> Path:
    if base.path is None:
        raise BadInput(f"model {base.name}: has random weights", cure="name a trained model to compare with")
    return base.path


def _tracked(of_models: dict[str, PredictedMovie], truth: Path | None) -> Iterator[MovieTracks]:
    """Track what each model found in one movie, all with the farthest step that the largest objects give."""
    tracks = {model: _linked(movie, TrackSettings()) for model, movie in of_models.items()}
    alike = TrackSettings(max_distance=max(one.max_distance for one in tracks.values()))
    for model, movie in of_models.items():
        own = tracks.pop(model)
        own = own if own.max_distance == alike.max_distance else _linked(movie, alike)
        labels = label_images_of(movie.labels)
        write_tracks(movie.labels.with_name(f"{labels.name}{ENDING}"), own.table)
        known = find_truth(truth, labels.name) if truth else None
        scores = _scored(movie.labels, own, known) if known else None
        yield MovieTracks(labels.name, model, count_breaks(own.table, own.frames), scores)


def _linked(movie: PredictedMovie, settings: TrackSettings) -> Tracks:
    canvas = source_of(label_images_of(movie.labels), [movie.source]).canvas()
    return track_labels(movie.labels, canvas=canvas, settings=settings)


def _scored(labels: Path, tracks: Tracks, truth: TrackedTruth) -> TruthScores:
    with TimeLapse(labels) as movie:
        return score_tracks(tracks.table, lambda t: movie.frame(t)[:, 0], truth)
