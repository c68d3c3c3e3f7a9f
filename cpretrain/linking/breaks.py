"""Where tracks break, found without any annotation, and how often: a segmentation with errors breaks them.

An object that is missed in a frame leaves a gap, or ends a track and begins another; two that are merged end one track
and make the area of the other jump; one that is split begins a track, and its area jumps. None of this can be seen of
an error that stays the same in every frame: an object that is never found breaks no track.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

JUMP = 1.5
"""Factor by which an object's area changes from one frame to the next where it counts as a jump."""

KINDS = ("gap", "appears", "vanishes", "area jump")


@dataclass(frozen=True)
class Measure:
    """A measure of tracks that needs no annotation.

    Parameters
    ----------
    name : str
        Its name in tables.
    title : str
        What it is, with its unit.
    per : int
        The number of objects, links or tracks that it is given for.
    better : {1, -1}
        1 if higher is better, -1 if lower is.
    """

    name: str
    title: str
    per: int
    better: int


MEASURES = (
    Measure("breaks", "breaks of tracks per 100 objects", 100, -1),
    Measure("track_length", "length of a track, in frames", 1, 1),
    Measure("gaps", "gaps in tracks, per 100 objects", 100, -1),
    Measure("appearing", "objects that appear away from the border, per 100 objects", 100, -1),
    Measure("vanishing", "objects that vanish away from the border, per 100 objects", 100, -1),
    Measure("area_jumps", f"areas that change by a factor of {JUMP:g} or more, per 100 objects", 100, -1),
)
"""All measures, first the one that the verdict is about: it ranked models best (``docs/tracking-quality.md``)."""

_OF_KIND = {"gap": "gaps", "appears": "appearing", "vanishes": "vanishing", "area jump": "area_jumps"}


@dataclass(frozen=True)
class TrackCounts:
    """Counts of one movie, from which its measures follow.

    Parameters
    ----------
    frames, objects, tracks : int
        Frames of the movie, rows of its table, and tracks.
    breaks : mapping of str to int
        Number of breaks by kind, one of `KINDS`.
    """

    frames: int
    objects: int
    tracks: int
    breaks: Mapping[str, int]

    @property
    def measures(self) -> dict[str, float]:
        """Each of `MEASURES` by name; NaN without objects."""
        counts = {_OF_KIND[kind]: number for kind, number in self.breaks.items()}
        counts["breaks"] = sum(self.breaks.values())
        below = self.objects or np.nan
        rates = {one.name: one.per * counts[one.name] / below for one in MEASURES if one.name in counts}
        rates["track_length"] = self.objects / self.tracks if self.tracks else np.nan
        return {one.name: rates[one.name] for one in MEASURES}


def count_breaks(tracks: "pd.DataFrame", frames: int) -> TrackCounts:
    """Count the breaks in the tracks of one movie.

    Parameters
    ----------
    tracks : pandas.DataFrame
        Its table of tracks.
    frames : int
        Number of its frames.
    """
    kinds = find_breaks(tracks, frames)["kind"].value_counts()
    return TrackCounts(
        frames, len(tracks), tracks["track"].nunique(), {kind: int(kinds.get(kind, 0)) for kind in KINDS}
    )


def find_breaks(tracks: "pd.DataFrame", frames: int) -> "pd.DataFrame":
    """Find the places where the tracks of one movie break.

    Objects may begin and end at the border, in the first and the last frame, and where a track divides. An area may
    jump where an object touches the border.

    Parameters
    ----------
    tracks : pandas.DataFrame
        Its table of tracks.
    frames : int
        Number of its frames.

    Returns
    -------
    pandas.DataFrame
        One row per break: ``kind``, ``track``, ``frame``, ``z``, ``y``, ``x``. The frame is the one to look at, where
        an object is missing or its area is another than before; the place is that of the nearest object of the track.
    """
    import pandas as pd

    rows = tracks.sort_values(["track", "frame"], ignore_index=True)
    track, frame = rows["track"].to_numpy(), rows["frame"].to_numpy()
    inside = ~rows["at_border"].to_numpy(bool)
    follows = np.zeros(len(rows), bool)
    follows[1:] = track[1:] == track[:-1]
    ends = ~np.append(follows[1:], False) if len(rows) else follows
    steps = np.diff(frame, prepend=0)
    first = ~follows & inside & (frame > 0) & (rows["parent"].to_numpy() == 0)
    last = ends & inside & (frame < frames - 1) & ~np.isin(track, rows["parent"].to_numpy())
    found = [
        _rows(rows, "gap", follows & (steps > 1), 1 - steps),
        _rows(rows, "appears", first, -1),
        _rows(rows, "vanishes", last, 1),
        _rows(rows, "area jump", follows & (steps == 1) & _jumps(rows, inside), 0),
    ]
    return pd.concat(found, ignore_index=True)


def _jumps(rows: "pd.DataFrame", inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each row whether its area differs from that of the row before by the factor of a jump."""
    area = rows["area"].to_numpy(float)
    jumps = np.zeros(len(rows), bool)
    factor = np.maximum(area[1:], area[:-1]) / np.minimum(area[1:], area[:-1])
    jumps[1:] = (factor >= JUMP) & inside[1:] & inside[:-1]
    return jumps


def _rows(
    rows: "pd.DataFrame", kind: str, chosen: NDArray[np.bool_], towards: NDArray[Any] | int
) -> "pd.DataFrame":
    """Return the chosen rows as breaks of one kind, each as many frames on (or back) as `towards` says."""
    of_kind = rows.loc[chosen, ["track", "frame", "z", "y", "x"]].copy()
    of_kind["frame"] += towards[chosen] if isinstance(towards, np.ndarray) else towards
    of_kind.insert(0, "kind", kind)
    return of_kind
