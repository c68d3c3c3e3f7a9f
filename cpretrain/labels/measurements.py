"""Measurements of every object in every frame: size, shape, and grey values in each channel, in µm and seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    import pandas as pd

_MICROMETRES = {"µm": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6, "Å": 1e-4, "inch": 25_400.0}
_LENGTHS = ("equivalent_diameter_area", "axis_major_length", "axis_minor_length")
_NAMES = {"equivalent_diameter_area": "equivalent_diameter", "axis_major_length": "major_axis",
          "axis_minor_length": "minor_axis"}  # fmt: skip
_GREY = ("intensity_mean", "intensity_min", "intensity_max", "intensity_std")


@dataclass(frozen=True)
class Scale:
    """How large a pixel is, and the unit of what is measured.

    Parameters
    ----------
    spacing : tuple of float
        Distance of pixels in z, y, x: in µm, or 1 where the movie does not state a length.
    unit : str
        ``um`` or ``px``.
    interval : float
        Seconds between frames; 0 where the movie does not state them.
    """

    spacing: tuple[float, float, float]
    unit: str
    interval: float


def scale_of(calibration: Calibration) -> Scale:
    """Return the scale of a movie; a unit that is no length counts as none."""
    factor = _MICROMETRES.get(calibration.unit)
    if factor is None or min(calibration.pixel_size) <= 0:
        return Scale((1.0, 1.0, 1.0), "px", calibration.frame_interval)
    z, y, x = (factor * size for size in calibration.pixel_size)
    return Scale((z, y, x), "um", calibration.frame_interval)


def measure_frame(
    labels: NDArray[Any], frame: NDArray[Any], scale: Scale, channels: Sequence[str], flat: bool
) -> "pd.DataFrame":
    """Measure the objects of a frame with scikit-image.

    Parameters
    ----------
    labels : ndarray of int, shape (Z, Y, X)
        0 for background.
    frame : ndarray, shape (Z, C, Y, X)
        Grey values.
    scale : Scale
        Size of a pixel.
    channels : sequence of str
        A name for each channel, as it is to stand in names of columns.
    flat : bool
        Whether objects lie in one plane each, and are measured as areas; else they are volumes.

    Returns
    -------
    pandas.DataFrame
        A row for each object, by number; see `write_measurements` for the columns.
    """
    import pandas as pd

    grey = np.moveaxis(frame, 1, -1)
    if not flat:
        return _named(_table(labels, grey, scale.spacing), scale, channels)
    if len(labels) == 1:
        return _named(_table(labels[0], grey[0], scale.spacing[1:]), scale, channels)
    planes = [_table(plane, grey[z], scale.spacing[1:]).assign(plane=z) for z, plane in enumerate(labels)]
    return _named(pd.concat(planes, ignore_index=True), scale, channels)


def write_measurements(
    path: Path, tables: Iterator["pd.DataFrame"], scale: Scale, told: dict[str, str]
) -> None:
    """Write the measurements of a movie, frame by frame, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The table. Columns: those of `told`, ``frame``, ``time_s`` (where the movie states its interval), ``label``,
        ``plane`` of flat objects in stacks, centre ``z``, ``y``, ``x``, ``area`` and ``perimeter`` or ``volume``,
        ``pixels``, ``equivalent_diameter``, ``major_axis`` and ``minor_axis`` of the ellipse of equal moments, its
        ``eccentricity`` and ``orientation_deg``, ``solidity``, each with its unit; and of each channel the mean,
        smallest and largest value, the standard deviation and the sum.
    tables : iterator of pandas.DataFrame
        From `measure_frame`, one for each frame.
    scale : Scale
        Of the movie.
    told : dict of str to str
        What stands in every row first: file and class.
    """
    with write_aside(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        for t, table in enumerate(tables):
            first: dict[str, Any] = {
                **told,
                "frame": t,
                **({"time_s": t * scale.interval} if scale.interval else {}),
            }
            for place, (name, value) in enumerate(first.items()):
                table.insert(place, name, value)
            table.to_csv(file, index=False, header=t == 0, float_format="%.6g", lineterminator="\n")


def _table(labels: NDArray[Any], grey: NDArray[Any], spacing: tuple[float, ...]) -> "pd.DataFrame":
    import pandas as pd
    from skimage.measure import regionprops_table

    in_plane = labels.ndim == 2
    shape = [*_LENGTHS, *(("eccentricity", "orientation", "solidity") if in_plane else ())]
    if in_plane and spacing[0] == spacing[1]:  # else it is not defined
        shape.append("perimeter")
    wanted = ("label", "centroid", "area", "num_pixels", *shape, *_GREY)
    return pd.DataFrame(regionprops_table(labels.astype(np.int64), grey, wanted, spacing=spacing))


def _named(table: "pd.DataFrame", scale: Scale, channels: Sequence[str]) -> "pd.DataFrame":
    """Name the columns with their units, and put them in order."""
    size, power = ("area", 2) if "centroid-2" not in table else ("volume", 3)
    axes = "yx" if power == 2 else "zyx"
    unit = scale.unit
    named = {"label": table["label"]} | ({"plane": table["plane"]} if "plane" in table else {})
    named |= {f"{axis}_{unit}": table[f"centroid-{place}"] for place, axis in enumerate(axes)}
    named |= {f"{size}_{unit}{power}": table["area"], "pixels": table["num_pixels"]}
    named |= {f"{_NAMES[name]}_{unit}": table[name] for name in _LENGTHS}
    if "perimeter" in table:
        named[f"perimeter_{unit}"] = table["perimeter"]
    if power == 2:
        named |= {"eccentricity": table["eccentricity"], "orientation_deg": np.degrees(table["orientation"])}
        named["solidity"] = table["solidity"]
    for place, channel in enumerate(channels):
        mean, low, high, spread = (table[f"{name}-{place}"] for name in _GREY)
        named |= {
            f"mean_{channel}": mean,
            f"min_{channel}": low,
            f"max_{channel}": high,
            f"std_{channel}": spread,
        }
        named[f"sum_{channel}"] = mean * table["num_pixels"]
    return type(table)(named)
