"""Track the objects of segmented movies, one or a folder of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.batch.runner import Batch, for_each
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside, list_movies
from cpretrain.images.dtypes import label_type
from cpretrain.images.metadata import Channels
from cpretrain.images.ome_zarr_facts import check_can_write
from cpretrain.images.ome_zarr_labels import write_labels
from cpretrain.images.replaced import placed_name, remove_other_format
from cpretrain.images.running_mean import RunningMean
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.labels.predicted import LabelImages, as_labels, label_images_in, label_images_of
from cpretrain.linking.numbers import numbers_of, sentence
from cpretrain.linking.tracks import Tracks, track_labels
from cpretrain.linking.tracks_table import write_tracks
from cpretrain.runtime.console import info, progress, warning
from cpretrain.runtime.spelling import option
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.tracking import TrackSettings
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance, warnings_in
from cpretrain.storage.rerun import done_record
from cpretrain.tracking.files import TrackFiles
from cpretrain.tracking.geff_store import write_geff
from cpretrain.tracking.picture import draw_tracks
from cpretrain.tracking.source import Source, source_of
from cpretrain.tracking.track_rois import write_track_rois
from cpretrain.tracking.trackmate_xml import write_trackmate

IN_THE_MEAN = 50
"""Most frames that the mean image of the picture is made of."""


@dataclass(frozen=True)
class TrackedMovie:
    """Tracks of one movie.

    Parameters
    ----------
    source : pathlib.Path
        Its label images.
    table, labels, picture : pathlib.Path
        Its table of tracks, label images whose numbers are tracks, and picture; all other results are beside them.
    numbers : dict
        Numbers of `cpretrain.linking.numbers_of`.
    raw : bool
        Whether positions in the raw movie were found by its drift; else they equal those in the label images.
    """

    source: Path
    table: Path
    labels: Path
    picture: Path
    numbers: dict[str, float]
    raw: bool

    def line(self) -> str:
        """Return one line for the user."""
        where = "raw positions by its drift" if self.raw else "no drift known: raw positions the same"
        return f"{self.source.name} → {self.table} ({sentence(self.numbers)}; {where})"

    def as_data(self) -> dict[str, Any]:
        """Return the same for programs."""
        return vars(self) | {"said": self.line()}


def track(
    predictions: PathLike,
    *,
    images: PathLike | None = None,
    out: PathLike | None = None,
    settings: TrackSettings | None = None,
    batch: BatchSettings | None = None,
) -> Batch[TrackedMovie]:
    """Track the objects of a segmented movie, or of every one in a folder.

    Parameters
    ----------
    predictions : path-like
        Label images of ``cpretrain predict``, or any others: a file, or a folder of them.
    images : path-like, optional
        The movies that were segmented, by the same names, for grey values and the drift corrected in them; by default
        those that the records of the predictions name, if they lie in a folder beside the predictions.
    out : path-like, optional
        Result folder; by default ``tracks`` beside the predictions.
    settings : TrackSettings, optional
        Costs and limits of links, and formats to write.
    batch : BatchSettings, optional
        Where many movies are tracked; by default one after the other in this process.

    Returns
    -------
    Batch of TrackedMovie
        For each ``NAME.tif``, ``NAME.tracks.csv`` with a row per object and frame (see
        `cpretrain.linking.tracks_table`), label images ``NAME.tif`` whose numbers are tracks, the picture
        ``NAME.tracks.png`` and the record ``NAME.json``; as set, ``NAME.trackmate.xml``, ``NAME.geff`` and
        ``NAME_RoiSet.zip``. Also the movies that failed. Complete and unchanged results are not computed again.

    Raises
    ------
    BadInput
        When there are no label images, or none can be used.
    """
    settings = settings or TrackSettings()
    if settings.format == "ome-zarr":
        check_can_write()
    predictions = to_path(predictions)
    labels = _label_images(predictions)
    folder = to_path(out) or beside(predictions, "tracks")
    if any(folder.resolve() == one.path.resolve().parent for one in labels):
        raise BadInput(
            f"{folder}: tracks would replace the label images that they are made from",
            cure=f"choose another {option('out')}",
        )
    movies = None if images is None else list_movies(to_path(images))
    known = {one.path: one for one in labels}
    return for_each(
        [*known],
        partial(_track_one, known=known, images=movies, folder=folder, settings=settings),
        f"track {predictions.name}",
        batch=batch,
        results=folder,
    )


def _label_images(predictions: Path) -> list[LabelImages]:
    if predictions.is_dir() and not predictions.name.endswith(".zarr"):
        return [*label_images_in(predictions).values()]
    (path,) = list_movies(predictions)
    return [label_images_of(path)]


def _track_one(
    path: Path,
    known: dict[Path, LabelImages],
    images: Sequence[Path] | None,
    folder: Path,
    settings: TrackSettings,
) -> TrackedMovie:
    return track_movie(source_of(known[path], images), folder, settings)


def track_movie(source: Source, folder: Path, settings: TrackSettings) -> TrackedMovie:
    """Track one movie; all arguments can be pickled for another process."""
    files, path = TrackFiles(source.labels.name, folder, settings), source.labels.path
    with TimeLapse(path, settings.axes) as labels:
        inputs = [*labels.files, *source.inputs()]
    earlier = done_record(files.record, settings, inputs)
    if earlier and earlier.get("labels") == placed_name(path):
        info(f"track: {files.table} is complete and unchanged")
        for note in warnings_in(files.record):
            warning(note)
        return TrackedMovie(path, *files.shown, earlier["tracks"], earlier["raw"])
    provenance = Provenance("track", settings, inputs)
    canvas = source.canvas()
    tracks = track_labels(path, movie=source.movie, canvas=canvas, settings=settings)
    notes = [*_notes(tracks, source), *_empty_frames(tracks, path.name, settings.max_missing)]
    files.record.unlink(missing_ok=True)
    remove_other_format(files.record, files.labels_in_other_format)
    numbers = _write(files, tracks, source)
    provenance.write(
        files.record,
        outputs=files.outputs,
        labels=placed_name(path),
        movie=source.movie and placed_name(source.movie),
        raw=canvas is not None,
        max_distance=round(tracks.max_distance, 4),
        tracks=numbers,
        warnings=notes,
    )
    for note in notes:
        warning(note)
    return TrackedMovie(path, *files.shown, numbers, canvas is not None)


def _notes(tracks: Tracks, source: Source) -> list[str]:
    """Return warnings about tracks that are hardly to be believed."""
    name, table = source.labels.path.name, tracks.table
    if not len(table):
        return [f"{name}: holds no objects"]
    if tracks.frames == 1:
        return [f"{name}: has one frame, so that there is nothing to track"]
    single = int((table.groupby("track").size() == 1).sum())
    if single > table["track"].nunique() / 2:
        return [
            f"{name}: {single} of {table['track'].nunique()} tracks have one frame only; objects move farther than "
            f"{tracks.max_distance:.3g} pixels, or most are missed: look at the picture, and set "
            f"{option('max_distance')} higher"
        ]
    return []


def _empty_frames(tracks: Tracks, name: str, max_missing: int) -> list[str]:
    """Return a warning if no track can pass over frames without objects, as where only some frames were segmented."""
    filled = np.unique(tracks.table["frame"])
    before, after = filled[:-1], filled[1:]
    broken = np.flatnonzero(after - before - 1 > max_missing)
    if not broken.size:
        return []
    first = f"frames {before[broken[0]] + 1} to {after[broken[0]] - 1}"
    others = f", and {broken.size - 1} other stretches," if broken.size > 1 else ""
    return [
        f"{name}: {first}{others} hold no objects, so that all tracks end before: segment every frame, or set "
        f"{option('max_missing')} higher"
    ]


def _write(files: TrackFiles, tracks: Tracks, source: Source) -> dict[str, float]:
    """Write everything except the record, and return the numbers."""
    settings, path = files.settings, source.labels.path
    write_tracks(files.table, tracks.table)
    with TimeLapse(path, settings.axes) as labels:
        _write_labels(files, tracks, labels)
    numbers = numbers_of(tracks.table, tracks.frames)
    mean, size = _mean(source, settings)
    draw_tracks(files.picture, f"{path.name}\n{sentence(numbers)}", tracks.table, mean, size)
    if settings.trackmate:
        write_trackmate(files.trackmate, tracks, source.movie or files.labels)
    if settings.geff:
        write_geff(files.geff, tracks)
    if settings.rois:
        with TimeLapse(files.labels) as numbered:
            write_track_rois(files.rois, numbered)
    return numbers


def _write_labels(files: TrackFiles, tracks: Tracks, labels: TimeLapse) -> None:
    dtype = label_type(int(tracks.table["track"].max()) if len(tracks.table) else 0)

    def frames() -> Iterator[NDArray[Any]]:
        with progress(f"writing {files.labels.name}", tracks.frames) as step:
            for t in range(tracks.frames):
                yield tracks.number(as_labels(labels.frame(t), labels.path), t).astype(dtype)[:, np.newaxis]
                step(f"frame {t}")

    if files.settings.format == "ome-zarr":
        write_labels(files.labels, frames(), labels.shape, dtype, labels.calibration, files.folder)
    else:
        write_frames(files.labels, frames(), labels.shape, dtype, labels.calibration, Channels())


def _mean(source: Source, settings: TrackSettings) -> tuple[RunningMean, tuple[int, int]]:
    """Return the mean of some frames of the movie, or of where objects lie if it is not known, and a frame's size."""
    mean = RunningMean()
    movie = source.movie
    with TimeLapse(movie or source.labels.path, None if movie else settings.axes) as opened:
        frames, size = opened.shape[0], opened.shape[3:]
        for t in sorted({round(t) for t in np.linspace(0, frames - 1, min(frames, IN_THE_MEAN))}):
            frame = opened.frame(t)[:, 0]
            mean.add(frame if movie else frame > 0)
    return mean, size
