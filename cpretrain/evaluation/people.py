"""Masks that a second person drew of the same images."""

from collections.abc import Sequence
from pathlib import Path

from cpretrain.dataset import Pair
from cpretrain.problems import BadFolder
from cpretrain.progress import warn
from cpretrain.qupath.pairing import is_vector_file, match
from cpretrain.timelapse import list_images


def mask_files(folder: Path) -> list[Path]:
    """List the label images of a folder.

    Raises
    ------
    BadInput
        When there is none.
    """
    return [path for path in list_images(folder) if not is_vector_file(path)]


def second_masks(pairs: Sequence[Pair], folder: Path) -> dict[Path, Path]:
    """Find the masks that a second person drew for some or all of these images.

    Returns
    -------
    dict of path to path
        By image.

    Raises
    ------
    BadFolder
        When a mask belongs to none of the images, or several to one; or there is none at all.
    """
    matches = match([pair.image for pair in pairs], mask_files(folder))
    if matches.without_image or matches.ambiguous or not matches.pairs:
        raise BadFolder(f"{folder}: masks of a second person do not fit the images", matches.problems)
    if len(matches.pairs) < len(pairs):
        warn(f"a second person drew on {len(matches.pairs)} of {len(pairs)} images: compared on those")
    return {found.image: found.masks[0] for found in matches.pairs}
