"""Write the table of shifts beside a corrected movie, which can be read again and applied to other movies."""

from collections.abc import Sequence
from pathlib import Path

from cpretrain.drift.findings import Finding
from cpretrain.drift.inspection import Inspected
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.shifts_table import ANGLE, COLUMNS
from cpretrain.registration.shifts_table import read_shifts as read_shifts
from cpretrain.storage.csv_table import open_table

INSPECTED = ("agreement_before", "agreement_after", "note")
"""Columns of observations on the frames; nothing else depends on them."""


def write_shifts(
    path: Path, curve: DriftCurve, inspected: Inspected | None = None, findings: Sequence[Finding] = ()
) -> None:
    """Write a drift curve as CSV: frame (from 0), drift_z, drift_y, drift_x (pixels), clipped, uncertain; observations.

    ``uncertain`` is empty if certainty was not judged. ``agreement_before`` and ``agreement_after`` are the correlation
    of a frame with the mean of all others, ``note`` lists the kinds of findings that concern it. If rotation was
    measured, ``angle`` is that of the sample in degrees, anticlockwise.
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
