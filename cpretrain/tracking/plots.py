"""The five plots that people make of tracks: area, speed, paths, number of objects, grey values."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside
from cpretrain.linking.tracks_table import read_tracks
from cpretrain.runtime.letters import for_matplotlib
from cpretrain.runtime.summary import Summary
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.csv_table import write_rows
from cpretrain.storage.paths import PathLike, to_path

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
Rows = list[dict[str, object]]
THIN = 60
"""Most tracks of a movie that are drawn one by one; the longest are."""


@dataclass(frozen=True)
class PlotResult:
    """Plots that were drawn.

    Parameters
    ----------
    pictures : list of pathlib.Path
        One per plot.
    table : pathlib.Path
        The numbers behind the curves.
    """

    pictures: list[Path]
    table: Path

    def summary(self) -> Summary:
        """Return the paths."""
        lines = [f"{path}" for path in self.pictures]
        return Summary([*lines, f"numbers behind the curves: {self.table}"], vars(self))


def plot_tracks(tracks: PathLike, *, out: PathLike | None = None) -> PlotResult:
    """Draw the five plots that people make of tracks, over the movies of a folder, each in its own colour.

    Parameters
    ----------
    tracks : path-like
        A ``NAME.tracks.csv`` of ``cpretrain track``, or a folder of them.
    out : path-like, optional
        Result folder; by default ``plots`` beside the tracks.

    Returns
    -------
    PlotResult
        ``area.png``, ``speed.png``, ``paths.png`` (from a common origin, with a rose of directions), ``objects.png``,
        and ``intensity.png`` if grey values were measured: medians over the tracks, and a band that holds the middle
        half of them; ``plots.csv`` with these numbers. In µm and hours where every movie states them, else in pixels
        and frames.

    Raises
    ------
    BadInput
        When there are no tables of tracks, or no objects in them.
    """
    given = to_path(tracks)
    read = read_tracks(given)
    if not len(read):
        raise BadInput(
            f"{given}: holds no tracks",
            expected="objects in at least one frame",
            cure="look at the label images that were tracked",
        )
    table = _in_units(read)
    folder = to_path(out) or beside(given, "plots")
    drawn, rows = [], list[dict[str, object]]()
    for name, draw in _plots(table).items():
        path = folder / f"{name}.png"
        rows += draw(path, table)
        drawn.append(path)
    write_rows(folder / "plots.csv", rows)
    return PlotResult(drawn, folder / "plots.csv")


def _in_units(table: "pd.DataFrame") -> "pd.DataFrame":
    """Add the columns that are plotted, in the best units that all movies have, and the units themselves."""
    timed, scaled = table["time_s"].notna().all(), table["x_um"].notna().all()
    pixel = _area_of_pixel(table) if scaled else 1.0
    table = table.assign(
        time=table["time_s"] / 3600 if timed else table["frame"],
        size=table["area"] * pixel if scaled and not table["z"].any() else table["area"],
        place_y=table["y_um"] if scaled else table["y"],
        place_x=table["x_um"] if scaled else table["x"],
        pace=table["speed_um_s"] * 3600 if timed and scaled else table["speed"],
    )
    table.attrs["units"] = {
        "time": "time / h" if timed else "frame",
        "size": "area / µm²" if scaled and not table["z"].any() else "size / pixels",
        "place": "µm" if scaled else "pixels",
        "pace": "speed / µm per hour" if timed and scaled else "speed / pixels per frame",
    }
    return table


def _area_of_pixel(table: "pd.DataFrame") -> "pd.Series":
    """Return the area of a pixel in µm² for each row: movies may differ, and so may height and width."""
    files = table["file"]
    height, width = ((table[f"{axis}_um"] / table[axis]).groupby(files).transform("median") for axis in "yx")
    return height.fillna(width) * width.fillna(height)  # NaN where every object is at 0


def _plots(table: "pd.DataFrame") -> "dict[str, Callable[[Path, pd.DataFrame], Rows]]":
    plots: dict[str, Callable[[Path, pd.DataFrame], Rows]] = {
        "area": _area,
        "speed": _speed,
        "paths": _all_paths,
        "objects": _objects,
    }
    return plots | ({"intensity": _intensity} if "mean_c1" in table else {})


def _area(path: Path, table: "pd.DataFrame") -> Rows:
    with _figure(path, 1) as (axes,):
        return _over_time(axes, table, "size", table.attrs["units"]["size"])


def _speed(path: Path, table: "pd.DataFrame") -> Rows:
    unit = table.attrs["units"]["pace"]
    with _figure(path, 2) as (axes, spread):
        rows = _over_time(axes, table, "pace", unit)
        means = [part.groupby("track")["pace"].mean().dropna() for _, part in table.groupby("file")]
        spread.boxplot(
            means, tick_labels=["" for _ in means], showfliers=False, medianprops={"color": "black"}
        )
        for place, values in enumerate(means, 1):
            jitter = place + 0.16 * np.sin(np.arange(len(values)) * 2.4)
            spread.plot(jitter, values, ".", color=_colour(place - 1), markersize=3)
        spread.set(title="mean of each track", ylabel=unit)
        return rows


def _all_paths(path: Path, table: "pd.DataFrame") -> Rows:
    unit, rows = table.attrs["units"]["place"], list[dict[str, object]]()
    with _figure(path, 2, polar_last=True) as (axes, rose):
        for index, (name, part) in enumerate(table.groupby("file")):
            start = part.groupby("track")[["place_x", "place_y"]].transform("first")
            moved = part[["place_x", "place_y"]] - start
            for track in _longest(part):
                own = moved[part["track"] == track]
                axes.plot(own["place_x"], own["place_y"], color=_colour(index), linewidth=0.6, alpha=0.7)
            far = np.hypot(*moved.groupby(part["track"]).last().to_numpy().T)
            rows.append({"plot": "paths", "file": name, "median": float(np.median(far)), "tracks": len(far)})
        axes.set(
            xlabel=f"x / {unit}", ylabel=f"y / {unit}", aspect="equal", title="paths from a common origin"
        )
        axes.invert_yaxis()
        _rose(rose, table)
    return rows


def _rose(axes: "Axes", table: "pd.DataFrame") -> None:
    edges = np.radians(np.arange(-180, 181, 20))
    for index, (_, part) in enumerate(table.groupby("file")):
        directions = np.radians(part.loc[part["speed"] > 0, "direction_deg"].dropna())
        share = np.histogram(directions, edges)[0] / max(len(directions), 1)
        width = np.diff(edges)
        axes.bar(edges[:-1] + width / 2, share, width, color=_colour(index), alpha=0.5, edgecolor="white")
    axes.set_title("directions of all steps (share)")


def _objects(path: Path, table: "pd.DataFrame") -> Rows:
    rows = list[dict[str, object]]()
    with _figure(path, 1) as (axes,):
        for index, (name, part) in enumerate(table.groupby("file")):
            count = part.groupby("frame").size().reindex(range(int(part["frame"].max()) + 1), fill_value=0)
            step = (part["time"] / part["frame"]).median()  # NaN for a movie of one frame
            axes.plot(
                count.index * (1.0 if np.isnan(step) else step),
                count,
                color=_colour(index),
                label=_shown(name),
            )
            rows += [
                {"plot": "objects", "file": name, "frame": frame, "median": number}
                for frame, number in count.items()
            ]
        axes.set(xlabel=table.attrs["units"]["time"], ylabel="objects", ylim=(0, None))
        _legend(axes, table)
    return rows


def _intensity(path: Path, table: "pd.DataFrame") -> Rows:
    channels = [name for name in map(str, table) if name.startswith("mean_c")]
    rows = list[dict[str, object]]()
    with _figure(path, len(channels)) as panels:
        for axes, channel in zip(panels, channels, strict=True):
            rows += _over_time(
                axes, table, channel, f"mean grey value, channel {channel.removeprefix('mean_c')}"
            )
    return rows


def _over_time(axes: "Axes", table: "pd.DataFrame", column: str, label: str) -> Rows:
    """Draw the median of a column over the tracks in each frame, the middle half of them, and single tracks."""
    rows = list[dict[str, object]]()
    for index, (name, part) in enumerate(table.groupby("file")):
        colour = _colour(index)
        for track in _longest(part):
            own = part[part["track"] == track]
            axes.plot(own["time"], own[column], color=colour, linewidth=0.4, alpha=0.25)
        grouped = part.dropna(subset=[column]).groupby("frame")
        half = grouped[column].median()
        time, low, high = (
            grouped["time"].first(),
            grouped[column].quantile(0.25),
            grouped[column].quantile(0.75),
        )
        axes.fill_between(time, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(time, half, color=colour, linewidth=2, label=_shown(name))
        rows += [
            {
                "plot": column,
                "file": name,
                "frame": t,
                "quarter": low[t],
                "median": half[t],
                "three_quarters": high[t],
            }
            for t in half.index
        ]
    if table[column].notna().any():
        bottom, top = np.nanpercentile(table[column], (0.5, 99.5))
        room = 0.05 * (top - bottom) or 1.0
        axes.set_ylim(bottom - room, top + room)
    axes.set(xlabel=table.attrs["units"]["time"], ylabel=label)
    axes.set_title("median of the tracks, and the middle half of them")
    _legend(axes, table)
    return rows


@contextmanager
def _figure(path: Path, panels: int, polar_last: bool = False) -> "Iterator[list[Axes]]":
    """Yield panels side by side, and save them as a PNG at the end of the block."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1 + 5.5 * panels, 4.5), layout="constrained")
    polar = [polar_last and place == panels - 1 for place in range(panels)]
    yield [
        figure.add_subplot(1, panels, place + 1, projection="polar" if is_polar else None)
        for place, is_polar in enumerate(polar)
    ]
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=100)


def _legend(axes: "Axes", table: "pd.DataFrame") -> None:
    if 1 < table["file"].nunique() <= len(COLOURS):
        axes.legend(fontsize=8)


def _longest(part: "pd.DataFrame") -> list[int]:
    return part.groupby("track").size().nlargest(THIN).index.tolist()


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _shown(name: object) -> str:
    return for_matplotlib(printable(str(name)).replace("$", r"\$"))[0]
