"""A panel of a picture: two axes with ticks, lines, markers and a legend."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cpretrain.drift.chart.lettering import width_of
from cpretrain.drift.chart.sheet import Sheet
from cpretrain.drift.chart.ticks import ticks

TITLE, LABEL, LEGEND = 13.0, 11.0, 9.0
"""Heights of the fonts in pixels."""
MARGIN = 0.05
"""Space beside the outermost values, as a share of the axis."""
TICK, APART = 3.5, 22
"""Length of a tick, and minimum distance of the ticks of the vertical axis, in pixels."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


@dataclass
class Axis:
    """Range of an axis.

    Parameters
    ----------
    low, high : float
        Values at left and right, or at bottom and top (`low` may be the higher one).
    label : str
        Its label.
    whole : bool
        Ticks at whole numbers only.
    """

    low: float
    high: float
    label: str = ""
    whole: bool = False

    @classmethod
    def around(cls, values: ArrayLike, label: str, whole: bool = False) -> "Axis":
        """Return an axis with all values and some space beside them."""
        array = np.asarray(values, dtype=np.float64)
        low, high = float(array.min()), float(array.max())
        if high <= low:
            low, high = low - 0.5, high + 0.5
        space = MARGIN * (high - low)
        return cls(low - space, high + space, label, whole)


@dataclass
class Panel:
    """Two axes on a sheet.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    box : tuple of int
        Its place on it.
    x, y : Axis
        Horizontal and vertical axis.
    """

    sheet: Sheet
    box: Box
    x: Axis
    y: Axis
    _shown: list[NDArray[np.float64]] = field(default_factory=list)
    _legend: list[tuple[str, str, str]] = field(default_factory=list)

    def frame(self, title: str) -> None:
        """Draw title, frame, ticks and labels."""
        left, top, right, bottom = self.box
        middle = (left + right) / 2
        lines = title.count("\n")
        self.sheet.text((middle, top - 7 - 1.3 * TITLE * lines), title, TITLE)
        self.sheet.box(self.box, "black")
        widest = max((right - left) // 36, 2)
        for value, text in ticks(*_ordered(self.x), widest, self.x.whole):
            ((at, _),) = self.places([value], [self.y.low])
            self.sheet.line([(at, bottom), (at, bottom + TICK)], "black", 1)
            self.sheet.text((at, bottom + 16), text, LABEL)
        self.sheet.text((middle, bottom + 33), self.x.label, LABEL)
        room = self._upright(self.y, left, "black", "r")
        self.sheet.text(
            (left - room - 16, (top + bottom) / 2), self.y.label, LABEL, colour="black", upwards=True
        )

    def on_the_right(self, axis: Axis, colour: str) -> "Panel":
        """Draw the ticks of another vertical axis, and return a panel with it."""
        other = Panel(self.sheet, self.box, self.x, axis, self._shown, self._legend)
        other._upright(axis, self.box[2], colour, "l")
        return other

    def line(
        self, x: ArrayLike, y: ArrayLike, colour: str, label: str = "", marker: str = "", dashed: bool = False
    ) -> None:
        """Draw a line through points, and markers on them."""
        self.sheet.line(self._seen(x, y), colour, dashed=dashed)
        if marker:
            self.marks(x, y, marker, colour)
        if label:
            self._legend.append((label, "dashed" if dashed else "line" + marker, colour))

    def marks(self, x: ArrayLike, y: ArrayLike, marker: str, colour: str, label: str = "") -> None:
        """Draw markers; see `draw_marker`."""
        for at in self._seen(x, y):
            draw_marker(self.sheet, at, marker, colour)
        if label:
            self._legend.append((label, marker, colour))

    def places(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        """Return the positions of points on the sheet."""
        left, top, right, bottom = self.box
        across = left + (np.asarray(x, float) - self.x.low) / (self.x.high - self.x.low) * (right - left)
        down = bottom - (np.asarray(y, float) - self.y.low) / (self.y.high - self.y.low) * (bottom - top)
        return list(zip(across.tolist(), down.tolist(), strict=True))

    def legend(self) -> None:
        """Draw the legend in the corner where it hides least."""
        height, width = (
            13 * len(self._legend) + 6,
            40 + max(width_of(each[0], LEGEND) for each in self._legend),
        )
        left, top = self._free_corner(width, height)
        corners = left, top, left + width, top + height
        self.sheet.veil(corners)
        self.sheet.box(corners, "#CCCCCC")
        for i, (label, marker, colour) in enumerate(self._legend):
            y = top + 3 + 13 * i + 6.5
            if marker.startswith(("line", "dashed")):
                self.sheet.line([(left + 5, y), (left + 25, y)], colour, dashed=marker == "dashed")
            draw_marker(self.sheet, (left + 15, y), marker.removeprefix("line"), colour)
            self.sheet.text((left + 32, y), label, LEGEND, "lm")

    def _seen(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        """Return positions on the sheet, and remember them for the legend."""
        places = self.places(x, y)
        ends = np.array(places, float).reshape(-1, 2)
        self._shown += [ends[:-1] + (ends[1:] - ends[:-1]) * share for share in (0, 0.25, 0.5, 0.75)] + [ends]
        return places

    def _upright(self, axis: Axis, at: int, colour: str, side: str) -> float:
        """Draw the ticks of a vertical axis beside `at`, and return the width of their texts."""
        _, top, _, bottom = self.box
        out = -1 if side == "r" else 1
        marked = ticks(*_ordered(axis), max((bottom - top) // APART, 2), axis.whole)
        for value, text in marked:
            y = bottom - (value - axis.low) / (axis.high - axis.low) * (bottom - top)
            self.sheet.line([(at, y), (at + out * TICK, y)], colour, 1)
            self.sheet.text((at + out * (TICK + 4), y), text, LABEL, side + "m", colour)
        return max((width_of(text, LABEL) for _, text in marked), default=0.0)

    def _free_corner(self, width: float, height: float) -> tuple[float, float]:
        """Return left and top of a box that covers the fewest points."""
        left, top, right, bottom = self.box
        points = np.concatenate(self._shown) if self._shown else np.zeros((0, 2))
        corners = [
            (x, y)
            for y in (top + 5, bottom - 5 - height, (top + bottom - height) / 2)
            for x in (right - 5 - width, left + 5)
        ]
        reach = np.array((width + 3, height + 3))

        def hidden(corner: tuple[float, float]) -> int:
            inside = (points > np.array(corner) - 3) & (points < np.array(corner) + reach)
            return int(inside.all(axis=1).sum())

        return min(corners, key=hidden)


def draw_marker(sheet: Sheet, place: tuple[float, float], marker: str, colour: str) -> None:
    """Draw a marker: "." point, "o" circle, "s" square, "v" and "^" triangles, "x" cross."""
    x, y = place
    if marker in (".", "o"):
        sheet.circle(x, y, 2.4 if marker == "." else 4, colour)
    elif marker == "s":
        sheet.polygon(
            [(x + a, y + b) for a, b in ((-2.5, -2.5), (2.5, -2.5), (2.5, 2.5), (-2.5, 2.5))], colour
        )
    elif marker in ("v", "^"):
        way = 1 if marker == "v" else -1
        sheet.polygon([(x - 3, y - 2.5 * way), (x + 3, y - 2.5 * way), (x, y + 3 * way)], colour)
    elif marker == "x":
        sheet.line([(x - 3, y - 3), (x + 3, y + 3)], colour)
        sheet.line([(x - 3, y + 3), (x + 3, y - 3)], colour)


def _ordered(axis: Axis) -> tuple[float, float]:
    return min(axis.low, axis.high), max(axis.low, axis.high)
