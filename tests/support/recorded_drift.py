"""Recorded answers of the plugin itself: see data/drift/SOURCES.md."""

import json
from functools import cache
from typing import Any

import numpy as np
import tifffile

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.settings.drift import DriftSettings
from tests.support.paths import DATA

DATA = DATA / "drift"

RECORDS: list[dict[str, Any]] = [
    record for name in ("real", "synthetic") for record in json.loads((DATA / f"{name}.json").read_text())
]


def name_of(record: dict[str, Any]) -> str:
    options = record["options"]
    parts = [record["case"], f"max{options['max_shift_x']}"]
    parts += [key for key, value in options.items() if value is True]
    parts += [f"only{options['only']}"] if options["only"] else []
    parts += [f"z{options['lowest']}-{options['highest']}"] if options["lowest"] > 1 else []
    parts += ["roi"] if record["roi"] else []
    return "-".join(parts)


@cache
def pixels_of(case: str) -> np.ndarray:
    shape = next(record["input_shape_tzcyx"] for record in RECORDS if record["case"] == case)
    return tifffile.imread(DATA / f"{case}.tif").reshape(shape)


def movie_of(record: dict[str, Any]) -> ArrayFrames:
    return ArrayFrames(pixels_of(record["case"]))


def settings_of(record: dict[str, Any]) -> DriftSettings:
    options = record["options"]
    return DriftSettings(
        channel=options["channel"],
        only_xy=options.get("correct", False),
        multi_time_scale=options.get("multi_time_scale", False),
        sub_pixel=options.get("sub_pixel", False),
        edge_enhance=options.get("edge_enhance", False),
        threshold=options["only"],
        z_range=(options["lowest"], options["highest"]),
        max_shift=tuple(options[f"max_shift_{axis}"] for axis in "xyz"),
        roi=record["roi"],
    )
