"""Compare the retrained model with its base on the same images, which neither was trained on."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cpretrain.dataset.pairs import Pair, files_of, load_pairs, tables_of
from cpretrain.dataset.reading import left_out_note
from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.evaluation.best_and_worst import draw_extremes
from cpretrain.evaluation.compared_models import ComparedModel, Load, Reader
from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.evaluation.ignored_areas import describe
from cpretrain.evaluation.iou_thresholds import parse_thresholds
from cpretrain.evaluation.leakage import not_held_out, trained_on
from cpretrain.evaluation.movies.differences import MovieComparison
from cpretrain.evaluation.movies.inputs import MovieInputs, find_movies
from cpretrain.evaluation.movies.tracking import track_movies
from cpretrain.evaluation.outcome import Evaluation
from cpretrain.evaluation.report.page import write_report
from cpretrain.evaluation.result import EvaluateResult
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.second_annotator import DrawnFile, find_annotator_masks
from cpretrain.evaluation.second_look import look_again
from cpretrain.evaluation.segmenting import score_image_sets
from cpretrain.evaluation.tables import DEFINITION, write_tables
from cpretrain.evaluation.threshold_search import tune
from cpretrain.evaluation.threshold_surface import ThresholdGrid
from cpretrain.evaluation.verdict import Verdict, reach_verdict
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.models.channels import unused_channels
from cpretrain.models.folder import ModelFolder
from cpretrain.models.record import read_record, settings_of_model, tuned_values
from cpretrain.models.weights import find_base
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import option
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.storage.csv_table import write_rows
from cpretrain.storage.hashing import sha256
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record


def evaluate(
    model: PathLike,
    *,
    images: PathLike | None = None,
    masks: PathLike | None = None,
    against: PathLike | None = None,
    settings: EvaluateSettings | None = None,
    out: PathLike | None = None,
    annotator: PathLike | None = None,
    frames: PathLike | None = None,
    frame_masks: PathLike | None = None,
    movies: PathLike | None = None,
    tracked: PathLike | None = None,
    batch: BatchSettings | None = None,
) -> EvaluateResult:
    """Score a retrained model and its base on the same images.

    Parameters
    ----------
    model : path-like
        A model folder of this tool.
    images, masks : path-like, optional
        Folders of images and masks to use instead of the model's own validation images.
    against : str or path-like, optional
        The model to compare with; by default the base that it was retrained from.
    settings : EvaluateSettings, optional
        IoU thresholds, segmentation thresholds, and whether to search for the latter first.
    out : path-like, optional
        Result folder; by default the model folder.
    annotator : path-like, optional
        Folder of masks that a second annotator drew for all or some of these images.
    frames, frame_masks : path-like, optional
        Folders of whole frames and their masks, scored in addition.
    movies : path-like, optional
        A movie, or a folder of movies, that nobody needs to annotate: both models segment them, and the tracks of their
        objects are compared. Label images and tables of tracks are in ``movies`` in the result folder.
    tracked : path-like, optional
        Folder of tracked ground truth of all or some of these movies, in the format of the Cell Tracking Challenge:
        ``NAME_GT/TRA``, and ``NAME_GT/SEG`` if there are exact outlines, for ``NAME.tif``.
    batch : BatchSettings, optional
        Worker processes for segmentation; by default images are segmented in this process.

    Returns
    -------
    EvaluateResult
        The new result, or that of an earlier run if nothing has changed since.

    Raises
    ------
    BadInput
        When the model or images do not exist, or masks do not match them.
    """
    settings = settings or EvaluateSettings()
    model, out, annotator = to_path(model), to_path(out), to_path(annotator)
    against = None if against is None else os.fspath(against)
    record, reader = read_record(model), Reader(settings_of_model(model))
    iou_thresholds = parse_thresholds(settings.thresholds)
    image_sets = _image_sets(model, to_path(images), to_path(masks), to_path(frames), to_path(frame_masks))
    annotator_masks = _annotator_masks(model, image_sets, annotator) if annotator else {}
    load = Load(settings.device)
    models = _models(model, record, against, settings, load, reader)
    movie_inputs = find_movies(to_path(movies), to_path(tracked))
    inputs = _inputs(model, image_sets, annotator_masks, models, movie_inputs)
    folder = out or model
    asked: dict[str, Any] = {
        "against": against,
        "views": {name: len(pairs) for name, pairs in image_sets.items()},
    }
    if movie_inputs:
        asked["movies"] = len(movie_inputs.movies)
    earlier = _earlier(folder, settings, inputs, asked)
    if earlier:
        return earlier
    provenance = Provenance("evaluate", settings, inputs)
    scorings = score_image_sets(image_sets, models, load, reader, iou_thresholds, annotator_masks, batch)
    notes = (
        *not_held_out(model, record, image_sets, provenance.record["inputs"]),
        *(note for one in scorings for note in left_out_note(one.left_out)),
        *look_again(scorings, settings.min_size),
        *_channels(image_sets, reader),
    )
    for note in notes:
        warning(note)
    scored = {(one.image_set.name, name): s for one in scorings for name, s in one.models.items()}
    verdict = reach_verdict(scored, Path(against).name if against else "", notes)
    evaluation = Evaluation(ModelFolder(model), record, image_sets, models, scorings, verdict)
    if movie_inputs:
        evaluation = _with_movies(evaluation, movie_inputs, reader, folder, batch)
    return _write(evaluation, EvaluationFiles(folder), provenance, asked, load)


def _with_movies(
    evaluation: Evaluation, inputs: MovieInputs, reader: Reader, folder: Path, batch: BatchSettings | None
) -> Evaluation:
    """Compare the models on movies too, and add the outcome to the verdict."""
    compared = MovieComparison(
        track_movies(inputs, evaluation.models, reader.model, folder / "movies", batch)
    )
    for note in compared.warnings:
        warning(note)
    notes = (*evaluation.verdict.warnings, *compared.warnings)
    verdict = replace(evaluation.verdict, movies=compared.sentence, warnings=notes)
    return replace(evaluation, movies=compared, verdict=verdict)


def _write(
    evaluation: Evaluation, files: EvaluationFiles, provenance: Provenance, asked: dict[str, Any], load: Load
) -> EvaluateResult:
    means = {one.image_set.name: _means(one) for one in evaluation.scorings}
    files.record.unlink(missing_ok=True)  # from here on the earlier results are incomplete
    write_tables(files, evaluation)
    pictures = draw_extremes(files.folder, evaluation.scorings[0])
    tracks = [one.row() for one in evaluation.movies.tracks] if evaluation.movies else []
    files.movies.unlink(missing_ok=True)
    if tracks:
        write_rows(files.movies, tracks)
    write_report(files.report, evaluation)
    provenance.write(
        files.record,
        outputs=[*files.results, *pictures, *([files.movies] if tracks else [])],
        definition=DEFINITION,
        **load.computing,
        asked=asked,
        models={one.name: {"weights": one.base.name, **one.used} for one in evaluation.models},
        images=asked["views"],
        verdict=vars(evaluation.verdict),
        average_precision=means,
        **({"tracks": tracks} if tracks else {}),
        **_ignored(evaluation.scorings),
    )
    return EvaluateResult(files.folder, evaluation.verdict, asked["views"], means, tuple(tracks))


def _ignored(scorings: Sequence[Scoring]) -> dict[str, Any]:
    """Return the entry of the record on ignored pixels; none if there are none."""
    found = {
        one.image_set.name: facts
        for one in scorings
        if (facts := describe(one.not_judged, len(one.image_set.images)))
    }
    return {"ignored": found} if found else {}


def _channels(image_sets: Mapping[str, Sequence[Pair]], reader: Reader) -> list[str]:
    """Return warnings about channels that the model does not use; all images of a set have the same number of them."""
    counts = [describe_image(pairs[0].image).channels for name, pairs in image_sets.items() if name != "crop"]
    cure = "train and score on the channel that shows the objects"
    return unused_channels(counts, reader.model, cure, "folders of images")


def _annotator_masks(
    model: Path, image_sets: Mapping[str, Sequence[Pair]], annotator: Path
) -> dict[Path, DrawnFile]:
    training = trained_on(model) if "crop" in image_sets else []
    return find_annotator_masks(next(iter(image_sets.values())), annotator, training)


def _models(
    model: Path,
    record: Mapping[str, Any],
    against: str | None,
    settings: EvaluateSettings,
    load: Load,
    reader: Reader,
) -> list[ComparedModel]:
    """Find both models and their thresholds, after a search for these if requested."""
    bases = {
        "base": find_base(against or record["base"].get("path") or record["base"]["name"]),
        "retrained": find_base(str(model)),
    }
    weights = {
        name: sha256(base.path) if base.path and base.path.is_file() else None for name, base in bases.items()
    }
    if settings.tune:
        grid = ThresholdGrid(
            diameters=(None, *settings.tune_diameters),
            min_size=settings.min_size,
            niter=settings.niter,
            exclude_on_edges=settings.exclude_on_edges,
            thresholds=settings.thresholds,
        )
        untuned = [ComparedModel(name, base, settings.filled()) for name, base in bases.items()]
        tune(model, trained_on(model), untuned, load, weights, reader, grid)
    return [
        ComparedModel(name, base, settings.filled(**tuned_values(model, name, weights[name])))
        for name, base in bases.items()
    ]


def _inputs(
    model: Path,
    image_sets: Mapping[str, Sequence[Pair]],
    annotator_masks: Mapping[Path, DrawnFile],
    models: Sequence[ComparedModel],
    movies: MovieInputs | None,
) -> list[Path]:
    """List all files that the result depends on."""
    files = [path for pairs in image_sets.values() for path in files_of(pairs)]
    files += tables_of(pair for pairs in image_sets.values() for pair in pairs)
    files += [
        *(path for drawn in annotator_masks.values() for path in drawn.files),
        *(one.base.path for one in models if one.base.path),
    ]
    of_model = ModelFolder(model)
    files += [of_model.record, of_model.tuning, of_model.losses]
    of_movies = movies.files if movies else []
    return [*(path for path in files if path.is_file()), *of_movies]


def _image_sets(
    model: Path, images: Path | None, masks: Path | None, frames: Path | None, frame_masks: Path | None
) -> dict[str, Sequence[Pair]]:
    image_sets: dict[str, Sequence[Pair]] = {}
    if images is None and masks is None:
        image_sets["crop"] = read_split(ModelFolder(model).split).validation
    elif images is None or masks is None:
        raise BadInput(
            f"{option('images')} and {option('masks')} belong together", cure="give both, or neither"
        )
    else:
        image_sets["image"] = load_pairs(images, masks)
    if (frames is None) != (frame_masks is None):
        raise BadInput(
            f"{option('frames')} and {option('frame_masks')} belong together", cure="give both, or neither"
        )
    if frames is not None and frame_masks is not None:
        image_sets["frame"] = load_pairs(frames, frame_masks)
    return image_sets


def _earlier(
    folder: Path, settings: EvaluateSettings, inputs: Sequence[Path], asked: Mapping[str, Any]
) -> EvaluateResult | None:
    """Return the result of an earlier run if nothing has changed since."""
    files = EvaluationFiles(folder)
    record = done_record(files.record, settings, inputs, files.results)
    if record is None or record.get("asked") != asked:
        return None
    try:
        verdict = Verdict(**record["verdict"] | {"warnings": tuple(record["verdict"]["warnings"])})
        tracks = tuple(record.get("tracks", ()))
        earlier = EvaluateResult(folder, verdict, record["images"], record["average_precision"], tracks)
    except (ValueError, KeyError, TypeError):  # the record was edited: the models are compared again
        return None
    info(f"evaluate: {folder} is complete and unchanged")
    return earlier


def _means(scoring: Scoring) -> dict[str, dict[str, float]]:
    iou_thresholds = scoring.image_set.iou_thresholds
    return {
        name: {f"{level:g}": round(one.mean(j).estimate, 6) for j, level in enumerate(iou_thresholds)}
        for name, one in scoring.models.items()
    }
