"""Names of the positions in a file (series, scenes): ``exp.nd2#3`` is the third, and its results are called ``exp_p3``.

A position is a movie in its own right. It is named like a file, so that lists, tables and records treat it like any
other movie.
"""

import re
from collections.abc import Callable
from pathlib import Path

from cpretrain.errors import BadInput

Choose = Callable[[int], int]
"""Function from the number of positions in a file to the chosen one, from 0; see `chosen_index`."""
_SIGN = "#"
_NAMED = re.compile(rf"(?P<file>.+){_SIGN}(?P<position>[1-9][0-9]{{0,5}})")


def position(movie: Path) -> int | None:
    """Return the position that a movie's path names, from 1; None if it names none, or is itself a file."""
    return _split(movie)[1]


def file_of(movie: Path) -> Path:
    """Return the file or folder that a movie lies in: its path without the position."""
    return _split(movie)[0]


def at_position(file: Path, number: int) -> Path:
    """Name a position of a file, from 1."""
    return file.with_name(f"{file.name}{_SIGN}{number}")


def positions_of(file: Path, count: int) -> list[Path]:
    """Name all positions of a file with `count` of them; a file with one keeps its own name."""
    return [file] if count < 2 else [at_position(file, number) for number in range(1, count + 1)]


def result_stem(stem: str, number: int | None) -> str:
    """Return the name for results of a position, for example ``exp_p3``; just `stem` if no position is named."""
    return stem if number is None else f"{stem}_p{number}"


def file_in_name(source: str) -> str:
    """Return the file's part of a movie's name in tables and records: the name without the position."""
    named = _NAMED.fullmatch(source)
    return named["file"] if named else source


def stem_in_name(source: str) -> str:
    """Return the stem of results of a movie with that name, for example ``exp_p3`` for ``exp.nd2#3``."""
    named = _NAMED.fullmatch(source)
    return result_stem(Path(named["file"]).stem, int(named["position"])) if named else Path(source).stem


def chosen_index(movie: Path, count: int) -> int:
    """Return the index, from 0, of the position that a path names among `count`; the first if it names none.

    Raises
    ------
    BadInput
        When the file has fewer.
    """
    number = position(movie) or 1
    if number > count:
        raise BadInput(
            f"{movie}: there is no position {number}",
            found=f"{count} position{'s' * (count != 1)}",
            cure=f"choose one from {_SIGN}1 to {_SIGN}{count}" if count > 1 else f"leave out {_SIGN}{number}",
        )
    return number - 1


def _split(movie: Path) -> tuple[Path, int | None]:
    named = _NAMED.fullmatch(movie.name)
    if named is None or movie.exists():
        return movie, None
    return movie.with_name(named["file"]), int(named["position"])
