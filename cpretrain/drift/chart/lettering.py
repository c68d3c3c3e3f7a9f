"""Text in every script, each letter in the first font that has it."""

from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from cpretrain.runtime.letters import Font, drawable

LINE_HEIGHT = 1.3
"""Distance of lines, in heights of the font."""


def lettered(
    sheet: Image.Image,
    place: tuple[float, float],
    text: str,
    size: float,
    anchor: str,
    colour: str,
    upwards: bool,
) -> None:
    """Write lines of text; see `Sheet.text`."""
    shown, fonts = drawable(text)
    if upwards:
        width = round(width_of(text, size)) + 4
        line = Image.new("L", (width, round(2 * size)), 0)
        _write(ImageDraw.Draw(line), (width / 2, size), shown, fonts, size, "mm", 255)
        line = line.rotate(90, expand=True)
        corner = round(place[0] - line.width / 2), round(place[1] - line.height / 2)
        sheet.paste(Image.new("RGB", line.size, colour), corner, line)
        return
    draw = ImageDraw.Draw(sheet)
    for i, line_of_text in enumerate(shown.splitlines()):
        at = place[0], place[1] + i * LINE_HEIGHT * size
        _write(draw, at, line_of_text, fonts, size, anchor, colour)


def width_of(text: str, size: float) -> float:
    """Return the width of a line of text in pixels."""
    shown, fonts = drawable(text)
    return sum(_opened(font.file, size).getlength(part) for font, part in _parts(shown, fonts))


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    fonts: list[Font],
    size: float,
    anchor: str,
    colour: str | int,
) -> None:
    """Write one line, part by part."""
    parts = [(_opened(font.file, size), part) for font, part in _parts(text, fonts)]
    whole = sum(font.getlength(part) for font, part in parts)
    x = place[0] - {"l": 0, "m": whole / 2, "r": whole}[anchor[0]]
    for font, part in parts:
        draw.text((x, place[1]), part, fill=colour, font=font, anchor="l" + anchor[1])
        x += font.getlength(part)


def _parts(text: str, fonts: list[Font]) -> list[tuple[Font, str]]:
    """Split a text where the font changes."""

    def chosen(letter: str) -> int:
        return next((i for i, font in enumerate(fonts) if font.has(letter)), 0)

    return [(fonts[i], "".join(letters)) for i, letters in groupby(text, chosen)]


@lru_cache(maxsize=32)
def _opened(file: Path, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)
