"""Read the ground truth of one image, whatever the format of its files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.encodings import read_ids, recognise
from cpretrain.labels.ignored import set_apart
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outline_file import read_outlines
from cpretrain.labels.pairing import NamedMatch, Tile, is_vector_file, tile_of
from cpretrain.labels.second_look import look_again
from cpretrain.labels.unknown_area import check_regions_can_be_known
from cpretrain.masks.size import fit_to_image
from cpretrain.masks.tiles import check_numbering, label_tiles, stitch
from cpretrain.runtime.spelling import option
from cpretrain.settings.masks import MaskSettings


def read_ground_truth(
    found: NamedMatch,
    size: tuple[int, int],
    border: int,
    settings: MaskSettings,
    ignored: Path | None = None,
) -> LabelImage:
    """Read the mask, the tiles or the outlines that belong to an image, and what is to be ignored in it.

    Parameters
    ----------
    found : NamedMatch
        The image and its files.
    size : tuple of int
        Height and width of the image in pixels.
    border : int
        Width of the edge of zeros around the image, in pixels.
    settings : MaskSettings
        Options for reading.
    ignored : pathlib.Path, optional
        File that marks ignored pixels: an image in which they are not 0, or outlines around them.

    Returns
    -------
    LabelImage
        Labels in the size of the image, with notes on objects that look like regions.

    Raises
    ------
    BadInput
        When the files cannot be used; it names the cure.
    """
    path = found.masks[0]
    if is_vector_file(path):
        image = read_outlines(path, size, settings, border)
    else:
        _check_selection(path, settings)
        check_regions_can_be_known(path, settings)
        read = _read_tiles if found.rule == "tile" else _read_whole
        image = read(found, size, border, settings)
    image = image.with_notes(look_again(image.labels, border))
    if ignored is None:
        return image if image.ignored is None else set_apart(image, image.ignored)
    marked = _marked(ignored, size, border, settings)
    both = marked if image.ignored is None else marked | image.ignored
    return set_apart(image.with_notes([f"ignored: what {ignored.name} marks"]), both)


def _marked(path: Path, size: tuple[int, int], border: int, settings: MaskSettings) -> NDArray[np.bool_]:
    """Read a file of ignored pixels, in the size of the image."""
    if is_vector_file(path):
        image = read_outlines(path, size, None, border)
        inside = image.labels > 0
        return inside if image.ignored is None else inside | image.ignored
    ids, _ = read_ids(path)
    return fit_to_image(path, ids, size, border, settings.upsample).ids > 0


def _check_selection(path: Path, settings: MaskSettings) -> None:
    """Refuse a selection: a label image holds only the positions of objects, not their classes or types."""
    if settings.classes:
        raise BadInput(
            f"{path}: a label image has no classes to select {', '.join(settings.classes)} from",
            cure=f"export GeoJSON from QuPath, which keeps the classes, or leave {option('classes')} out",
        )
    if settings.take != "all":
        raise BadInput(
            f"{path}: a label image does not say which objects are {settings.take}",
            cure=f"export GeoJSON from QuPath, which keeps the types, or leave {option('take')} out",
        )


def _read_whole(found: NamedMatch, size: tuple[int, int], border: int, settings: MaskSettings) -> LabelImage:
    (path,) = found.masks
    ids, encoding = read_ids(path)
    fitted = fit_to_image(path, ids, size, border, settings.upsample)
    image = recognise(
        path,
        fitted.ids,
        encoding,
        strict=settings.strict,
        components=settings.components,
        border=border,
    )
    return image.with_notes([fitted.note] if fitted.note else [])


def _read_tiles(found: NamedMatch, size: tuple[int, int], border: int, settings: MaskSettings) -> LabelImage:
    paths: Sequence[Path] = label_tiles(found.masks, found.image)
    read = [(path, tile_of(path.name) or Tile(), *read_ids(path)) for path in paths]
    whole = stitch(
        [(path.name, tile, ids) for path, tile, ids, _ in read],
        size,
        upsample=settings.upsample,
        strict=settings.strict,
    )
    encoding = read[0][-1]
    image = recognise(
        paths[0],
        whole.ids,
        encoding,
        strict=settings.strict,
        components=settings.components,
        border=border,
    )
    if image.encoding == encoding:
        check_numbering(paths[0], image, whole.tile)
    return image.with_notes(whole.notes)
