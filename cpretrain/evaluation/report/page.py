"""``report.html``: a self-contained page on whether retraining helped."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.evaluation.confidence_intervals import FEW
from cpretrain.evaluation.ignored_areas import describe
from cpretrain.evaluation.outcome import Evaluation
from cpretrain.evaluation.report.charts import precision_chart, training_charts
from cpretrain.evaluation.report.gallery import gallery
from cpretrain.evaluation.report.origins import describe_origins
from cpretrain.evaluation.report.score_tables import tables_of
from cpretrain.evaluation.report.track_table import track_table
from cpretrain.evaluation.report.wording import IMAGE_SETS, KEYS, NAMES, listed
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.verdict import BETTER, WORSE
from cpretrain.html.line_chart import HEIGHT, SHAPES, WIDTH, moved
from cpretrain.html.page import write_page
from cpretrain.html.pictures import as_text
from cpretrain.models.folder import ModelFolder
from cpretrain.storage.json_file import read_json

MARKS = {BETTER: ("▲", "good"), WORSE: ("▼", "bad")}


def write_report(path: Path, evaluation: Evaluation) -> None:
    """Write the page: verdict, curves, tables, failures, every image with its outlines, and the origin of it all.

    Parameters
    ----------
    path : pathlib.Path
        The HTML file.
    evaluation : Evaluation
        Results; the model folder supplies losses and the threshold search.
    """
    model, record, verdict = evaluation.model, evaluation.record, evaluation.verdict
    scorings, image_sets = evaluation.scorings, evaluation.image_sets
    mark, tone = MARKS.get(verdict.outcome, ("≈", "even"))
    first = scorings[0].image_set
    drawn = {name for scoring in scorings for picture in scoring.pictures for name in picture.outlines}
    write_page(
        path,
        "report.html",
        model=model.path.resolve().name,
        base=Path(record["base"]["name"]).name,
        verdict=verdict,
        mark=mark,
        tone=tone,
        charts=[*map(precision_chart, scorings), *training_charts(model.losses)],
        chart_size=(WIDTH, HEIGHT),
        markers=SHAPES,
        moved=moved,
        image_sets=[tables_of(scoring) for scoring in scorings],
        tracks=track_table(evaluation.movies) if evaluation.movies else None,
        names=NAMES,
        layers={name: label for name, label in NAMES.items() if name in drawn},
        keys=KEYS,
        headline=f"{first.iou_thresholds[first.headline]:g}",
        pictures=gallery(scorings, image_sets),
        tuning=_tuning(model),
        few=FEW,
        facts=_facts(record, evaluation.models, scorings)
        + describe_origins(pair.image for pairs in image_sets.values() for pair in pairs),
    )


def _ignored(scoring: Scoring) -> str:
    """Describe what is left out of the scores; empty if nothing is."""
    images = len(scoring.image_set.images)
    facts = describe(scoring.not_judged, images)
    if not facts:
        return ""
    objects = ", ".join(f"{count} of {NAMES[name]}" for name, count in facts["objects"].items())
    return (
        f"{facts['share']:.1%} of the pixels, in {facts['images']} of {images}: nobody said what they show, so that "
        f"objects there count neither way ({objects}: with more than half of their pixels ignored)"
    )


def _tuning(model: ModelFolder) -> dict[str, Any] | None:
    """Return the result of a threshold search and its picture; None without a search."""
    try:
        record = read_json(model.tuning)
        picture = as_text(model.tuning_picture.read_bytes())
        return {"found": record["found"], "images": record["images"], "picture": picture}
    except (OSError, ValueError, KeyError):
        return None


def _facts(
    record: Mapping[str, Any], models: Sequence[ComparedModel], scorings: Sequence[Scoring]
) -> list[tuple[str, str]]:
    """Return the origin of the results as names and facts; a record may lack some of them."""
    base = record["base"]
    facts = [
        ("base model", f"{base['name']}, SHA-256 {base.get('sha256') or 'unknown'}"),
        (
            "retrained model",
            f"SHA-256 {record.get('weights_sha256', 'unknown')}, written {record.get('written', '')}",
        ),
        ("training", listed(record["settings"])),
        ("training images", listed(record.get("images") or {})),
        ("normalisation", listed(record.get("normalization") or {})),
        ("versions", listed(record.get("versions") or {})),
    ]
    facts += [(f"masks of the {one.name} model", listed(one.used)) for one in models]
    for scoring in scorings:
        clusters = scoring.image_set.clusters(range(len(scoring.image_set.images)))
        facts.append((f"intervals, {IMAGE_SETS[scoring.image_set.name]}", clusters.method))
        facts.append((f"ignored, {IMAGE_SETS[scoring.image_set.name]}", _ignored(scoring)))
    return [(name, value) for name, value in facts if value]
