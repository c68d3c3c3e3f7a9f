"""Self-contained SVG line charts that follow the page's colours and have selectable text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 44
SHAPES = {
    "square": "M-4 -4h8v8h-8z",
    "circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "triangle": "M0 -5.5l5 9.5h-10z",
}


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Parameters
    ----------
    name : str
        Name in the legend.
    style : str
        Its class in the page's style sheet: ``base``, ``retrained``, ``human``.
    marker : {'square', 'circle', 'triangle', ''}
        Shape of its points, which distinguishes lines without colour.
    x, y : sequence of float
        Its points.
    low, high : sequence of float
        Ends of an interval around each point; may be empty.
    """

    name: str
    style: str
    marker: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True)
class Chart:
    """A chart in SVG units, ready for the template.

    Parameters
    ----------
    title, x_label, y_label : str
        Title and axis labels.
    lines : tuple of Line
        Lines, for the legend.
    paths : tuple of (str, str, tuple of (float, float))
        For each line, the ``d`` of its line and of its interval, and its points.
    x_ticks, y_ticks : tuple of (float, str)
        Position and text of each tick.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    paths: tuple[tuple[str, str, tuple[tuple[float, float], ...]], ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def line_chart(
    title: str,
    x_label: str,
    y_label: str,
    lines: Sequence[Line],
    y_limits: tuple[float, float] | None = None,
) -> Chart:
    """Lay a chart out.

    Parameters
    ----------
    title, x_label, y_label : str
        Title and axis labels.
    lines : sequence of Line
        At least one line, with at least one point each.
    y_limits : tuple of float, optional
        Lowest and highest y; by default from 0 to the highest value of the lines.
    """
    xs = np.concatenate([line.x for line in lines]).astype(float)
    ys = np.concatenate([[*line.y, *line.high] for line in lines]).astype(float)
    x_ticks = _ticks(xs.min(), xs.max())
    y_ticks = _ticks(*(y_limits or (min(0.0, float(np.nanmin(ys))), float(np.nanmax(ys)))))
    place_x = _scale(x_ticks[0], x_ticks[-1], LEFT, WIDTH - RIGHT)
    place_y = _scale(y_ticks[0], y_ticks[-1], HEIGHT - BOTTOM, TOP)
    paths = []
    for line in lines:
        points = tuple((place_x(x), place_y(y)) for x, y in zip(line.x, line.y, strict=True))
        upper = [(place_x(x), place_y(y)) for x, y in zip(line.x, line.high, strict=False)]
        lower = [(place_x(x), place_y(y)) for x, y in zip(line.x, line.low, strict=False)]
        paths.append((_path(points), _path([*upper, *lower[::-1]]) + "z" if upper else "", points))
    return Chart(
        title,
        x_label,
        y_label,
        tuple(lines),
        tuple(paths),
        tuple((place_x(tick), f"{tick:g}") for tick in x_ticks),
        tuple((place_y(tick), f"{tick:g}") for tick in y_ticks),
    )


def moved(marker: str, x: float, y: float) -> str:
    """Return a marker at a position, as part of an SVG path."""
    return f"M{x:g} {y:g}" + SHAPES[marker].replace("M", "m", 1)


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers that span `low` to `high`."""
    ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, max(high, low + 1e-6))
    return [round(float(tick), 10) for tick in ticks]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
