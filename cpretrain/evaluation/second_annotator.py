"""Masks that a second annotator drew for the same images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.dataset.pairs import Pair
from cpretrain.errors import BadFolder
from cpretrain.images.discovery import list_images
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.label_image import EMPTY
from cpretrain.labels.pairing import is_vector_file, match_by_name
from cpretrain.runtime.console import warning


def mask_files(folder: Path) -> list[Path]:
    """List the label images of a folder.

    Raises
    ------
    BadInput
        When there is none.
    """
    return [path for path in list_images(folder) if not is_vector_file(path)]


def read_drawn(path: Path) -> NDArray[Any]:
    """Read a drawn label image, ndarray of int, shape (Y, X), and warn if its numbers may not be objects.

    Raises
    ------
    BadInput
        When it cannot be read, or is not a label image.
    """
    image = read_label_image(path, few_pieces=True)
    for note in image.notes:
        if note != EMPTY:
            warning(f"{path}: {note}")
    return image.labels


def find_annotator_masks(
    pairs: Sequence[Pair], folder: Path, training: Sequence[Pair] = ()
) -> dict[Path, Path]:
    """Find the masks that a second annotator drew for some or all of these images.

    Parameters
    ----------
    pairs : sequence of Pair
        The images that are scored.
    folder : pathlib.Path
        The masks.
    training : sequence of Pair
        Images that the model was trained on: masks for these are left out, with a message.

    Returns
    -------
    dict of path to path
        Masks by image.

    Raises
    ------
    BadFolder
        When a mask belongs to none of the images, several belong to one, or there is none for the scored images.
    """
    matches = match_by_name([pair.image for pair in (*pairs, *training)], mask_files(folder))
    scored = {pair.image for pair in pairs}
    found = {one.image: one.masks[0] for one in matches.pairs if one.image in scored}
    if matches.without_image or matches.ambiguous or not found:
        problems = [*matches.without_image, *matches.ambiguous] or matches.without_mask
        raise BadFolder(f"{folder}: masks of a second person do not fit the images", problems)
    if len(found) < len(matches.pairs):
        warning(
            f"{len(matches.pairs) - len(found)} masks of a second person belong to training images: left out"
        )
    if len(found) < len(pairs):
        warning(f"a second person drew on {len(found)} of {len(pairs)} images: these are compared")
    return found
