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
        Frame, plane, and top left corner in the source, all from 0; in pixels and planes of the source, without the
        border.
    height, width, border : int
        Size without the border, and width of the border of zeros, in pixels.
    seed : int
        Seed of the random draw.
    frame_low, frame_high : tuple of float
        Grey values of the whole frame (in that plane, or in all planes of a stack that is cut along z too) at its 1st
        and 99th percentile, without padding; one per channel. Empty in tables of earlier versions.
    source_file : str
        Name of the file that holds the source as one of several positions; empty for other sources.
    plane : {'xy', 'xz', 'yz'}
        Plane of the stack that it shows; across planes, its rows run along z and its columns along x or y.
    anisotropy : float
        Number of its rows for each plane of the stack; 1 in xy.

    Notes
    -----
    The table has the last three columns only if a crop has a value in them.
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
    plane: str = "xy"
    anisotropy: float = 1.0

    @property
    def at(self) -> int:
        """Index of the plane that it shows, along the axis across it."""
        return {"xy": self.z, "xz": self.y, "yz": self.x}[self.plane]

    @property
    def corner(self) -> tuple[int, int]:
        """First row and column in the plane that it shows, in pixels or planes of the source."""
        return {"xy": (self.y, self.x), "xz": (self.z, self.x), "yz": (self.z, self.y)}[self.plane]

    @property
    def rows(self) -> int:
        """Number of rows of the source that it shows: of planes, if it is cut across them."""
        return rows_shown(self.height, self.anisotropy)

    @property
    def place(self) -> str:
        """Place in the source, in words."""
        if self.plane == "xy":
            return f"frame {self.frame}, y {self.y}, x {self.x}"
        planes = f"planes {self.z} to {self.z + self.rows - 1} as {self.height} rows"
        return f"frame {self.frame}, {self.plane.upper()} plane, y {self.y}, x {self.x}, {planes}"

    @property
    def levels(self) -> list[tuple[float, float]]:
        """Low and high value of each channel; empty if they are unknown or not finite."""
        known = all(map(math.isfinite, (*self.frame_low, *self.frame_high)))
        return list(zip(self.frame_low, self.frame_high, strict=True)) if known else []


TEXTS, LEVELS = ("file", "source"), ("frame_low", "frame_high")
SOMETIMES = {"source_file": str, "plane": str, "anisotropy": float}
"""Columns that are there only if a crop has a value in them, and how it is read."""
COLUMNS = tuple(field.name for field in fields(Crop) if field.name not in SOMETIMES)
PLANES = ("xy", "xz", "yz")


def rows_shown(height: int, anisotropy: float) -> int:
    """Return the number of planes that a crop of this height shows, each `anisotropy` rows high."""
    return math.ceil(height / anisotropy - 1e-9)


def write_crops(folder: Path, crops: Sequence[Crop]) -> None:
    """Write the table into a folder of training images, atomically."""
    usual = {field.name: field.default for field in fields(Crop) if field.name in SOMETIMES}
    more = [name for name in SOMETIMES if any(getattr(crop, name) != usual[name] for crop in crops)]
    columns = (*COLUMNS, *more)
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
    more = {name: read(row[name]) for name, read in SOMETIMES.items() if row.get(name)}
    crop = Crop(**values, **levels, **more)  # type: ignore[arg-type]
    if crop.plane not in PLANES or not 0 < crop.anisotropy < math.inf:
        raise ValueError(f"{crop.file}: plane {crop.plane}, anisotropy {crop.anisotropy:g}")
    return crop


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(SEPARATOR) if number.strip())


def _text(value: object) -> object:
    return SEPARATOR.join(repr(number) for number in value) if isinstance(value, tuple) else value


RECORD = "crops.json"
