"""Recorded answers of the real plugin, and the movies that they belong to (see ``tests/data/drift``)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.settings.drift import DriftSettings

FOLDER = Path(__file__).parents[1] / "data" / "drift"


def entries() -> list[dict[str, Any]]:
    """All recorded answers."""
    files = (FOLDER / "real.json", FOLDER / "synthetic.json")
    return [entry for file in files if file.is_file() for entry in json.loads(file.read_text())]


def name(entry: dict[str, Any]) -> str:
    """Return a name for a test."""
    options = entry["options"]
    flags = [key for key, value in options.items() if value is True]
    told = [
        f"max{options['max_shift_x']}",
        f"c{options['channel']}",
        f"z{options['lowest']}-{options['highest']}",
    ]
    return "-".join(
        [entry["case"], *told, f"only{options['only']}", *flags, *(["roi"] if entry["roi"] else [])]
    )


def movie(entry: dict[str, Any]) -> ArrayFrames | None:
    """Return the movie of an entry; None if it is not stored here."""
    path = FOLDER / f"{entry['case']}.tif"
    if not path.is_file():
        return None
    pixels = tifffile.imread(path).reshape(entry["input_shape_tzcyx"])
    assert sha256(pixels) == entry["input_sha256"], f"{path} is not what was recorded"
    return ArrayFrames(pixels)


def settings(entry: dict[str, Any]) -> DriftSettings:
    """Return the settings of an entry."""
    options = entry["options"]
    return DriftSettings(
        channel=options["channel"],
        only_xy=options.get("correct", False),
        multi_time_scale=options.get("multi_time_scale", False),
        sub_pixel=options.get("sub_pixel", False),
        edge_enhance=options.get("edge_enhance", False),
        threshold=options["only"],
        z_range=(options["lowest"], options["highest"]),
        max_shift=(options["max_shift_x"], options["max_shift_y"], options["max_shift_z"]),
        roi=entry["roi"],
    )


def drift(entry: dict[str, Any]) -> np.ndarray:
    """Return the recorded drift in z, y, x."""
    return np.array(entry["drift_xyz"], np.float32)[:, ::-1]


def sha256(pixels: np.ndarray) -> str:
    """Return the SHA-256 of pixels in C order, as recorded."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
