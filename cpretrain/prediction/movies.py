"""Segment movies, stacks and images with a model: lazily, frame by frame, and resuming where it stopped."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.batch.runner import Batch, for_each
from cpretrain.batch.workload import WORKERS_START, Workload
from cpretrain.dataset.reading import left_out_note, read_for_network
from cpretrain.errors import BadInput
from cpretrain.images.discovery import (
    check_names,
    chosen_frames,
    folder_of,
    list_movies,
    source_name,
)
from cpretrain.images.ome_zarr_facts import check_can_write
from cpretrain.images.ome_zarr_labels import check_place
from cpretrain.images.passed_over import passed_over
from cpretrain.images.plane_distance import plane_distance
from cpretrain.images.replaced import placed_name, remove_other_format, warn_of_replaced
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.object_table import measure_objects, write_objects
from cpretrain.models.channels import unused_channels
from cpretrain.models.device import find_device
from cpretrain.models.normalization import Normalization
from cpretrain.models.trained import UsedModel, find_model
from cpretrain.prediction.files import PredictionFiles
from cpretrain.prediction.frame import Ready, segment_frame
from cpretrain.prediction.memory import memory_of_prediction
from cpretrain.prediction.other_formats import forms_asked_for, write_other_forms
from cpretrain.prediction.resume import KeptFrames
from cpretrain.prediction.writing import (
    kept_of_network,
    type_of_labels,
    write_label_images,
    write_network_images,
)
from cpretrain.runtime.console import info, progress, warning
from cpretrain.runtime.resources import check_disk
from cpretrain.runtime.spelling import option
from cpretrain.settings.base import Settings
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.storage.atomic import remove
from cpretrain.storage.file_snapshot import FileSnapshot
from cpretrain.storage.outputs import name_from
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance, warnings_in
from cpretrain.storage.rerun import earlier_result, update_outputs

SMALL = 20_000_000
"""Bytes of input that are segmented before a second process would have loaded the model."""


class PredictionOrigin(Settings):
    """Origin of label images besides the movie: settings and model, for the record."""

    predict: PredictSettings
    weights_sha256: str
    normalization: Normalization


@dataclass(frozen=True)
class PredictedMovie:
    """Results for one movie or image.

    Parameters
    ----------
    source : pathlib.Path
        The movie.
    labels : pathlib.Path
        Its label images; the object table and the record are beside them.
    objects : int
        Number of objects in all frames.
    others : list of pathlib.Path
        GeoJSON, ROIs and pictures, as requested.
    """

    source: Path
    labels: Path
    objects: int
    others: list[Path]

    def line(self) -> str:
        """Return one line for the user."""
        return f"{self.source.name} → {self.labels} ({self.objects} objects)"

    def as_data(self) -> dict[str, Any]:
        """Return the same for programs."""
        return vars(self)


def predict(
    model: PathLike,
    images: PathLike,
    *,
    out: PathLike,
    settings: PredictSettings | None = None,
    batch: BatchSettings | None = None,
) -> Batch[PredictedMovie]:
    """Segment a movie, or every movie and image in a folder.

    Parameters
    ----------
    model : str or path-like
        A model folder of this tool, which states channels, normalization and tuned thresholds; a weights file; or a
        name in Cellpose's zoo.
    images : path-like
        A TIFF, an OME-Zarr, a pattern of single-frame TIFFs, or a folder of TIFFs and OME-Zarrs.
    out : path-like
        Folder for the results.
    settings : PredictSettings, optional
        Thresholds, treatment of stacks, and formats to write.
    batch : BatchSettings, optional
        Worker processes for many movies; by default movies are segmented one after the other in this process, and on a
        GPU always unless workers are requested explicitly.

    Returns
    -------
    Batch of PredictedMovie
        For each ``NAME.tif``, label images of the same name and size (uint16, or uint32 above 65,535 objects in a
        frame; shape (T, Z, Y, X); 0 is background), ``NAME.objects.csv`` and ``NAME.json``; if requested,
        ``NAME.geojson``, ``NAME_RoiSet.zip``, and ``NAME.png`` or a folder ``NAME_png`` of pictures. Also the movies
        that failed. For several movies, ``batch.csv`` lists the state of each. Complete and unchanged results are not
        computed again; an interrupted movie resumes after its last frame.

    Raises
    ------
    BadInput
        When there is no such model, or no movie can be used.
    """
    settings = settings or PredictSettings()
    if settings.format == "ome-zarr":
        check_can_write()
    images, out = to_path(images), to_path(out)
    files = list_movies(images)
    if any(out.resolve() == file.resolve().parent for file in files):
        raise BadInput(
            f"{out}: label images would replace the images they belong to",
            cure=f"choose another {option('out')}",
        )
    check_names(files)
    used = find_model(os.fspath(model), settings)
    for note in [*passed_over(images, files), *_channels(files, used, settings)]:
        warning(note)
    return predict_with(used, files, out, batch, folder_of(images).name)


def predict_with(
    model: UsedModel,
    movies: Sequence[Path],
    out: Path,
    batch: BatchSettings | None = None,
    name: str = "",
) -> Batch[PredictedMovie]:
    """Segment movies with a model whose settings are all filled in, as `predict` does.

    Parameters
    ----------
    model : UsedModel
        The model.
    movies : sequence of pathlib.Path
        The movies.
    out : pathlib.Path
        Folder for the results.
    batch : BatchSettings, optional
        Worker processes for many movies.
    name : str
        Name of the movies, for the progress bar.
    """
    return for_each(
        movies,
        Workload(
            partial(predict_movie, folder=out, model=model),
            partial(memory_of_prediction, settings=model.settings),
            seconds_per_byte=WORKERS_START / SMALL,
            seconds_per_file=0,
        ),
        f"predict {name}".rstrip(),
        batch=None if _shares_a_gpu(model.settings, batch) else batch,
        results=out,
    )


def _channels(files: Sequence[Path], model: UsedModel, given: PredictSettings) -> list[str]:
    """Return a warning about channels that nobody chose among."""
    if given.channel:
        return []
    counts = []
    for file in files:
        # a movie that cannot be opened is reported when its turn comes
        with suppress(BadInput), TimeLapse(file, given.axes, given.convert) as movie:
            counts.append(movie.shape[2])
    cure = f"choose the channel that shows the objects with {option('channel')}"
    return unused_channels(counts, model.known, cure)


def _shares_a_gpu(settings: PredictSettings, batch: BatchSettings | None) -> bool:
    """Return whether workers that nobody requested would share one GPU, which a single process keeps busy."""
    if batch is None or batch.asks_for_workers:
        return False
    return bool(find_device(settings.device).type != "cpu")


def predict_movie(source: Path, folder: Path, model: UsedModel) -> PredictedMovie:
    """Segment one movie, stack or image; all arguments can be pickled for another process."""
    how = model.settings
    files = PredictionFiles(source, folder, how)
    only_labels = how.replace(png=False, geojson=False, rois=False, measure=False)
    origin = PredictionOrigin(
        predict=only_labels, weights_sha256=model.weights_sha256, normalization=model.normalization
    )
    with TimeLapse(source, model.settings.axes, model.settings.convert) as movie:
        asked = list(forms_asked_for(files, model.settings, movie.shape))
        if _is_segmented(files, origin, files.inputs(movie), asked):
            info(f"predict: {files.labels} is complete and unchanged")
        else:
            movie.warn_of_notes()
            warn_of_replaced(files.record, source)
            check_place(files.labels, folder)
            _segment(movie, files, model, origin)
    for note in warnings_in(files.record):
        warning(note)
    others = write_other_forms(files, model.settings)
    update_outputs(files.record, others)
    with open(files.objects, "rb") as table:
        return PredictedMovie(source, files.labels, sum(1 for _ in table) - 1, others)


def _is_segmented(
    files: PredictionFiles, origin: PredictionOrigin, inputs: Sequence[Path], asked: Sequence[Path]
) -> bool:
    """Return whether label images and table are intact; requested files made from them are removed if damaged."""
    earlier = earlier_result(files.record, origin, inputs, files.outputs)
    if not earlier:
        return False
    matter = (*files.outputs, files.record, *asked)
    damaged = earlier.damaged_of(matter)
    damaged.warn_of_damage()
    if damaged.damaged_of((*files.outputs, files.record)).damaged:
        return False
    for path in asked:
        if damaged.damaged_of([path]).damaged:
            remove(path)
    return True


def _segment(movie: TimeLapse, files: PredictionFiles, model: UsedModel, origin: PredictionOrigin) -> None:
    inputs = FileSnapshot(movie.files)
    provenance = Provenance("predict", origin, files.inputs(movie))
    record = provenance.record
    same = {name: record[name] for name in ("settings", "inputs", "versions")}
    chosen = sorted(set(chosen_frames(movie, model.settings.frames_only)))
    t, z, _, y, x = movie.shape
    files.folder.mkdir(parents=True, exist_ok=True)
    check_disk(files.folder, 2 * t * z * y * x, f"{files.folder}: not enough disk space for label images")
    store = KeptFrames(files.unfinished, same)
    _segment_frames(movie, files, model, store, chosen)
    inputs.check()
    highest = max(int(store.objects(frame)[:, 0].max(initial=0)) for frame in chosen)
    dtype = type_of_labels(movie.path, model.settings.label_type, highest)
    _remove_earlier(files)

    def frames() -> Iterator[NDArray]:
        for frame in range(t):
            labels = store.labels(frame) if frame in chosen else np.zeros((z, y, x), dtype)
            yield labels.astype(dtype)[:, np.newaxis]

    write_network_images(files, store, movie, chosen)
    write_label_images(files, frames(), (t, z, 1, y, x), dtype, movie.calibration)
    measured = (store.objects(frame) if frame in chosen else np.zeros((0, 6)) for frame in range(t))
    notes = left_out_note({f"frame {frame}": store.left_out(frame) for frame in chosen}, "frames")
    objects = write_objects(files.objects, source_name(movie.path), model.settings.class_name, measured)
    provenance.write(
        files.record,
        outputs=files.outputs,
        model={"name": model.base.name, "sha256": model.weights_sha256, "licence": model.base.licence},
        device=str(model.segmenter.device),
        precision=model.segmenter.precision,
        shape=movie.shape,
        frames=len(chosen),
        movie=placed_name(movie.path),
        notes=movie.notes,
        labels=name_from(files.labels, files.folder),
        objects=objects,
        warnings=[f"{movie.path.name}: {note}" for note in notes],
    )
    store.remove()


def _segment_frames(
    movie: TimeLapse, files: PredictionFiles, model: UsedModel, store: KeptFrames, chosen: list[int]
) -> None:
    """Segment the missing frames, with only one frame in memory."""
    missing = [t for t in chosen if not store.has(t)]
    if len(missing) < len(chosen):
        info(
            f"predict: {movie.path.name}: continuing after {len(chosen) - len(missing)} of {len(chosen)} frames"
        )
    in_3d = model.settings.volume == "flows" and movie.shape[1] > 1
    given = model.settings.anisotropy
    anisotropy = plane_distance(movie.path.name, movie.calibration, given) if in_3d else 1.0
    ready = _ready_crop(files.source, model) if files.is_crop else None
    with progress(movie.path.name, len(missing)) as step:
        for t in missing:
            try:
                segmented = segment_frame(movie.frame(t), model, anisotropy, ready)
            except BadInput as error:
                raise error.in_file(movie.path) from error
            measured = measure_objects(segmented.labels, segmented.probability)
            kept = kept_of_network(segmented, files)
            store.save(t, segmented.labels, measured, segmented.left_out, kept)
            step(f"frame {t}")


def _ready_crop(source: Path, model: UsedModel) -> Ready:
    """Return a function that scales a training image as in training, by its original frame if that is known."""
    settings = model.settings
    return lambda _: (
        read_for_network(source, model.channel, settings.second_channel, model.normalization).ready
    )


def _remove_earlier(files: PredictionFiles) -> None:
    """Remove files made from earlier label images, which are about to be replaced."""
    for path in files.in_other_formats:
        remove_other_format(files.record, path)
    for path in files.network_of_any_run:
        remove(path)
    for path in (files.record, files.measurements, files.geojson, files.rois, files.picture, files.pictures):
        remove(path)
