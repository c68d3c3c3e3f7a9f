"""Find the file of several positions that a movie comes from, also after drift correction."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.micromanager_folder import is_image_folder
from cpretrain.images.ome_zarr_positions import STORE_SUFFIX, holder_in_name
from cpretrain.images.positions import file_in_name, file_of, position
from cpretrain.storage.json_file import read_json


def file_behind(movie: Path) -> str:
    """Return the name of the file of several positions, or of the well, that a movie comes from; empty for others.

    Parameters
    ----------
    movie : pathlib.Path
        Position such as ``exp.nd2#3``, or a movie with the record of its drift correction beside it.
    """
    if position(movie):
        return file_of(movie).name
    if is_image_folder(movie):
        return movie.resolve().parent.name
    if movie.is_dir() and (holder := holder_in_name(movie.resolve().as_posix())):
        return holder
    names = (movie.with_suffix(".json"), movie.with_name(f"{movie.name.removesuffix(STORE_SUFFIX)}.json"))
    record = next((name for name in names if name.is_file()), None)
    if not (movie.exists() and record):
        return ""
    try:
        placed = str(read_json(record)["movie"])
    except (BadInput, OSError, ValueError, KeyError, TypeError, RecursionError):  # a record of another tool
        return ""
    raw = placed.rpartition("/")[2]
    return file_in_name(raw) if file_in_name(raw) != raw else holder_in_name(placed)
