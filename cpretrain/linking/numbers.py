"""Numbers that sum up the tracks of a movie: how long they are, how often they break and divide."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def numbers_of(table: "pd.DataFrame", frames: int) -> dict[str, float]:
    """Sum up the tracks of a movie.

    Parameters
    ----------
    table : pandas.DataFrame
        Its tracks.
    frames : int
        Number of frames of the movie.

    Returns
    -------
    dict of str to float
        ``frames``, ``objects`` in all frames, ``tracks``, their ``median_length`` and ``longest`` in frames from the
        first to the last, tracks from the ``first_to_last`` frame of the movie, ``divisions``, ``gaps`` within tracks,
        and ``missing`` objects in them.
    """
    of_track = table.groupby("track")["frame"].agg(["min", "max", "size"])
    length = of_track["max"] - of_track["min"] + 1
    steps = table["frame"].diff()[table["track"].diff() == 0]
    parents = table["parent"][table["parent"] > 0]
    return {
        "frames": frames,
        "objects": len(table),
        "tracks": len(of_track),
        "median_length": float(length.median()) if len(of_track) else 0.0,
        "longest": int(length.max()) if len(of_track) else 0,
        "first_to_last": int((length == frames).sum()),
        "divisions": int(parents.nunique()),
        "gaps": int((steps > 1).sum()),
        "missing": int((steps - 1).sum()),
    }


def sentence(numbers: dict[str, float]) -> str:
    """Return the numbers in words, on one line."""
    return (
        f"{numbers['objects']:g} objects in {numbers['frames']:g} frames: {numbers['tracks']:g} tracks, median length "
        f"{numbers['median_length']:g} frames, {numbers['first_to_last']:g} from the first frame to the last; "
        f"{numbers['divisions']:g} divisions; {numbers['gaps']:g} gaps that miss {numbers['missing']:g} objects"
    )
