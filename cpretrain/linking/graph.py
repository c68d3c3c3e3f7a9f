"""Tracks as a graph: every row of the table is a node, and links lead to the next row, or from mother to daughter."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def edges_of(table: "pd.DataFrame") -> NDArray[np.intp]:
    """Return the links of a movie's tracks.

    Parameters
    ----------
    table : pandas.DataFrame
        Tracks of one movie, in the order of tracks and frames.

    Returns
    -------
    ndarray of int, shape (links, 2)
        Numbers of the rows, from 0, of the earlier and the later object.
    """
    track, parent = table["track"].to_numpy(), table["parent"].to_numpy()
    row = np.arange(len(table))
    goes_on = row[1:][track[1:] == track[:-1]]
    first = np.flatnonzero(np.r_[True, track[1:] != track[:-1]][: len(row)])
    last = np.r_[first[1:] - 1, len(row) - 1][: len(first)]
    born = first[parent[first] > 0]
    mothers = last[np.searchsorted(track[first], parent[born])]
    edges = np.concatenate([np.stack([goes_on - 1, goes_on], 1), np.stack([mothers, born], 1)])
    return edges[np.lexsort(edges.T)].astype(np.intp)


def lineages_of(table: "pd.DataFrame") -> NDArray[np.int64]:
    """Return the founder of each row's family: the track without parent that its own descends from.

    Parameters
    ----------
    table : pandas.DataFrame
        Tracks of one movie.

    Returns
    -------
    ndarray of int, shape (rows,)
    """
    founder = np.arange(int(table["track"].max() if len(table) else 0) + 1)
    pairs = table[["track", "parent"]].drop_duplicates().sort_values("track")
    for track, parent in pairs.itertuples(index=False):  # a parent has a lower number than its daughters
        founder[track] = founder[parent] if parent else track
    return founder[table["track"].to_numpy()]
