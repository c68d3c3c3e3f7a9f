"""The curves of the page: average precision over IoU thresholds, and the losses of the training."""

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.evaluation.report.wording import IMAGE_SETS, NAMES
from cpretrain.evaluation.scoring import ANNOTATOR, Scoring
from cpretrain.html.line_chart import Chart, Line, line_chart
from cpretrain.storage.csv_table import read_rows

MARKERS = {"base": "square", "retrained": "circle", ANNOTATOR: "triangle"}
MEASURED = {
    "training_loss": ("training images", "retrained", ""),
    "test_loss": ("in-training test set", "base", "square"),
    "test_average_precision": ("in-training test set", "base", "square"),
}
"""Columns of ``losses.csv``: name in the legend, style and marker."""

LARGEST = 1e9
"""Limit of values; a table with larger numbers, or with NaN, is not drawn."""


def precision_chart(scoring: Scoring) -> Chart:
    """Return the chart of each model's average precision over the IoU thresholds, with intervals."""
    lines = []
    for name, one in scoring.models.items():
        means = [one.mean(j) for j in range(len(scoring.image_set.iou_thresholds))]
        known = means if not isnan(means[0].low) else []
        lines.append(
            Line(
                NAMES[name],
                name,
                MARKERS[name],
                scoring.image_set.iou_thresholds,
                [mean.estimate for mean in means],
                [mean.low for mean in known],
                [mean.high for mean in known],
            )
        )
    title = f"{len(scoring.image_set.images)} {IMAGE_SETS[scoring.image_set.name]}"
    return line_chart(title, "IoU threshold", "average precision", lines, (0, 1))


def training_charts(path: Path) -> list[Chart]:
    """Return charts of the losses, and of average precision during training if it was measured.

    Parameters
    ----------
    path : pathlib.Path
        ``losses.csv`` of the model.

    Returns
    -------
    list of Chart
        Empty if the table does not exist or cannot be read.
    """
    try:
        rows = list(read_rows(path, ("epoch",), dict, what="a table of losses"))
        lines = {name: _line(rows, name, *look) for name, look in MEASURED.items()}
    except (BadInput, ValueError):
        return []
    losses = [line for name in ("training_loss", "test_loss") if (line := lines[name])]
    precision = lines["test_average_precision"]
    charts = [line_chart("training", "epoch", "loss", losses)] if losses else []
    return (
        [*charts, line_chart("training", "epoch", "average precision", [precision], (0, 1))]
        if precision
        else charts
    )


def _line(rows: Sequence[Mapping[str, str]], column: str, name: str, style: str, marker: str) -> Line | None:
    """Read a column of losses, which may have values at some epochs only; None if it has none."""
    points = [(float(row["epoch"]), float(row[column])) for row in rows if row.get(column)]
    if not all(abs(number) < LARGEST for point in points for number in point):
        raise ValueError(f"{column}: numbers that no training run produces")
    return Line(name, style, marker, *map(tuple, zip(*points, strict=True))) if points else None
