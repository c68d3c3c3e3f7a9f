"""Every reader of the project, as a function of a path, with sound inputs to damage."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import samples
from tests.fuzz.samples import Sample


class Reader(NamedTuple):
    """A reader, its inputs, and its frequency."""

    read: Callable[[Path], object]
    samples: Callable[[], list[Sample]]
    turns: int = 1


def movie(path: Path) -> None:
    from cpretrain.images.timelapse import TimeLapse

    with TimeLapse(path) as opened:
        opened.frame(0)
        opened.frame(opened.shape[0] - 1)


def recording(path: Path) -> None:
    from cpretrain.images.discovery import list_movies

    for found in list_movies(path):
        movie(found)


def movie_folder(path: Path) -> None:
    from cpretrain.images.discovery import corrected_name, list_movies

    for found in list_movies(path.parent):
        corrected_name(found)


def store(path: Path) -> None:
    from cpretrain.images.discovery import corrected_name, folder_of, list_movies, source_name
    from cpretrain.images.ome_zarr_labels import check_place, place_beside
    from cpretrain.images.timelapse import TimeLapse

    check_place(path / "labels" / "cells", path.parent)
    folder_of(path), place_beside(path, "cells")
    for found in list_movies(path)[:4]:
        corrected_name(found), source_name(found)
        with TimeLapse(found) as opened:
            opened.frame(0), opened.frame(opened.shape[0] - 1)


def label_folder(path: Path) -> None:
    from cpretrain.images.timelapse import TimeLapse
    from cpretrain.labels.predicted import label_images_in

    for found in label_images_in(path).values():
        with TimeLapse(found.path) as opened:
            opened.frame(0)


def labels(path: Path) -> None:
    from cpretrain.labels.encodings import read_label_image

    read_label_image(path)


def label_movie(path: Path) -> None:
    from cpretrain.images.timelapse import TimeLapse
    from cpretrain.labels.predicted import as_labels

    with TimeLapse(path) as opened:
        as_labels(opened.frame(0), path)


def outlines(path: Path) -> None:
    from cpretrain.labels.outline_file import looks_like_geojson, read_outlines

    looks_like_geojson(path)
    read_outlines(path, samples.SIZE)


def training_image(path: Path) -> None:
    from cpretrain.dataset.reading import read_for_network, read_image
    from cpretrain.images.tiff.image_facts import describe_image
    from cpretrain.masks.fit import mask_fit

    facts = describe_image(path)
    read_for_network(path)
    if facts.size == samples.SIZE:
        mask_fit(read_image(path), samples.labels(), 2)


def training_folder(path: Path) -> None:
    from cpretrain.dataset.pairs import load_pairs

    load_pairs(path, path)


def crops_csv(path: Path) -> None:
    from cpretrain.dataset.crops_table import read_crops

    read_crops(path)


def split_csv(path: Path) -> None:
    from cpretrain.dataset.splitting import read_split

    read_split(path)


def shifts_csv(path: Path) -> None:
    from cpretrain.drift.shifts_table import read_shifts
    from cpretrain.images.timelapse import ArrayFrames
    from cpretrain.registration.canvas import canvas_for
    from cpretrain.registration.checks import check_applied
    from cpretrain.settings.drift import DriftSettings

    curve, movie = read_shifts(path), ArrayFrames(samples.pixels()[:, None, None])
    check_applied(movie, DriftSettings(), curve, path)
    canvas_for(curve, movie.shape[1:])


def objects_csv(path: Path) -> None:
    from cpretrain.labels.object_table import read_probabilities

    list(read_probabilities(path))


def losses_csv(path: Path) -> None:
    import cpretrain.evaluation  # noqa: F401 (the page and the evaluation import each other; this one goes first)
    from cpretrain.evaluation.report.charts import training_charts

    training_charts(path)


def experiment(path: Path) -> None:
    from cpretrain.pipeline.experiment import read_experiment

    read_experiment(path)


def model_folder(path: Path) -> None:
    from cpretrain.models.preprocessing import network_input
    from cpretrain.models.record import settings_of_model, tuned_values
    from cpretrain.models.weights import ModelWeights

    used = settings_of_model(path)
    network_input(samples.pixels(), min(used.channel, 3), None, used.normalization)
    tuned_values(path, "base", "0" * 64)
    _ = ModelWeights("m", path / "weights").licence


def record(path: Path) -> None:
    from cpretrain.evaluation.report.origins import read_record
    from cpretrain.settings.crops import CropSettings
    from cpretrain.storage.rerun import done_record

    done_record(path, CropSettings(), [])
    read_record(path)


def weights(path: Path) -> None:
    from cpretrain.models.weights import find_base, stored_weights

    find_base(str(path))
    for tensor in stored_weights(path).values():
        tensor.sum()


def checkpoint(path: Path) -> None:
    from cpretrain.training.checkpoint import Checkpoint

    kept = Checkpoint(path)
    if kept.exists:
        kept.load(samples.MODEL)


def unfinished(path: Path) -> None:
    from cpretrain.prediction.resume import KeptFrames
    from cpretrain.storage.unfinished import UnfinishedFolder

    store = KeptFrames(UnfinishedFolder(path), samples.MODEL)
    if store.has(0):
        store.labels(0), store.objects(0)


def window_file(path: Path) -> None:
    from cpretrain.rounds.seg_npy import read_window_file

    read_window_file(path)


def round_record(path: Path) -> None:
    from cpretrain.rounds.folder import RoundsFolder
    from cpretrain.rounds.learning_curve import read_learning_curve

    folder = RoundsFolder(path)
    folder.rounds[0].finished, folder.whole_movies
    read_learning_curve(folder)


def cluster_profile(path: Path) -> None:
    from cpretrain.batch.queue_profile import read_profile

    read_profile(path)


def plugin_log(path: Path) -> None:
    from fiji_bridge.plugin_log import clipped_in, complaint_in, drift_in, drift_in_file, frames_in

    said = path.read_text("utf-8", "replace")  # as the bridge reads it
    drift_in(said, 2), drift_in_file(said), clipped_in(said), list(frames_in(said)), complaint_in(said)


READERS: dict[str, Reader] = {
    "movie": Reader(movie, samples.movies, 5),
    "nd2": Reader(recording, samples.nd2_files, 2),
    "czi": Reader(recording, samples.czi_files, 2),
    "lif": Reader(recording, samples.lif_files, 2),
    "oif": Reader(recording, samples.oif_files, 2),
    "movie_folder": Reader(movie_folder, samples.movie_folders),
    "store": Reader(store, samples.stores, 2),
    "label_folder": Reader(label_folder, samples.label_folders),
    "labels": Reader(labels, samples.label_images, 3),
    "label_movie": Reader(label_movie, samples.label_tiffs),
    "outlines": Reader(outlines, samples.outlines, 5),
    "training_image": Reader(training_image, samples.training_images, 2),
    "training_folder": Reader(training_folder, samples.training_folders),
    "crops_csv": Reader(crops_csv, samples.crop_tables),
    "split_csv": Reader(split_csv, samples.text(".csv", samples.SPLIT)),
    "shifts_csv": Reader(shifts_csv, samples.text(".csv", samples.SHIFTS)),
    "objects_csv": Reader(objects_csv, samples.text(".csv", samples.OBJECTS)),
    "losses_csv": Reader(losses_csv, samples.text(".csv", samples.LOSSES)),
    "experiment": Reader(experiment, samples.text(".toml", samples.EXPERIMENT)),
    "model_folder": Reader(model_folder, samples.model_folders),
    "record": Reader(record, samples.model_record),
    "weights": Reader(weights, samples.weights, 2),
    "checkpoint": Reader(checkpoint, samples.checkpoints),
    "unfinished": Reader(unfinished, samples.unfinished),
    "window_file": Reader(window_file, samples.window_files, 2),
    "round_record": Reader(round_record, samples.round_records),
    "cluster_profile": Reader(cluster_profile, samples.text(".toml", samples.PROFILE)),
    "plugin_log": Reader(plugin_log, samples.text(".txt", samples.LOG)),
}

TURNS = [name for name, reader in READERS.items() for _ in range(reader.turns)]
"""Names of readers, which take turns."""
