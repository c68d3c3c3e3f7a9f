"""Read the table of shifts beside a corrected movie, which `cpretrain.drift.write_shifts` writes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name
from cpretrain.registration.curve import DriftCurve, FramePair
from cpretrain.storage.csv_table import Row, read_rows

COLUMNS = ("frame", "drift_z", "drift_y", "drift_x", "clipped", "uncertain")
ANGLE = "angle"
"""Column of the angle in degrees, where rotation was measured."""


def read_shifts(path: Path) -> DriftCurve:
    """Read a drift curve from a ``NAME.shifts.csv``.

    Raises
    ------
    BadInput
        When the file does not exist, or has other columns.
    """
    rows = list(read_rows(path, COLUMNS[1:5], _frame, what="a table of shifts"))
    drift = np.array([drift for drift, *_ in rows], np.float32)
    clipped = _pairs(clipped for _, clipped, *_ in rows)
    told = all(uncertain for _, _, uncertain, _ in rows)
    uncertain = _pairs(uncertain for _, _, uncertain, _ in rows) if told else None
    angle = np.array([angle for *_, angle in rows], np.float32)
    return DriftCurve(drift.reshape(-1, 3), clipped, uncertain, angle=angle if angle.any() else None)


def _frame(row: Row) -> tuple[list[float], str, str, float]:
    """Return the drift (z, y, x) of a frame, its flags and angle; uncertainty is empty in tables without it."""
    drift = [float(row[f"drift_{axis}"]) for axis in "zyx"]
    return drift, row["clipped"], row.get("uncertain") or "", float(row.get(ANGLE) or 0)


def _pairs(flags: Iterable[str]) -> tuple[FramePair, ...]:
    """Return the pairs of neighbouring frames that end at the frames with a flag."""
    return tuple((t - 1, t) for t, flag in enumerate(flags) if flag == "True")


def shifts_for(given: Path, movie: Path) -> Path:
    """Find the table of shifts for a movie.

    Parameters
    ----------
    given : pathlib.Path
        The table, or a folder that holds one with the movie's name.
    movie : pathlib.Path
        The movie.

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
        f"{table}: no such table of shifts",
        found=", ".join(there[:5]) or None,
        expected="a NAME.shifts.csv, or a folder with one for each NAME.tif",
    )
