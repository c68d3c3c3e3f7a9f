"""What ``crops.csv`` beside the training images says of them: the movie each came from, and its border."""

import csv
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput

NAME = "crops.csv"


@dataclass(frozen=True)
class CropOrigin:
    """Where a training image came from.

    Parameters
    ----------
    source : str
        The movie.
    border : int
        Width of the edge of zeros around it, in pixels.
    """

    source: str
    border: int


def read_origins(folder: Path) -> dict[str, CropOrigin]:
    """Read ``crops.csv`` of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        The training images.

    Returns
    -------
    dict
        Keyed by file name; empty where there is no such table.

    Raises
    ------
    BadInput
        When the table lacks columns or a border is not a whole number.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return {row["file"]: CropOrigin(row["source"], int(row["border"])) for row in rows}
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(
            f"{path}: is not the table of crops",
            found=f"{type(error).__name__}: {error}",
            expected="columns file, source and border (a whole number)",
            cure="cut the crops again, or take crops.csv away (then each image counts as a movie of its own)",
        ) from error
