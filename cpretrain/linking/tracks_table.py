"""The table of tracks: one row per object and frame, written by ``cpretrain track`` as ``NAME.tracks.csv``.

========================================  ==============================================================================
column                                    meaning
========================================  ==============================================================================
``file``                                  name of the movie, as in the table of objects
``track``                                 number of the track, 1…N in a movie
``parent``                                track that this one divided from; 0 for none
``frame``                                 frame, from 0
``time_s``                                seconds since frame 0; empty if the movie does not state its interval
``label``                                 number of the object in the label image of its frame
``z``, ``y``, ``x``                       centre in the label image, in pixels from 0: corrected for drift if it was
``raw_z``, ``raw_y``, ``raw_x``           centre in the raw movie, in pixels from 0; equal to the above without a drift
``z_um``, ``y_um``, ``x_um``              the centre in µm; empty if the movie does not state its pixel size
``raw_z_um``, ``raw_y_um``, ``raw_x_um``  the same in the raw movie
``area``                                  pixels (voxels for a stack)
``at_border``                             whether it touches the left, right, upper or lower edge of what was recorded
``speed``                                 pixels (sideways; z in units of x) per frame since the row before of the same
                                          track; empty in its first
``speed_um_s``                            the same in µm per second; empty where either is not stated
``direction_deg``                         direction of that step in the plane: 0 to the right, 90 up on the screen
``mean_c1``, ``sum_c1``, …                mean and sum of the grey values in each channel, if the movie was given
========================================  ==============================================================================

Rows are in the order of tracks, then frames. A frame that is missing between two rows of a track is a gap.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, short
from cpretrain.labels.measurements import Scale
from cpretrain.linking.lineage import Lineage
from cpretrain.linking.objects import FrameObjects
from cpretrain.registration.canvas import Canvas
from cpretrain.runtime.spelling import command
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    import pandas as pd

POSITION = ("z", "y", "x")
RAW_POSITION = ("raw_z", "raw_y", "raw_x")
COLUMNS = (
    *("file", "track", "parent", "frame", "time_s", "label"),
    *POSITION,
    *RAW_POSITION,
    *(f"{name}_um" for name in (*POSITION, *RAW_POSITION)),
    *("area", "at_border", "speed", "speed_um_s", "direction_deg"),
)
"""Columns of every table of tracks; those of the channels follow."""
ENDING = ".tracks.csv"


def make_table(
    file: str, found: Sequence[FrameObjects], lineage: Lineage, scale: Scale, canvas: Canvas | None
) -> "pd.DataFrame":
    """Make the table of a movie's tracks.

    Parameters
    ----------
    file : str
        Name of the movie.
    found : sequence of FrameObjects
        Objects of each frame.
    lineage : Lineage
        Their tracks.
    scale : Scale
        Size of a pixel, and time between frames.
    canvas : Canvas or None
        Where the frames lie on the corrected movie; None if it was not corrected.

    Returns
    -------
    pandas.DataFrame
        With `COLUMNS` and those of the channels.
    """
    import pandas as pd

    frame = np.repeat(np.arange(len(found)), [len(one.label) for one in found])
    track = _joined(lineage.track, np.int64)
    centre = _joined([one.centre for one in found])
    raw = [one.centre if canvas is None else canvas.recorded(one.centre, t) for t, one in enumerate(found)]
    places = np.column_stack([centre, _joined(raw)])
    spacing = scale.spacing if scale.unit == "um" else (np.nan,) * 3
    in_um = places * np.tile(spacing, 2)
    area, mean = _joined([one.area for one in found], np.int64), _joined([one.mean for one in found])
    columns: dict[str, Any] = {
        "file": file,
        "track": track,
        "parent": lineage.parent[track],
        "frame": frame,
        "time_s": frame * (scale.interval or np.nan),
        "label": _joined([one.label for one in found], np.int64),
        **dict(zip((*POSITION, *RAW_POSITION), places.T, strict=True)),
        **dict(zip(COLUMNS[12:18], in_um.T, strict=True)),
        "area": area,
        "at_border": _joined([one.at_border for one in found], bool),
    }
    for number, channel in enumerate(mean.T, 1):
        columns |= {f"mean_c{number}": channel, f"sum_c{number}": channel * area}
    table = pd.DataFrame(columns).sort_values(["track", "frame"], kind="stable", ignore_index=True)
    return _with_motion(table, scale)


def _joined(parts: Sequence[NDArray[Any]], dtype: Any = np.float64) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)


def _with_motion(table: "pd.DataFrame", scale: Scale) -> "pd.DataFrame":
    """Add the steps of every track since the row before: their speed and direction."""
    same = (table["track"].diff() == 0).to_numpy()
    steps = np.where(same[:, None], table[[*POSITION]].diff().to_numpy(), np.nan) * np.array(scale.spacing)
    frames = np.where(same, table["frame"].diff().to_numpy(), np.nan)
    speed = np.linalg.norm(steps, axis=1) / frames
    place = [*table].index("at_border") + 1
    in_um = speed / scale.interval if scale.unit == "um" and scale.interval else np.full(len(table), np.nan)
    table.insert(place, "speed", speed / scale.spacing[2])
    table.insert(place + 1, "speed_um_s", in_um)
    table.insert(place + 2, "direction_deg", np.degrees(np.arctan2(0.0 - steps[:, 1], steps[:, 2])))
    return table


def write_tracks(path: Path, table: "pd.DataFrame") -> None:
    """Write a table of tracks, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    table : pandas.DataFrame
        With `COLUMNS`.
    """
    with write_aside(path) as aside:
        table.to_csv(aside, index=False, float_format="%.8g", lineterminator="\n")


def read_tracks(path: Path) -> "pd.DataFrame":
    """Read a table of tracks, or those of all movies in a folder as one.

    Parameters
    ----------
    path : pathlib.Path
        A ``NAME.tracks.csv``, or a folder of them.

    Returns
    -------
    pandas.DataFrame
        With `COLUMNS`, and those of the channels; movies differ in ``file``.

    Raises
    ------
    BadInput
        When there is none, or one is not such a table.
    """
    import pandas as pd

    tables = sorted(path.glob(f"*{ENDING}")) if path.is_dir() else [path]
    if not tables:
        raise BadInput(
            f"{path}: no tables of tracks in this folder",
            expected=f"NAME{ENDING}",
            cure=f"run {command('track')}",
        )
    return pd.concat([_read(table) for table in tables], ignore_index=True)


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: is not a table of tracks", found=short(error)) from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise BadInput(
            f"{path}: is not a table of tracks",
            found=f"no column {', '.join(missing)}",
            cure=f"make it again with {command('track')}",
        )
    return table
