"""``crops.csv`` beside the training images: the movie, frame and place that each was cut from."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cpretrain.atomic import write_aside
from cpretrain.errors import BadInput

NAME = "crops.csv"


@dataclass(frozen=True)
class Crop:
    """One training image, a row of the table.

    Parameters
    ----------
    file, source : str
        Name of the crop, and of the image that it was cut from.
    frame, z, y, x : int
        Frame, plane, and corner in the source, all from 0; in pixels of the source, border not counted.
    height, width, border : int
        Size without the border, and width of the border of zeros, in pixels.
    seed : int
        Seed of the draw.
    """

    file: str
    source: str
    frame: int
    z: int
    y: int
    x: int
    height: int
    width: int
    border: int
    seed: int


COLUMNS = {field.name: field.type for field in fields(Crop)}


def write_crops(folder: Path, crops: Sequence[Crop]) -> None:
    """Write the table into a folder of training images, whole or not at all."""
    with write_aside(folder / NAME) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        writer.writerows(asdict(crop) for crop in crops)


def read_crops(folder: Path) -> dict[str, Crop]:
    """Read the table of a folder of training images.

    Returns
    -------
    dict of str to Crop
        By file name, in the order of the table; empty where there is none.

    Raises
    ------
    BadInput
        When the table lacks columns, or a number is not a whole number.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        crops = [
            Crop(**{name: _value(row[name], kind) for name, kind in COLUMNS.items()})  # type: ignore[arg-type]
            for row in rows
        ]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(
            f"{path}: is not the table of crops",
            found=f"{type(error).__name__}: {error}",
            expected="columns " + ", ".join(COLUMNS),
            cure="cut the crops again, or take crops.csv away (then each image counts as a movie of its own)",
        ) from error
    return {crop.file: crop for crop in crops}


def _value(text: str, kind: object) -> str | int:
    return text if kind is str else int(text)
