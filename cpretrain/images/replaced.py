"""Treatment of an earlier result that a new one replaces."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import source_name
from cpretrain.images.ome_zarr_labels import image_of, remove_labels
from cpretrain.runtime.console import warning
from cpretrain.runtime.listing import first_names
from cpretrain.runtime.spelling import option
from cpretrain.storage.json_file import read_json
from cpretrain.storage.outputs import damaged_outputs, holdings, name_from


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


def check_holdings(store: Path) -> None:
    """Check that no label images are lost with the OME-Zarr around them.

    Raises
    ------
    BadInput
        When the movie that is about to be replaced holds label images.
    """
    held = [path.name for path in holdings(store)]
    if held:
        raise BadInput(
            f"{store}: holds label images of the earlier movie, which would be lost with it",
            found=first_names(held),
            cure=f"move the folder {store.name}/labels elsewhere or remove it, or choose another"
            f" {option('out')}",
        )


def remove_other_format(record: Path, path: Path) -> None:
    """Remove a result in another format, so that later steps do not find the same movie twice.

    Parameters
    ----------
    record : pathlib.Path
        Record of the earlier result; only a file that is as listed there is removed.
    path : pathlib.Path
        Path of the result in the other format; it need not exist.
    """
    if not path.exists():
        return
    try:
        name = name_from(path, record.parent)
        described = {name: read_json(record)["outputs"][name]} if record.is_file() else {}
        is_ours = bool(described) and not damaged_outputs(described, record.parent)
    except (ValueError, KeyError, TypeError, OSError):
        is_ours = False
    if is_ours and not holdings(path):
        remove_labels(path)
    elif image_of(path) is None:
        warning(
            f"{path}: also exists in another format; remove it, or later steps will find the same movie twice"
        )
