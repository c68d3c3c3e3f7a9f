"""A picture of a movie's tracks: their paths over the mean image, and the families over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.running_mean import RunningMean
from cpretrain.linking.graph import lineages_of
from cpretrain.runtime.letters import for_matplotlib
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SHOWN = 150
"""Most tracks in the panel of families; those of the families with most objects are shown."""
BRIGHT = 99.8
"""Percentile of the mean image that is shown white."""


def draw_tracks(
    path: Path, title: str, table: "pd.DataFrame", mean: RunningMean, size: tuple[int, int]
) -> None:
    """Draw the tracks of a movie.

    Parameters
    ----------
    path : pathlib.Path
        PNG to write.
    title : str
        Name of the movie, and numbers of its tracks on further lines.
    table : pandas.DataFrame
        Its tracks.
    mean : RunningMean
        Mean of its frames.
    size : tuple of int
        Height and width of a frame in pixels.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7), layout="constrained")
    text, families = for_matplotlib(printable(title.replace("\n", "¶")).replace("¶", "\n"))
    figure.suptitle(text, parse_math=False, family=families, fontsize=10)
    over, lineage = figure.subplots(1, 2, width_ratios=(1.1, 1))
    colours = _colours(table)
    _paths(over, table, mean.image, size, colours)
    _families(lineage, table, colours)
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=90)


def _colours(table: "pd.DataFrame") -> NDArray[np.float64]:
    """Return a colour for each track, shape (tracks + 1, 3): neighbouring numbers differ."""
    from matplotlib.colors import hsv_to_rgb

    number = np.arange(int(table["track"].max() if len(table) else 0) + 1)
    hue = number * 0.618034 % 1  # the golden ratio spreads them evenly
    colours: NDArray[np.float64] = hsv_to_rgb(
        np.stack([hue, 0.55 + 0.4 * (number % 2), np.ones(len(number))], 1)
    )
    return colours


def _paths(
    axes: "Axes",
    table: "pd.DataFrame",
    mean: NDArray[np.float64],
    size: tuple[int, int],
    colours: NDArray[np.float64],
) -> None:
    from matplotlib.collections import LineCollection

    seen = mean[mean > 0]  # not the padding of a drift correction
    low, high = np.percentile(seen, (1, BRIGHT)) if seen.size else (0.0, 1.0)
    height, width = size
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    axes.imshow(mean, cmap="gray", vmin=low, vmax=max(high, low + 1e-9), extent=extent)
    points, track = table[["x", "y"]].to_numpy(), table["track"].to_numpy()
    same = np.flatnonzero(track[1:] == track[:-1])
    steps = np.stack([points[same], points[same + 1]], axis=1)
    axes.add_collection(LineCollection([*steps], colors=colours[track[same]], linewidths=1.1))
    last = np.flatnonzero(np.r_[track[1:] != track[:-1], True][: len(track)])
    axes.scatter(
        points[last, 0],
        points[last, 1],
        s=9,
        c=colours[track[last]],
        edgecolors="black",
        linewidths=0.4,
        zorder=3,
    )
    axes.set(
        title="tracks over the mean image; a dot where each ends", xlabel="x / pixels", ylabel="y / pixels"
    )


def _families(axes: "Axes", table: "pd.DataFrame", colours: NDArray[np.float64]) -> None:
    """Draw every track as a line over its frames, and each division as a line from the mother to the daughter."""
    from matplotlib.ticker import MaxNLocator

    ends = table.groupby("track").agg(
        first=("frame", "min"), last=("frame", "max"), parent=("parent", "first")
    )
    shown = ends.loc[_in_largest_families(table)]
    row = {
        number: place
        for place, number in enumerate(
            _in_families(dict(zip(shown.index.tolist(), shown["parent"].tolist(), strict=True)))
        )
    }
    for number, first, last, parent in shown.itertuples():
        colour = colours[number]
        axes.plot([first, last], [row[number]] * 2, "-", color=colour, linewidth=1.6, solid_capstyle="butt")
        if parent in row:
            from_mother = [ends.loc[parent, "last"], first], [row[parent], row[number]]
            axes.plot(*from_mother, "-", color="black", linewidth=0.8)
    gaps = table[(table["frame"].diff() > 1) & (table["track"].diff() == 0) & table["track"].isin(row)]
    axes.plot(gaps["frame"] - 0.5, gaps["track"].map(row), "|", color="black", markersize=4, label="gap")
    more = f"; {len(shown)} of {len(ends)} tracks, of the largest" if len(ends) > len(shown) else ""
    axes.set(title=f"families over time{more}", xlabel="frame", ylabel="track", yticks=[])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(gaps):
        axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)


def _in_largest_families(table: "pd.DataFrame") -> list[int]:
    """Return the tracks of the families with most objects, as many as are shown."""
    family = lineages_of(table)
    tracks = table.assign(family=family, members=np.bincount(family)[family] if len(family) else 0)
    ranked = tracks.sort_values(["members", "family", "track"], ascending=[False, True, True], kind="stable")
    return sorted(ranked["track"].unique()[:SHOWN].tolist())


def _in_families(parents: dict[int, int]) -> Sequence[int]:
    """Return the tracks in an order that keeps families together, each mother between her daughters."""
    daughters: dict[int, list[int]] = {}
    for number, parent in parents.items():
        daughters.setdefault(parent if parent in parents else 0, []).append(number)
    ordered: list[int] = []
    waiting = [*reversed(daughters.get(0, []))]
    opened: set[int] = set()
    while waiting:
        number = waiting.pop()
        born = daughters.get(number, [])
        if number in opened or not born:
            ordered.append(number)
            continue
        opened.add(number)
        half = (len(born) + 1) // 2
        waiting += [*reversed([*born[:half], number, *born[half:]])]
    return ordered
