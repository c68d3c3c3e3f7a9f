"""The whole pipeline from one file, ``experiment.toml``: each run resumes at the first step that is not done."""

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from cpretrain.batch.runner import Batch
from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import CorrectedMovie, correct_drift
from cpretrain.images.discovery import beside, folder_of
from cpretrain.runtime.console import info
from cpretrain.runtime.spelling import command
from cpretrain.runtime.summary import Summary
from cpretrain.settings.base import Settings, bad_settings
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.masks import MaskSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.tracking import TrackSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.toml_file import read_toml

EVALUATED = ("second_person", "frames", "frame_masks")
"""Settings that name data for the evaluation besides the validation images."""


class Experiment(Settings):
    """Contents of ``experiment.toml``; paths are relative to that file."""

    raw: Path = Field(description="folder of raw time-lapses")
    ground_truth: Path = Field(
        Path("ground_truth"), description="folder of files exported from QuPath (default: ground_truth)"
    )
    second_person: Path | None = Field(
        None, description="folder of masks that a second annotator drew on the training images"
    )
    frames: Path | None = Field(None, description="folder of whole frames to evaluate on as well")
    frame_masks: Path | None = Field(None, description="folder of their masks")
    drift: DriftSettings = Field(DriftSettings(), description="drift correction")
    crops: CropSettings = Field(CropSettings(), description="training crops")
    masks: MaskSettings = Field(MaskSettings(), description="import of the ground truth")
    train: TrainSettings = Field(TrainSettings(), description="retraining")
    evaluate: EvaluateSettings = Field(EvaluateSettings(), description="evaluation")
    predict: PredictSettings = Field(
        PredictSettings(), description="segmentation of the corrected movies, for tracking"
    )
    track: TrackSettings | None = Field(
        None,
        description="tracking of the objects that the retrained model finds in the corrected movies (default: none; an "
        "empty table suffices)",
    )
    batch: BatchSettings = Field(BatchSettings(), description="where many files are processed")


def read_experiment(path: PathLike) -> Experiment:
    """Read ``experiment.toml``; paths in it become absolute.

    Raises
    ------
    BadInput
        When it cannot be read, or a setting is missing, unknown or out of range.
    """
    path = to_path(path)
    given = read_toml(path)
    try:
        experiment = Experiment.model_validate(given)
    except ValidationError as error:
        raise bad_settings(error, lambda place: f"{path}: {place}") from None
    folder = path.resolve().parent
    base = folder / experiment.train.base
    train = experiment.train.replace(base=str(base)) if os.path.exists(base) else experiment.train
    paths = {name: getattr(experiment.drift, name) for name in ("shifts", "mask")}
    drift = experiment.drift.replace(**{name: folder / path for name, path in paths.items() if path})
    cluster = experiment.batch.cluster
    return experiment.model_copy(
        update={
            "batch": experiment.batch.replace(cluster=cluster and folder / cluster),
            "drift": drift,
            "raw": folder / experiment.raw,
            "ground_truth": folder / experiment.ground_truth,
            "train": train,
        }
        | {name: folder / path for name in EVALUATED if (path := getattr(experiment, name))}
    )


def run_experiment(path: PathLike, *, batch: BatchSettings | None = None) -> Summary:
    """Run the steps of an experiment; it stops with a message where somebody has to draw.

    Parameters
    ----------
    path : path-like
        ``experiment.toml``.
    batch : BatchSettings, optional
        Settings that override those in the file; unset fields do not.

    Raises
    ------
    BadInput
        When a step fails.
    """
    experiment = read_experiment(path)
    if batch:
        instead = experiment.batch.replace(**batch.model_dump(exclude_unset=True))
        experiment = experiment.model_copy(update={"batch": instead})
    moved = correct_and_cut(experiment)
    training_images = _beside_raw(experiment, "training_images")
    if not experiment.ground_truth.is_dir():
        lines = [
            f"training images are in {training_images}",
            f"next: draw on them in QuPath ({command('qupath-project')} makes a project of them), export to "
            f"{experiment.ground_truth}, and run this again",
        ]
        return Summary(lines, {"next": "draw", "training_images": training_images}, moved.failed)
    report = train_and_evaluate(experiment)
    report.failed.update(moved.failed)
    return report


def _beside_raw(experiment: Experiment, name: str) -> Path:
    return beside(folder_of(experiment.raw), name)


def correct_and_cut(experiment: Experiment) -> Batch[CorrectedMovie]:
    """Run the first half: drift and crops. The result includes the movies that failed."""
    moved = correct_drift(experiment.raw, settings=experiment.drift, batch=experiment.batch)
    cropped = cut_crops(_beside_raw(experiment, "corrected"), settings=experiment.crops)
    info(f"crops: {len(cropped.crops)} in {cropped.folder}")
    moved.failed.update(cropped.failed)
    return moved


def train_and_evaluate(experiment: Experiment) -> Summary:
    """Run the second half: masks, retraining and evaluation."""
    from cpretrain.evaluation import evaluate
    from cpretrain.masks.importing import import_masks
    from cpretrain.training import retrain

    training_images, masks = (_beside_raw(experiment, name) for name in ("training_images", "masks"))
    imported = import_masks(experiment.ground_truth, training_images, out=masks, settings=experiment.masks)
    info(f"masks: {imported.objects} objects on {imported.images} images")
    trained = retrain(training_images, masks, settings=experiment.train, resume=True)
    result = evaluate(
        trained.folder,
        settings=experiment.evaluate,
        annotator=experiment.second_person,
        frames=experiment.frames,
        frame_masks=experiment.frame_masks,
        batch=experiment.batch,
    )
    data: dict[str, Any] = result.as_data() | {"model": trained.folder}
    report = Summary([result.table(), f"model, report.html and tables are in {trained.folder}"], data)
    if experiment.track is not None:
        _segment_and_track(experiment, trained.folder, report)
    return report


def _segment_and_track(experiment: Experiment, model: Path, report: Summary) -> None:
    """Segment the corrected movies with the retrained model, track their objects, and add that to the report."""
    assert experiment.track is not None
    from cpretrain.prediction import predict
    from cpretrain.tracking import track

    movies, predictions = _beside_raw(experiment, "corrected"), _beside_raw(experiment, "segmented")
    segmented = predict(model, movies, out=predictions, settings=experiment.predict, batch=experiment.batch)
    tracked = track(predictions, images=movies, settings=experiment.track, batch=experiment.batch)
    report.lines += tracked.summary().lines
    report.data |= {"tracks": tracked.summary().data["movies"]}
    report.failed |= segmented.failed | tracked.failed
