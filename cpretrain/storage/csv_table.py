"""Tables as CSV: written atomically, with lines that end in LF, and read with one error for anything wrong.

Any line ending can be read, and so can the byte order mark that Excel writes.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cpretrain.errors import BadInput, short
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    from _csv import Writer

T = TypeVar("T")
Row = dict[str, str]
"""Cells of a row by column, as text."""


@contextmanager
def open_table(path: Path, columns: Sequence[str]) -> Iterator["Writer"]:
    """Open a table to write it row by row with ``csv.writer``; it is moved into place when the block succeeds.

    Parameters
    ----------
    path : pathlib.Path
        The table.
    columns : sequence of str
        Names of its columns, the first row.

    Yields
    ------
    csv.writer
        Its ``writerow`` and ``writerows`` take the cells in the order of the columns.
    """
    with write_aside(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        yield table


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows that map columns to values; the columns are those of all rows; a missing cell, or NaN, is empty."""
    import pandas as pd

    with write_aside(path) as aside:
        pd.DataFrame([dict(row) for row in rows]).to_csv(aside, index=False, lineterminator="\n")


def read_rows(
    path: Path, columns: Sequence[str], parse: Callable[[Row], T], *, what: str, cure: str | None = None
) -> Iterator[T]:
    """Read a table row by row.

    Parameters
    ----------
    path : pathlib.Path
        The table.
    columns : sequence of str
        Required columns; others may be present too.
    parse : callable
        Converts a row, which maps columns to cells; ``dict`` keeps it unchanged. A KeyError, TypeError or ValueError
        means that the table is invalid.
    what : str
        Description of the table for errors, for example ``"the table of crops"``.
    cure : str, optional
        What to do if the table is invalid.

    Yields
    ------
    object
        Result of `parse` for each row.

    Raises
    ------
    BadInput
        When it cannot be read, lacks a column, or has a row that is too short or that `parse` rejects.
    """
    line = 0
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            _check_columns(columns, table.fieldnames or ())
            for row in table:
                line = table.line_num
                if any(row[column] is None for column in columns):
                    raise ValueError("too few cells")
                yield parse(row)
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(
            f"{path}: is not {what}",
            found=f"line {line}: {short(error)}" if line else short(error),
            expected=f"columns {', '.join(columns)}",
            cure=cure,
        ) from error


def _check_columns(columns: Sequence[str], there: Sequence[str]) -> None:
    missing = [column for column in columns if column not in there]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
