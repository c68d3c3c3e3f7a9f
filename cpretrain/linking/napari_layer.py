"""Tracks as napari shows them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def napari_tracks(table: "pd.DataFrame", raw: bool = False) -> dict[str, Any]:
    """Return the arguments of napari's ``viewer.add_tracks`` for the tracks of a movie.

    Parameters
    ----------
    table : pandas.DataFrame
        Tracks of one movie, from `track_labels` or `read_tracks`.
    raw : bool
        Positions in the raw movie instead of the corrected one.

    Returns
    -------
    dict
        ``data``, ndarray of shape (rows, 5): track, frame, z, y, x in pixels; ``graph``, the parent of each daughter;
        ``features``, the other numbers of the table, to colour by.

    Examples
    --------
    >>> viewer.add_tracks(**napari_tracks(read_tracks("tracks/exp.tracks.csv")))  # doctest: +SKIP
    """
    before = "raw_" if raw else ""
    places = [f"{before}{axis}" for axis in "zyx"]
    born = table.loc[table["parent"] > 0, ["track", "parent"]].drop_duplicates()
    features = table.drop(columns=["file", "frame"]).dropna(axis="columns", how="all")
    return {
        "data": table[["track", "frame", *places]].to_numpy(float),
        "graph": {int(track): [int(parent)] for track, parent in born.itertuples(index=False)},
        "features": features,
    }
