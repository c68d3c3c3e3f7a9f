"""Masks that a second annotator drew for the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cpretrain.dataset.pairs import Pair
from cpretrain.errors import BadFolder
from cpretrain.images.discovery import list_images
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.ignored import read_ignored, set_apart
from cpretrain.labels.label_image import EMPTY, LabelImage
from cpretrain.labels.pairing import is_vector_file, match_by_name, take_out_ignored
from cpretrain.runtime.console import warning


@dataclass(frozen=True)
class DrawnFile:
    """A label image of an annotator, and the file of its ignored pixels, if there is one."""

    mask: Path
    ignored: Path | None = None

    @property
    def files(self) -> list[Path]:
        """Both files."""
        return [self.mask, *([self.ignored] if self.ignored else [])]

    def read(self) -> LabelImage:
        """Read what was drawn, and warn if the numbers of the label image may not be objects.

        Raises
        ------
        BadInput
            When it cannot be read, or is not a label image.
        """
        image = read_label_image(self.mask, few_pieces=True)
        for note in image.notes:
            if note != EMPTY:
                warning(f"{self.mask}: {note}")
        if self.ignored is None:
            return image
        return set_apart(image, read_ignored(self.ignored, image.labels.shape))


def mask_files(folder: Path) -> list[Path]:
    """List the label images of a folder, and the files of their ignored pixels.

    Raises
    ------
    BadInput
        When there is none.
    """
    return [path for path in list_images(folder) if not is_vector_file(path)]


def find_annotator_masks(
    pairs: Sequence[Pair], folder: Path, training: Sequence[Pair] = ()
) -> dict[Path, DrawnFile]:
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
    dict of path to DrawnFile
        Masks by image.

    Raises
    ------
    BadFolder
        When a mask belongs to none of the images, several belong to one, or there is none for the scored images.
    """
    files = take_out_ignored([pair.image for pair in (*pairs, *training)], mask_files(folder))
    matches = match_by_name(files.images, files.masks)
    scored = {pair.image for pair in pairs}
    found = {
        one.image: DrawnFile(one.masks[0], files.by_image.get(one.image))
        for one in matches.pairs
        if one.image in scored
    }
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
