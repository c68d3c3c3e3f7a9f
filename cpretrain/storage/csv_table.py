"""Tables as CSV; each row is a mapping of column to value."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cpretrain.storage.atomic import write_aside


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table atomically."""
    import pandas as pd

    with write_aside(path) as aside:
        pd.DataFrame([dict(row) for row in rows]).to_csv(aside, index=False)


def read_rows(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """Read a table that must have these columns; missing cells are None.

    Raises
    ------
    KeyError
        When a column is missing, even in a file without rows.
    OSError, ValueError, csv.Error
        When the file cannot be read.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        missing = [column for column in columns if column not in (table.fieldnames or ())]
        if missing:
            raise KeyError(missing[0])
        return list(table)
