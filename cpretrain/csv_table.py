"""Tables as CSV, one row a mapping of column to value."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cpretrain.atomic import write_aside


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table, whole or not at all."""
    import pandas as pd

    with write_aside(path) as aside:
        pd.DataFrame([dict(row) for row in rows]).to_csv(aside, index=False)
