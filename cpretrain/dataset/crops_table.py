"""``crops.csv`` beside the training images: the movie, frame and position that each was cut from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from cpretrain.runtime.console import warning
from cpretrain.runtime.listing import first_names
from cpretrain.storage.csv_table import open_table, read_rows

NAME = "crops.csv"
SEPARATOR = ";"
"""Separator between the grey values of several channels."""


@dataclass(frozen=True)
class Crop:
    """One training image, a row of the table.

    Parameters
    ----------
    file, source : str
        Name of the crop, and of the image that it was cut from.
    frame, z, y, x : int
        Frame, plane, and top left corner in the source, all from 0; in pixels of the source, without the border.
    height, width, border : int
        Size without the border, and width of the border of zeros, in pixels.
    seed : int
        Seed of the random draw.
    frame_low, frame_high : tuple of float
        Grey values of the whole frame (in that plane) at its 1st and 99th percentile, without padding; one per
        channel. Empty in tables of earlier versions.
    source_file : str
        Name of the file that holds the source as one of several positions; empty for other sources. The table has
        this column only if a crop has a value in it.
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
    frame_low: tuple[float, ...] = ()
    frame_high: tuple[float, ...] = ()
    source_file: str = ""

    @property
    def levels(self) -> list[tuple[float, float]]:
        """Low and high value of each channel; empty if they are unknown or not finite."""
        known = all(map(math.isfinite, (*self.frame_low, *self.frame_high)))
        return list(zip(self.frame_low, self.frame_high, strict=True)) if known else []


TEXTS, LEVELS, SOURCE_FILE = ("file", "source"), ("frame_low", "frame_high"), "source_file"
COLUMNS = tuple(field.name for field in fields(Crop) if field.name != SOURCE_FILE)


def write_crops(folder: Path, crops: Sequence[Crop]) -> None:
    """Write the table into a folder of training images, atomically."""
    columns = (*COLUMNS, SOURCE_FILE) if any(crop.source_file for crop in crops) else COLUMNS
    with open_table(folder / NAME, columns) as table:
        table.writerows([_text(asdict(crop)[name]) for name in columns] for crop in crops)


def read_crops(folder: Path) -> dict[str, Crop]:
    """Read the table of a folder of training images.

    Returns
    -------
    dict of str to Crop
        Rows by file name, in the order of the table; empty if there is no table.

    Raises
    ------
    BadInput
        When the table lacks columns, or a value is not a valid number.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    cure = "cut the crops again, or remove crops.csv (then each image counts as a movie of its own)"
    needed = [name for name in COLUMNS if name not in LEVELS]
    crops = read_rows(path, needed, _crop, what="the table of crops", cure=cure)
    return {crop.file: crop for crop in crops}


def crop_of(image: Path) -> Crop | None:
    """Find the row of an image in the table beside it; a table is read only once unless it changes.

    Returns
    -------
    Crop or None
        None if the image is not a crop, or there is no table.

    Raises
    ------
    BadInput
        When there is a table but it is damaged.
    """
    table = image.parent / NAME
    if not table.is_file():
        return None
    facts = table.stat()
    return _read_once(image.parent, facts.st_mtime_ns, facts.st_size).get(image.name)


@lru_cache(maxsize=8)
def _read_once(folder: Path, *_: int) -> Mapping[str, Crop]:
    crops = read_crops(folder)
    unknown = [crop.file for crop in crops.values() if crop.frame_low and not crop.levels]
    if unknown:
        warning(
            f"{folder / NAME}: the grey values of the frame are not finite for {first_names(unknown)}: these crops are "
            "scaled by their own; cut the crops again"
        )
    return crops


def _crop(row: Mapping[str, str]) -> Crop:
    given = {name: row[name] for name in COLUMNS if name not in LEVELS}
    levels = {name: _numbers(row.get(name) or "") for name in LEVELS}
    low, high = levels.values()
    if len(low) != len(high):
        raise ValueError(f"{row['file']}: {len(low)} values in frame_low, {len(high)} in frame_high")
    values = {name: text if name in TEXTS else int(text) for name, text in given.items()}
    return Crop(**values, **levels, source_file=row.get(SOURCE_FILE) or "")  # type: ignore[arg-type]


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(SEPARATOR) if number.strip())


def _text(value: object) -> object:
    return SEPARATOR.join(repr(number) for number in value) if isinstance(value, tuple) else value


RECORD = "crops.json"
