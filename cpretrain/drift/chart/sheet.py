"""A sheet to draw on: shapes with smooth edges, texts and grey images."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import hypot

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cpretrain.drift.chart.lettering import lettered

FINE = 4
"""Shapes are drawn this many times larger, and reduced for smooth edges."""
LINE, DASH, GAP = 1.4, 5.0, 3.0
"""Width of a line, and lengths of dashes and gaps, in pixels."""
VEIL = 0.8
"""Opacity of the background of a legend."""
Corners = tuple[float, float, float, float]
"""Left, top, right and bottom."""
Points = Sequence[tuple[float, float]]


class Sheet:
    """A white sheet; positions are in pixels from its upper left corner.

    Parameters
    ----------
    width, height : int
        Size in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._shapes = Image.new("RGB", (width * FINE, height * FINE), "white")
        self._draw = ImageDraw.Draw(self._shapes)
        self._above: list[Callable[[Image.Image], None]] = []

    def line(self, points: Points, colour: str, width: float = LINE, dashed: bool = False) -> None:
        """Draw a line through points."""
        if dashed:
            for part in _dashes(points):
                self.line(part, colour, width)
        elif len(points) > 1:
            self._draw.line(_fine(points), fill=colour, width=round(width * FINE), joint="curve")

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        """Draw a filled circle."""
        (left, top), (right, bottom) = _fine([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse((left, top, right, bottom), fill=colour)

    def polygon(self, points: Points, colour: str) -> None:
        """Draw a filled polygon."""
        self._draw.polygon(_fine(points), fill=colour)

    def box(self, corners: Corners, outline: str) -> None:
        """Draw the outline of a rectangle."""
        left, top, right, bottom = (round(each) * FINE for each in corners)
        self._draw.rectangle((left, top, right + FINE - 1, bottom + FINE - 1), None, outline, FINE)

    def veil(self, corners: Corners) -> None:
        """Fade what lies in a rectangle."""
        left, top, right, bottom = (round(each) * FINE for each in corners)
        part = self._shapes.crop((left, top, right, bottom))
        self._shapes.paste(Image.blend(part, Image.new("RGB", part.size, "white"), VEIL), (left, top))

    def text(
        self,
        place: tuple[float, float],
        text: str,
        size: float,
        anchor: str = "ms",
        colour: str = "black",
        upwards: bool = False,
    ) -> None:
        """Write lines of text above all shapes.

        Parameters
        ----------
        place : tuple of float
            x and y of the anchor.
        text : str
            The text.
        size : float
            Height of the font in pixels.
        anchor : str
            Pillow's anchor of each line: left, middle or right, and of the first line ascender, middle or baseline.
        colour : str
            Colour of the letters.
        upwards : bool
            Turn the text by 90°, centred at `place`.
        """
        self._above.append(lambda sheet: lettered(sheet, place, text, size, anchor, colour, upwards))

    def image(self, pixels: NDArray[np.uint8], place: tuple[int, int], size: tuple[int, int]) -> None:
        """Show grey values, shape (Y, X), at `place` (left, top), with `size` (width, height)."""
        shown = Image.fromarray(pixels)
        way = Image.Resampling.NEAREST if size[0] > shown.width else Image.Resampling.LANCZOS
        self._above.append(lambda sheet: sheet.paste(shown.resize(size, way), place))

    def drawn(self) -> Image.Image:
        """Return the sheet as an image."""
        sheet = self._shapes.reduce(FINE)
        for put in self._above:
            put(sheet)
        return sheet


def _fine(points: Points) -> list[tuple[float, float]]:
    """Return positions of pixel centres on the larger sheet."""
    return [((x + 0.5) * FINE, (y + 0.5) * FINE) for x, y in points]


def _dashes(points: Points) -> list[Points]:
    """Cut a line into dashes."""
    parts: list[Points] = []
    gone = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        at = -(gone % (DASH + GAP))
        while at < length:
            ends = max(at, 0.0) / max(length, 1e-9), min(at + DASH, length) / max(length, 1e-9)
            if ends[1] > ends[0]:
                parts.append([(x0 + (x1 - x0) * end, y0 + (y1 - y0) * end) for end in ends])
            at += DASH + GAP
        gone += length
    return parts
