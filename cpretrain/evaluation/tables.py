"""The tables of an evaluation: scores of each image, means with their intervals, and the outcome of each object."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cpretrain.evaluation.confidence_intervals import Interval
from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.evaluation.model_scores import Difference, ImageSet, ModelScores, difference
from cpretrain.evaluation.object_errors import PLACES, ObjectOutcomes, size_limits, size_of
from cpretrain.evaluation.outcome import Evaluation
from cpretrain.evaluation.scoring import ANNOTATOR
from cpretrain.storage.csv_table import write_rows

Sides = tuple[ObjectOutcomes, ObjectOutcomes]
"""True and predicted objects of one image."""

DEFINITION = "average_precision = TP / (TP + FP + FN), per image and IoU threshold"


def write_tables(files: EvaluationFiles, evaluation: Evaluation) -> None:
    """Write ``evaluation.csv``, ``evaluation_summary.csv`` and ``evaluation_objects.csv``.

    Parameters
    ----------
    files : EvaluationFiles
        The files to write.
    evaluation : Evaluation
        Results; the record of the model supplies the training parameters.
    """
    columns, scorings = _training_columns(evaluation.record), evaluation.scorings
    scored = [one for scoring in scorings for one in scoring.models.values()]
    write_rows(files.scores, score_rows(scored, columns))
    facts = {one.name: {"weights": one.base.name} | one.used for one in evaluation.models}
    rows = list(_summary_rows(scored, facts, columns))
    for scoring in scorings:
        models = scoring.models
        for other in ("base", ANNOTATOR):
            for threshold in [*range(len(scoring.image_set.iou_thresholds)), None] if other in models else []:
                apart = difference(models["retrained"], models[other], threshold)
                rows.append(
                    _difference_row(
                        scoring.image_set.name,
                        f"retrained minus {other}",
                        apart,
                        scoring.image_set.iou_thresholds,
                    )
                )
    write_rows(files.summary, rows)
    write_rows(
        files.objects,
        [row for scoring in scorings for row in _object_rows(scoring.image_set, scoring.judged)],
    )


def score_rows(scored: Iterable[ModelScores], columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per model, image and IoU threshold; `columns` are added to each."""
    for one in scored:
        scores = one.scores
        values = {name: np.broadcast_to(scores.of(name), scores.tp.shape) for name in scores.parts}
        for i, index in enumerate(one.indices):
            for j, threshold in enumerate(one.image_set.iou_thresholds):
                yield {
                    "model": one.model,
                    "image": one.image_set.images[index],
                    "iou_threshold": threshold,
                    "average_precision": round(float(values["average_precision"][i, j]), 6),
                    "tp": scores.tp[i, j],
                    "fp": scores.fp[i, j],
                    "fn": scores.fn[i, j],
                    "view": one.image_set.name,
                    "movie": one.image_set.movies[index],
                    **{
                        name: round(float(values[name][i, j]), 6)
                        for name in values
                        if name != "average_precision"
                    },
                    "definition": DEFINITION,
                    **columns,
                }


