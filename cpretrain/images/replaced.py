"""Say when a result takes the place of that of another movie of the same name."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import source_name
from cpretrain.runtime.console import warning
from cpretrain.storage.json_file import read_json


def placed_name(movie: Path) -> str:
    """Name of a movie with that of its folder, as a record keeps it."""
    name = source_name(movie)
    above = movie.resolve().parents[name.count("/")]
    return f"{above.name}/{name}"


def warn_of_replaced(record: Path, movie: Path) -> None:
    """Say that an earlier result is replaced which is, by its record, of another movie.

    Parameters
    ----------
    record : pathlib.Path
        Record of the result that is about to be written; it need not be there.
    movie : pathlib.Path
        What the new one is of.
    """
    try:
        earlier = read_json(record).get("movie") if record.is_file() else None
    except (BadInput, ValueError, AttributeError, OSError):
        return
    if earlier and earlier != placed_name(movie):
        warning(
            f"{record.parent.name}/{record.stem}: the result of {earlier} is replaced by that of {placed_name(movie)}"
        )
