"""Learning curve: average precision over the number of annotated crops, round by round, which shows when to stop."""

from pathlib import Path
from typing import Any

from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.rounds.folder import Round, RoundsFolder
from cpretrain.runtime.spelling import command
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.csv_table import Row, read_rows, write_rows

TABLE, CURVE = "rounds.csv", "rounds.png"
SHOWN = "at IoU 0.5"
"""The measure that is drawn; the table's other measure is the mean over all thresholds."""

WHOLE, FRACTIONS = ("round", "crops"), ("average_precision", "low_95", "high_95")
"""Columns of whole numbers, and of fractions."""


def write_learning_curve(folder: RoundsFolder) -> None:
    """Write ``rounds.csv`` and ``rounds.png`` for all finished rounds; round 0 is the base.

    The table has one row per round and measure (average precision at IoU 0.5, and its mean over IoU 0.5 to 0.95) with
    the number of training crops, the estimate, and its 95 % interval.
    """
    rows: list[dict[str, Any]] = []
    crops = 0
    for one in (one for one in folder.rounds if one.finished):
        crops += len(one.crops)
        if not rows:
            rows += _rows(one, "base", 0, 0)
        rows += _rows(one, "retrained", one.number, crops)
    write_rows(folder.path / TABLE, rows)
    _draw(folder.path / CURVE, [row for row in rows if row["measure"] == SHOWN])


def read_learning_curve(folder: RoundsFolder) -> list[dict[str, str]]:
    """Read ``rounds.csv``; return an empty list if no round is finished.

    Raises
    ------
    BadInput
        When the table lacks columns, or numbers are invalid.
    """
    path = folder.path / TABLE
    if not path.is_file():
        return []
    cure = f"remove it; {command('round finish')} writes it again"
    columns = ("measure", *WHOLE, *FRACTIONS)
    return list(read_rows(path, columns, _checked, what="the table of rounds", cure=cure))


def _checked(row: Row) -> Row:
    """Return a row after checking that its numbers are numbers."""
    _ = [int(row[name]) for name in WHOLE], [float(row[name]) for name in FRACTIONS]
    return row


def _rows(one: Round, model: str, number: int, crops: int) -> list[dict[str, Any]]:
    columns = ("model", "view", "measure", "images", "mean_average_precision", "low_95", "high_95")
    table = read_rows(EvaluationFiles(one.model).summary, columns, dict, what="the table of an evaluation")
    scored = [row for row in table if row["model"] == model and row["view"] == "crop"]
    return [
        {
            "round": number,
            "chosen": one.settings.choose if number else "",
            "crops": crops,
            "validation_crops": row["images"],
            "measure": row["measure"],
            "average_precision": row["mean_average_precision"],
            "low_95": row["low_95"],
            "high_95": row["high_95"],
        }
        for row in scored
        if row["measure"] == SHOWN or row["measure"].startswith("mean")
    ]


def _draw(path: Path, rows: list[dict[str, Any]]) -> None:
    from matplotlib.figure import Figure

    crops = [row["crops"] for row in rows]
    mean, low, high = (
        [float(row[name]) for row in rows] for name in ("average_precision", "low_95", "high_95")
    )
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(crops, low, high, color="#0072B2", alpha=0.2, label="95 % interval")
    axes.plot(crops, mean, "o-", color="#0072B2", label="average precision")
    for row, height in zip(rows, mean, strict=True):
        name = f"round {row['round']}" if row["round"] else "base"
        axes.annotate(name, (row["crops"], height), (0, 8), textcoords="offset points", ha="center")
    axes.set(
        xlabel="crops annotated and trained on",
        ylabel=f"average precision {SHOWN}",
        ylim=(0, 1),
        xticks=crops,
    )
    axes.margins(x=0.12)
    axes.legend(loc="lower right")
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=100)