def _summary_rows(
    scored: Iterable[ModelScores], facts: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield one row per model and IoU threshold, and one for the mean over all thresholds.

    Parameters
    ----------
    scored : iterable of ModelScores
        Scores of the models on each image set.
    facts : mapping of str to mapping
        Columns to add to the rows of each model, for example its weights.
    columns : mapping of str
        Columns to add to all rows.
    """
    for one in scored:
        indices: list[int | None] = [*range(len(one.image_set.iou_thresholds))]
        for threshold in [*indices, None] if len(indices) > 1 else indices:
            yield {
                "model": one.model,
                "view": one.image_set.name,
                **_at(one, threshold),
                **_intervals(one, threshold),
                "interval": one.image_set.clusters(one.indices).method,
                "definition": DEFINITION,
                **facts.get(one.model, {}),
                **columns,
            }


def _difference_row(
    image_set: str, names: str, one: Difference, iou_thresholds: Sequence[float]
) -> dict[str, Any]:
    """Return a row for the difference of two models, in the form of `_summary_rows`."""
    return {
        "model": names,
        "view": image_set,
        **_threshold(one.threshold, iou_thresholds),
        "images": len(one.clusters.of),
        "movies": one.clusters.movies or np.nan,
        **_columns("mean_average_precision", one.interval),
        "interval": one.clusters.method,
        "definition": "difference of the average precision, image by image",
    }


def _object_rows(image_set: ImageSet, judged: Mapping[tuple[str, int], Sides]) -> Iterator[dict[str, Any]]:
    """Yield one row per true and per predicted object.

    Parameters
    ----------
    image_set : ImageSet
        The images.
    judged : mapping of (str, int) to tuple of ObjectOutcomes
        True and predicted objects, by model and image index.
    """
    limits = limits_of(judged)
    for (model, index), sides in judged.items():
        for kind, side in zip(("ground truth", "predicted"), sides, strict=True):
            for number in range(len(side.labels)):
                y, x = side.centres[number]
                yield {
                    "view": image_set.name,
                    "model": model,
                    "image": image_set.images[index],
                    "object": kind,
                    "label": side.labels[number],
                    "y": round(y, 1),
                    "x": round(x, 1),
                    "area": side.areas[number],
                    "size": size_of(side.areas[number], limits),
                    "place": PLACES[int(not side.border[number])],
                    "outcome": side.outcomes[number],
                    "iou": round(side.iou[number], 4),
                }


def limits_of(judged: Mapping[tuple[str, int], Sides]) -> tuple[float, float]:
    """Return the areas that divide the true objects of an image set into thirds."""
    images = {index: true.areas for (_, index), (true, _) in judged.items()}
    return size_limits(np.concatenate([*images.values(), np.zeros(0, np.int64)]))


def _at(one: ModelScores, threshold: int | None) -> dict[str, Any]:
    facts = _threshold(threshold, one.image_set.iou_thresholds)
    facts |= {"images": len(one.indices), "movies": one.image_set.clusters(one.indices).movies or np.nan}
    if threshold is not None:
        facts |= {name: getattr(one.scores, name)[:, threshold].sum() for name in ("tp", "fp", "fn")}
    return facts


def _threshold(threshold: int | None, iou_thresholds: Sequence[float]) -> dict[str, Any]:
    if threshold is None:
        return {
            "iou_threshold": np.nan,
            "measure": f"mean over {len(iou_thresholds)} IoU thresholds "
            f"from {iou_thresholds[0]:g} to {iou_thresholds[-1]:g}",
        }
    return {"iou_threshold": iou_thresholds[threshold], "measure": f"at IoU {iou_thresholds[threshold]:g}"}


def _intervals(one: ModelScores, threshold: int | None) -> dict[str, float]:
    names = ["average_precision"] if threshold is None else list(one.scores.parts)
    row: dict[str, float] = {}
    for name in names:
        row |= _columns(f"mean_{name}", one.mean(threshold, name))
        row |= _columns(f"pooled_{name}", one.pooled(threshold, name))
    return row


def _columns(name: str, interval: Interval) -> dict[str, float]:
    prefix = "" if name == "mean_average_precision" else f"{name}_"
    return {
        name: round(interval.estimate, 6),
        f"{prefix}low_95": round(interval.low, 6),
        f"{prefix}high_95": round(interval.high, 6),
    }


def _training_columns(record: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "base", "channel", "epochs", "learning_rate", "weight_decay", "images_per_epoch",
             "batch_size", "train_fraction", "seed")  # fmt: skip
    columns = {f"train_{name}": record["settings"].get(name) for name in names}
    return columns | {
        "cellpose": record.get("versions", {}).get("cellpose"),
        "trained": record.get("written"),
    }
