"""Find the file of several positions that a movie comes from, also after drift correction."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.micromanager_folder import is_image_folder
from cpretrain.images.positions import file_in_name, file_of, position
from cpretrain.storage.json_file import read_json


def file_behind(movie: Path) -> str:
    """Return the name of the file of several positions that a movie comes from; empty for other movies.

    Parameters
    ----------
    movie : pathlib.Path
        Position such as ``exp.nd2#3``, or a movie with the record of its drift correction beside it.
    """
    if position(movie):
        return file_of(movie).name
    if is_image_folder(movie):
        return movie.resolve().parent.name
    record = movie.with_suffix(".json")
    if not (movie.exists() and record.is_file()):
        return ""
    try:
        raw = str(read_json(record)["movie"]).rpartition("/")[2]
    except (BadInput, OSError, ValueError, KeyError, TypeError, RecursionError):  # a record of another tool
        return ""
    return file_in_name(raw) if file_in_name(raw) != raw else ""
