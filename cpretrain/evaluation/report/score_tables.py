"""The tables of the page: scores with their intervals, and where the models fail."""

from typing import Any

from cpretrain.evaluation.confidence_intervals import Interval
from cpretrain.evaluation.model_scores import difference
from cpretrain.evaluation.object_errors import OUTCOMES, PLACES, SIZES, size_of
from cpretrain.evaluation.report.wording import IMAGE_SETS
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.tables import limits_of

MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "matched_iou": "IoU of the matches",
    "aggregated_jaccard": "aggregated Jaccard index",
}


def tables_of(scoring: Scoring) -> dict[str, Any]:
    """Return the template's values for the tables of an image set."""
    image_set = scoring.image_set
    clusters = image_set.clusters(range(len(image_set.images)))
    return {
        "title": IMAGE_SETS[image_set.name],
        "images": len(image_set.images),
        "movies": clusters.movies,
        "method": clusters.method,
        "models": list(scoring.models),
        "rows": _score_rows(scoring),
        "failures": _failures(scoring),
    }


def _score_rows(scoring: Scoring) -> list[dict[str, Any]]:
    """Return one row per measure: mean and pooled score by model, and the gain of the retrained model on the base."""
    image_set, models = scoring.image_set, scoring.models
    wanted = [j for j, level in enumerate(image_set.iou_thresholds) if level in (0.5, 0.75, 0.9)]
    measures: list[tuple[str, int | None, str]] = [
        (f"average precision at IoU {image_set.iou_thresholds[j]:g}", j, "average_precision")
        for j in wanted or [image_set.headline]
    ]
    if len(image_set.iou_thresholds) > 1:
        spread = f"average precision, mean over IoU {image_set.iou_thresholds[0]:g} to {image_set.iou_thresholds[-1]:g}"
        measures.append((spread, None, "average_precision"))
    at = f" at IoU {image_set.iou_thresholds[image_set.headline]:g}"
    measures += [
        (label + at * (name != "aggregated_jaccard"), image_set.headline, name)
        for name, label in MEASURES.items()
    ]
    return [
        {
            "label": label,
            "means": {name: cell(one.mean(index, measure)) for name, one in models.items()},
            "pooled": {name: cell(one.pooled(index, measure)) for name, one in models.items()},
            "gain": cell(difference(models["retrained"], models["base"], index, measure).interval, "+"),
        }
        for label, index, measure in measures
    ]


def cell(interval: Interval, sign: str = "") -> dict[str, str]:
    """Return a number and its interval as text; ``sign="+"`` shows the sign of positive numbers too."""
    if interval.estimate != interval.estimate:
        return {"number": "–", "interval": ""}
    return {"number": f"{interval.estimate:{sign}.2f}".replace("-", "−"), "interval": interval.text(sign)}


def _failures(scoring: Scoring) -> list[dict[str, Any]]:
    """Return one row per group of objects: their number, and the number of each outcome by model."""
    limits = limits_of(scoring.judged)
    groups = ["all", *SIZES, *PLACES]
    counts = {
        name: {group: dict.fromkeys(("objects", *OUTCOMES), 0) for group in groups} for name in scoring.models
    }
    for (name, _), sides in scoring.judged.items():
        for is_truth, side in zip((True, False), sides, strict=True):
            for area, border, outcome in zip(side.areas, side.border, side.outcomes, strict=True):
                for group in ("all", size_of(area, limits), PLACES[int(not border)]):
                    counts[name][group]["objects"] += is_truth
                    if is_truth or outcome == "extra":
                        counts[name][group][str(outcome)] += 1
    small, large = limits
    notes = {"small": f"below {small:.0f} pixels", "large": f"above {large:.0f} pixels"}
    return [
        {
            "group": group,
            "note": notes.get(group, ""),
            "counts": {name: counts[name][group] for name in counts},
        }
        for group in groups
    ]
