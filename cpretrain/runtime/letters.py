"""Fonts that cover the letters of a text, for pictures that show file names."""

import re
from functools import lru_cache
from unicodedata import bidirectional, category

PLACEHOLDERS = "Last Resort"
"""A font that draws a placeholder box for every letter."""


def families_for(text: str) -> list[str] | None:
    """Return font families that together have all letters of a text; None where no font on this machine has them.

    Letters of scripts that run from right to left count as missing where matplotlib does not shape and order them.
    """
    from matplotlib.font_manager import FontProperties

    default = FontProperties().get_family()
    letters = {letter for letter in text if category(letter)[0] not in "ZC"}
    if not _shapes() and any(bidirectional(letter) in ("R", "AL") for letter in letters):
        return None
    missing = frozenset(map(ord, letters)) - _letters_of(tuple(default))
    if not missing:
        return list(default)
    other = _family_with(missing)
    return None if other is None else [*default, other]


def drawable(text: str) -> tuple[str, list[str]]:
    """Return a drawable version of a text, and font families for it; letters that no font has become "…"."""
    from matplotlib.font_manager import FontProperties

    families = families_for(text)
    if families is not None:
        return text, families
    default = FontProperties().get_family()
    known = _letters_of(tuple(default))
    left_out = {x for x in text if ord(x) not in known or bidirectional(x) in ("R", "AL")} - {*" \n"}
    return re.sub(f"[{re.escape(''.join(left_out))}]+", "…", text), list(default)


def _shapes() -> bool:
    """Return whether matplotlib orders and joins letters as their script requires, which it does since 3.11."""
    from matplotlib import __version_info__ as version

    return (version.major, version.minor) >= (3, 11)


@lru_cache(maxsize=32)
def _family_with(letters: frozenset[int]) -> str | None:
    """Return a family that has all these letters, upright and neither light nor bold."""
    from matplotlib.font_manager import fontManager

    for entry in fontManager.ttflist:
        plain = entry.style == "normal" and entry.weight in (400, "normal", "regular")
        if plain and not entry.name.startswith(PLACEHOLDERS) and letters <= _letters_in(entry.fname):
            return str(entry.name)
    return None


def _letters_of(family: tuple[str, ...]) -> frozenset[int]:
    """Return the letters of the font that matplotlib chooses for a family."""
    from matplotlib.font_manager import FontProperties, findfont

    return _letters_in(findfont(FontProperties(family=list(family))))


@lru_cache(maxsize=2048)
def _letters_in(file: str) -> frozenset[int]:
    """Return the letters of a font file; none if it is damaged, or has gone since the fonts were listed."""
    from matplotlib.font_manager import get_font

    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
