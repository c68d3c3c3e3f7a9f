"""Warn when a result replaces that of another movie with the same name."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import source_name
from cpretrain.runtime.console import warning
from cpretrain.storage.json_file import read_json


def placed_name(movie: Path) -> str:
    """Return a movie's name with that of its folder, as stored in records."""
    name = source_name(movie)
    above = movie.resolve().parents[name.count("/")]
    return f"{above.name}/{name}"


def warn_of_replaced(record: Path, movie: Path) -> None:
    """Warn if an earlier result, which belongs to another movie according to its record, is replaced.

    Parameters
    ----------
    record : pathlib.Path
        Record of the result that is about to be written; it need not exist.
    movie : pathlib.Path
        Movie of the new result.
    """
    try:
        earlier = read_json(record).get("movie") if record.is_file() else None
    except (BadInput, ValueError, AttributeError, OSError):
        return
    if earlier and earlier != placed_name(movie):
        warning(
            f"{record.parent.name}/{record.stem}: the result of {earlier} is replaced by that of {placed_name(movie)}"
        )
