"""Fonts that cover the letters of a text, for pictures that show file names."""

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from unicodedata import bidirectional, category, normalize

PLACEHOLDERS = "Last Resort"
"""A font that draws a placeholder box for every letter."""
DEFAULT = "mpl-data/fonts/ttf/DejaVuSans.ttf"
"""The default font, in matplotlib's folder."""
PLAIN = ((0x20, 0x24F), (0x384, 0x525), (0x2010, 0x2027), (0x2190, 0x22FF))
"""Ranges of letters that the default font has: Latin, Greek, Cyrillic, punctuation, arrows and mathematical signs."""


class Font(NamedTuple):
    """A font file, and the letters that it has; None means all that the text needs."""

    file: Path
    letters: frozenset[int] | None = None

    def has(self, letter: str) -> bool:
        """Return whether the font has a letter."""
        return self.letters is None or ord(letter) in self.letters


def families_for(text: str) -> list[str] | None:
    """Return font families that together have all letters of a text; None where no font on this machine has them.

    Letters of scripts that run from right to left count as missing where matplotlib does not shape and order them.
    """
    from matplotlib import __version_info__ as version
    from matplotlib.font_manager import FontProperties

    default = FontProperties().get_family()
    if (version.major, version.minor) < (3, 11) and any(map(_from_right, text)):
        return None
    missing = _missing(text)
    if not missing:
        return list(default)
    other = _family_with(missing)
    return None if other is None else [*default, other]


def drawable(text: str) -> tuple[str, list[Font]]:
    """Return a drawable version of a text, and fonts for Pillow; letters that no font has become "…".

    Only letters beyond `PLAIN` need matplotlib, which takes a second to import.
    """
    text = normalize("NFC", text)
    default = _default()
    if all(letter == "\n" or any(a <= ord(letter) <= b for a, b in PLAIN) for letter in text):
        return text, [Font(default)]
    missing = _missing(text)
    ordered = _orders() or not any(map(_from_right, text))
    other = _file_with(missing) if missing and ordered else None
    known = _letters_in(str(default))
    if ordered and (other or not missing):
        return text, [Font(default, known), *([Font(other)] if other else [])]
    left_out = {x for x in text if ord(x) not in known or _from_right(x)} - {*" \n"}
    return re.sub(f"[{re.escape(''.join(left_out))}]+", "…", text), [Font(default)]


def _default() -> Path:
    """Return the file of the default font, without importing matplotlib where it lies in its usual place."""
    spec = find_spec("matplotlib")
    file = Path(spec.origin).parent / DEFAULT if spec and spec.origin else Path(DEFAULT)
    if file.is_file():
        return file
    from matplotlib.font_manager import FontProperties, findfont

    return Path(findfont(FontProperties(family="DejaVu Sans")))


def _missing(text: str) -> frozenset[int]:
    """Return the letters that the default font does not have."""
    return frozenset(ord(x) for x in text if category(x)[0] not in "ZC") - _letters_in(str(_default()))


def _from_right(letter: str) -> bool:
    """Return whether a letter belongs to a script that runs from right to left."""
    return bidirectional(letter) in ("R", "AL")


def _orders() -> bool:
    """Return whether Pillow orders and joins letters as their script requires."""
    from PIL import features

    return bool(features.check("raqm") and features.check("fribidi"))


def _family_with(letters: frozenset[int]) -> str | None:
    """Return a family that has all these letters."""
    found = _font_with(letters)
    return None if found is None else found[0]


def _file_with(letters: frozenset[int]) -> Path | None:
    """Return a font file that has all these letters."""
    found = _font_with(letters)
    return None if found is None else Path(found[1])


@lru_cache(maxsize=32)
def _font_with(letters: frozenset[int]) -> tuple[str, str] | None:
    """Return family and file of a font that has all these letters, upright and neither light nor bold."""
    from matplotlib.font_manager import fontManager

    for entry in fontManager.ttflist:
        plain = entry.style == "normal" and entry.weight in (400, "normal", "regular")
        if plain and not entry.name.startswith(PLACEHOLDERS) and letters <= _letters_in(entry.fname):
            return str(entry.name), str(entry.fname)
    return None


@lru_cache(maxsize=2048)
def _letters_in(file: str) -> frozenset[int]:
    """Return the letters of a font file; none if it is damaged, or has gone since the fonts were listed."""
    from matplotlib.font_manager import get_font

    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
