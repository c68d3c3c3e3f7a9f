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
    tracked = []
    for model in models:
        done = predict_with(used_model(model, how), inputs.movies, folder / model.name, batch, model.name)
        for error in done.failed.values():
            raise error
        tracked += list(_tracked(done.done, model.name, inputs.truth))
    return tracked


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


def _tracked(done: Sequence[PredictedMovie], model: str, truth: Path | None) -> Iterator[MovieTracks]:
    for movie in done:
        labels = label_images_of(movie.labels)
        tracks = track_labels(movie.labels, canvas=source_of(labels, [movie.source]).canvas())
        write_tracks(movie.labels.with_name(f"{labels.name}{ENDING}"), tracks.table)
        known = find_truth(truth, labels.name) if truth else None
        scores = _scored(movie.labels, tracks, known) if known else None
        yield MovieTracks(labels.name, model, count_breaks(tracks.table, tracks.frames), scores)


def _scored(labels: Path, tracks: Tracks, truth: TrackedTruth) -> TruthScores:
    with TimeLapse(labels) as movie:
        return score_tracks(tracks.table, lambda t: movie.frame(t)[:, 0], truth)
