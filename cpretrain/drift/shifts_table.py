"""The table of shifts beside a corrected movie: written once, read again, applied to other movies."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cpretrain.drift.findings import Finding
from cpretrain.drift.inspection import Inspected
from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name
from cpretrain.registration.curve import DriftCurve, FramePair
from cpretrain.storage.csv_table import Row, open_table, read_rows

COLUMNS = ("frame", "drift_z", "drift_y", "drift_x", "clipped", "uncertain")
ANGLE = "angle"
"""Column of the angle in degrees, where rotation was measured."""
INSPECTED = ("agreement_before", "agreement_after", "note")
"""Columns of what was seen in the frames; nothing else depends on them."""


def write_shifts(
    path: Path, curve: DriftCurve, inspected: Inspected | None = None, findings: Sequence[Finding] = ()
) -> None:
    """Write a drift curve as CSV: frame (from 0), drift_z, drift_y, drift_x (pixels), clipped, uncertain; what is seen.

    ``uncertain`` is empty where nobody has looked. ``agreement_before`` and ``agreement_after`` are the correlation of
    a frame with the mean of all others, ``note`` has the kinds of findings that concern it. Where rotation was
    measured, ``angle`` has that of the sample in degrees, anticlockwise.
    """
    frames = len(curve.drift)
    uncertain = [""] * frames if curve.uncertain_pairs is None else curve.uncertain.tolist()
    agreement = [
        [""] * frames if each is None else each.round(4).tolist()
        for each in ((inspected.before, inspected.after) if inspected else (None, None))
    ]
    notes = [", ".join(one.kind for one in findings if t in one.frames) for t in range(frames)]
    angle = [] if curve.angle is None else [curve.angle.astype(float).round(4).tolist()]
    rows = zip(
        curve.drift.tolist(), curve.clipped.tolist(), uncertain, *agreement, notes, *angle, strict=True
    )
    with open_table(path, COLUMNS + INSPECTED + (ANGLE,) * len(angle)) as table:
        for frame, (drift, *seen) in enumerate(rows):
            table.writerow([frame, *(round(value, 4) for value in drift), *seen])


def read_shifts(path: Path) -> DriftCurve:
    """Read a drift curve from the CSV that `write_shifts` made.

    Raises
    ------
    BadInput
        When the file is not there or has other columns.
    """
    rows = list(read_rows(path, COLUMNS[1:5], _frame, what="a table of shifts"))
    drift = np.array([drift for drift, *_ in rows], np.float32)
    clipped = _pairs(clipped for _, clipped, *_ in rows)
    told = all(uncertain for _, _, uncertain, _ in rows)
    uncertain = _pairs(uncertain for _, _, uncertain, _ in rows) if told else None
    angle = np.array([angle for *_, angle in rows], np.float32)
    return DriftCurve(drift.reshape(-1, 3), clipped, uncertain, angle=angle if angle.any() else None)


def _frame(row: Row) -> tuple[list[float], str, str, float]:
    """Drift (z, y, x) of a frame, its flags, of which uncertainty is empty in tables without, and its angle."""
    drift = [float(row[f"drift_{axis}"]) for axis in "zyx"]
    return drift, row["clipped"], row.get("uncertain") or "", float(row.get(ANGLE) or 0)


def _pairs(flags: Iterable[str]) -> tuple[FramePair, ...]:
    """Pairs of neighbouring frames that led to the frames with a flag."""
    return tuple((t - 1, t) for t, flag in enumerate(flags) if flag == "True")


def shifts_for(given: Path, movie: Path) -> Path:
    """Find the table of shifts for a movie: the file given, or in a folder the one with the movie's name.

    Raises
    ------
    BadInput
        When there is none.
    """
    own = Path(corrected_name(movie)).with_suffix(".shifts.csv")
    table = given / own if given.is_dir() else given
    if table.is_file():
        return table
    there = sorted(path.name for path in given.glob("*.shifts.csv")) if given.is_dir() else []
    raise BadInput(
        f"{table}: there is no such table of shifts",
        found=", ".join(there[:5]) or None,
        expected="a NAME.shifts.csv, or a folder that holds one for each NAME.tif",
    )
