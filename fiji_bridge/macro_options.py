"""The settings of drift correction as the plugin's macro options."""

import re
from pathlib import Path

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings


def macro_options(
    settings: DriftSettings, planes: int, *, drift_file: Path | None = None, plane_folder: Path | None = None
) -> str:
    """Format all options explicitly: the plugin uses its own default for a missing one, and ignores a misspelt one.

    Parameters
    ----------
    settings : DriftSettings
        Settings, already checked against the movie.
    planes : int
        Number of z planes.
    drift_file : pathlib.Path, optional
        File to write the drift to; no corrected movie is made then.
    plane_folder : pathlib.Path, optional
        Empty folder to write the corrected planes to, instead of keeping them in memory ("Use virtualstack").

    Raises
    ------
    BadInput
        When ImageJ cannot quote the path of the file or folder.
    """
    lowest, highest = settings.z_range or (1, planes)
    switches = {
        "correct": settings.only_xy,
        "multi_time_scale": settings.multi_time_scale,
        "sub_pixel": settings.sub_pixel,
        "edge_enhance": settings.edge_enhance,
    }
    values = {
        "channel": str(settings.channel),
        "only": np.format_float_positional(settings.threshold, trim="-"),
        "lowest": str(lowest),
        "highest": str(highest),
        "max_shift_x": str(settings.max_shift[0]),
        "max_shift_y": str(settings.max_shift[1]),
        "max_shift_z": str(settings.max_shift[2]),
    }
    words = [name for name, on in switches.items() if on]
    words += [f"{key}={value}" for key, value in values.items()]
    for path in filter(None, (plane_folder, drift_file)):
        _check_path(path)
    if plane_folder is not None:
        words += ["use", f"choose=[{plane_folder}]"]
    if drift_file is not None:
        words += ["only", f"please=[{drift_file}]"]  # a bare "only" is a different key from "only="
    return " ".join(words)


def _check_path(path: Path) -> None:
    """Refuse a path that ImageJ cannot quote: it ends at the first bracket, and the rest is taken for options."""
    if re.search(r"[\[\]\x00-\x1f]", str(path)):
        raise BadInput(
            f"{path}: Fiji cannot open a folder with such a name",
            found="brackets or control characters",
            cure=f"set TMPDIR to another folder, or use {option('engine', 'native')}",
        )
