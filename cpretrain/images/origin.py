"""Which file a movie comes from, where that file holds several positions; also after its drift was corrected."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.positions import file_in_name, file_of, position
from cpretrain.storage.json_file import read_json


def file_behind(movie: Path) -> str:
    """Return the name of the file whose position a movie is, or was when it was raw; empty for a file of one position.

    Parameters
    ----------
    movie : pathlib.Path
        A position such as ``exp.nd2#3``, or a movie with the record of its drift correction beside it.
    """
    if position(movie):
        return file_of(movie).name
    record = movie.with_suffix(".json")
    if not (movie.exists() and record.is_file()):
        return ""
    try:
        raw = str(read_json(record)["movie"]).rpartition("/")[2]
    except (BadInput, OSError, ValueError, KeyError, TypeError, RecursionError):  # of another tool
        return ""
    return file_in_name(raw) if file_in_name(raw) != raw else ""
