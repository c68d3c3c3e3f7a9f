"""Label images from any encoding: 0 is background, objects are 1…N without gaps."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import EMPTY, LabelImage, instances, pieces_of, relabel
from cpretrain.labels.measure import inside_border
from cpretrain.labels.own_file import ENCODING as OWN
from cpretrain.labels.own_file import in_record
from cpretrain.labels.png_plane import is_png, read_png
from cpretrain.labels.seg_npy import ENDING as SEG_ENDING
from cpretrain.labels.seg_npy import read_saved
from cpretrain.labels.tiff_plane import read_plane
from cpretrain.runtime.spelling import command, option

_INSTANCES = (
    "build the server with new LabeledImageServer.Builder(imageData).backgroundLabel(0)"
    ".useInstanceLabels().downsample(1).build()"
)
_MOST_CLASSES = 20
_SOLID = 0.1  # a piece smaller than this share of its object's largest piece is a splinter
_PACKED_BELOW = 2**20  # QuPath packs ids into RGB from 65,536 objects; colours are far larger numbers
_SMALLEST_MEAN = 8  # pixels; many objects with a smaller mean are the grain of a photograph
_WHITE = (255, 65_535, 0xFFFFFF)
_SPECK = 4  # pixels; colours that cover at most this come from smoothed edges
_COLOURS = "colours"
CELLPOSE = "masks of Cellpose's window"
INSTANCE_ENCODINGS = (OWN, CELLPOSE)
"""Encodings in which each number is known to be an object."""
_WIDE = ("uint16", "uint32", "int16", "int32", "uint64", "int64")
_BACKGROUND = "use .backgroundLabel(0) in the export script"
_WHOLE_IMAGE = (
    "an annotation of the whole image became an object: delete it in QuPath, or export GeoJSON, which keeps regions "
    "apart (objectsAre = 'cells' where cells were detected); where it is the background, use .backgroundLabel(0)"
)
FEW_PIECES = 3
"""An object rarely has more pieces than this; a binary mask often does."""


def read_label_image(
    path: str | os.PathLike, *, strict: bool = False, components: bool = False, few_pieces: bool = False
) -> LabelImage:
    """Read a label TIFF (or PNG) as written by QuPath, Fiji or Python.

    Palette indices, integers of 8, 16 and 32 bits, whole numbers in float32, and ids packed into RGB are read as they
    are. So are colours, one per object, unless there are signs of smoothed edges or of a photograph.

    Parameters
    ----------
    path : path-like
        The file.
    strict : bool
        Refuse files that need a guess: binary masks, and colours taken as objects.
    components : bool
        Take the connected components of a binary or class mask as objects (touching ones merge).
    few_pieces : bool
        Take a single number 1 in a few pieces as one object, with a note, since it may be a binary mask.

    Returns
    -------
    LabelImage
        Files that this tool wrote (see `own_file`) are read as object numbers without further checks.

    Raises
    ------
    BadInput
        When the file is damaged or does not hold one number per object; it names the cure.
    """
    ids, encoding = read_ids(path)
    if few_pieces and not components and encoding not in INSTANCE_ENCODINGS:
        whole = instances(ids, encoding)
        pieces = int(pieces_of(whole.labels)[0].max(initial=0))
        if whole.objects == ids.max(initial=0) == 1 and 1 < pieces <= FEW_PIECES:
            return whole.with_notes([f"one object in {pieces} pieces; {_perhaps_binary()}"])
    return recognise(path, ids, encoding, strict=strict, components=components)


def recognise(
    path: str | os.PathLike,
    ids: NDArray[Any],
    encoding: str,
    *,
    strict: bool = False,
    components: bool = False,
    border: int = 0,
) -> LabelImage:
    """Distinguish instance labels from binary and class masks, and return clean labels.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    ids : ndarray of int, shape (Y, X)
        Numbers as stored in the file.
    encoding : str
        Encoding of the file. Files written by cpretrain or Cellpose's window are taken as they are.
    strict, components : bool
        See `read_label_image`.
    border : int
        Width in pixels of the edge of zeros around the image.

    Raises
    ------
    BadInput
        When it is not certain enough that each number is an object.
    """
    if encoding in INSTANCE_ENCODINGS:
        return instances(ids, encoding)
    labels = relabel(ids)
    objects = int(labels.max(initial=0))
    if objects == 0:
        return LabelImage(labels, encoding, notes=(EMPTY,))
    pieces, owner = pieces_of(labels)
    _check_background(path, inside_border(ids, border))
    if encoding == _COLOURS and strict:
        raise _coloured(path, objects)
    areas = np.bincount(pieces.reshape(-1))[1:]
    solid = _solid_pieces(areas, owner, objects)
    value = int(ids.max())
    if objects == 1 and _looks_binary(value, int(solid[1]), encoding):
        return _binary(path, pieces, value, strict, components)
    if _looks_like_classes(objects, value, solid[1:]):
        return _classes(path, pieces, objects, components)
    grainy = objects > 50 and areas.sum() < _SMALLEST_MEAN * len(areas)
    if len(areas) > 3 * objects + 10 or grainy:
        raise _no_labels(path, objects, len(areas))
    in_pieces = int((np.bincount(owner) > 1).sum())
    notes = (f"coloured picture: each of its {objects} colours is taken as an object",)
    return LabelImage(labels, encoding, in_pieces, notes if encoding == _COLOURS else ())


def read_ids(path: str | os.PathLike) -> tuple[NDArray[Any], str]:
    """Read the ids as they are stored, and how.

    Returns
    -------
    ndarray of int, shape (Y, X)
        The ids.
    str
        Their encoding, in words.

    Raises
    ------
    BadInput
        When the file is damaged, or is not a plane of whole numbers.
    """
    if Path(path).name.endswith(SEG_ENDING):
        return read_saved(Path(path)), CELLPOSE
    plane = read_png(path) if is_png(path) else read_plane(path)
    pixels = plane.pixels
    if plane.own or in_record(path, pixels):
        return pixels, OWN
    if plane.rgb:
        return _packed(path, pixels)
    if plane.palette:
        return pixels, f"palette indices, {pixels.dtype}"
    if pixels.dtype.kind == "f":
        return _whole(path, pixels), f"whole numbers in {pixels.dtype}"
    if pixels.dtype.kind == "i" and pixels.min(initial=0) < 0:
        raise BadInput(
            f"{path}: holds negative numbers", found=f"smallest value {pixels.min()}", cure=_INSTANCES
        )
    if pixels.dtype.kind not in "iub":
        raise BadInput(f"{path}: pixels of type {pixels.dtype} are no labels", cure=_INSTANCES)
    return pixels, str(pixels.dtype)


def _whole(path: str | os.PathLike, pixels: NDArray[Any]) -> NDArray[Any]:
    if not (np.isfinite(pixels).all() and (pixels >= 0).all() and (pixels == np.floor(pixels)).all()):
        raise BadInput(
            f"{path}: holds fractions, negative or undefined numbers",
            found=f"{pixels.dtype} from {np.nanmin(pixels):g} to {np.nanmax(pixels):g}",
            expected="a whole number for each object",
            cure="this may be the image or a probability map; for labels, " + _INSTANCES,
        )
    if pixels.max(initial=0) >= 2**32:
        raise BadInput(f"{path}: holds numbers above 32 bits", found=f"{pixels.max():g}", cure=_INSTANCES)
    return pixels.astype(np.uint32)


def _packed(path: str | os.PathLike, pixels: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Decode red·65536 + green·256 + blue, the form in which QuPath writes more than 65,535 objects."""
    if pixels.dtype != np.uint8 or pixels.shape[-1] not in (3, 4):
        raise BadInput(
            f"{path}: holds {pixels.shape[-1]} channels of {pixels.dtype}",
            found="one channel for each class or object (multichannelOutput)",
            expected="one channel in which every object has its own number",
            cure="in the export script remove .multichannelOutput(true) and use .useInstanceLabels()",
        )
    red, green, blue = (pixels[..., k].astype(np.uint32) for k in range(3))
    ids = red << 16 | green << 8 | blue
    grey = bool((red == green).all() and (green == blue).all())
    if grey or ids.max(initial=0) < _PACKED_BELOW:
        return (red, "grey values in RGB") if grey else (ids, "ids packed into RGB")
    areas = np.bincount(relabel(ids).reshape(-1))
    areas = areas[1:] if (ids == 0).any() else areas
    black = int((ids == 0).sum())
    if (areas <= _SPECK).mean() > 0.2 or black < areas.max():
        raise BadInput(
            f"{path}: is a coloured picture, not a label image",
            found=f"{len(areas)} colours, {(areas <= _SPECK).mean():.0%} of them in specks of {_SPECK} pixels or "
            f"less; {black / ids.size:.0%} of the image is black",
            expected="a number for each object on a background of 0",
            cure="do not export a rendered view; " + _INSTANCES,
        )
    return ids, _COLOURS


def _check_background(path: str | os.PathLike, ids: NDArray[Any]) -> None:
    if ids.min() == 0:
        return
    labels = relabel(ids)
    areas = np.bincount(labels.reshape(-1))
    if areas.max() * 2 > labels.size:
        value = int(ids.reshape(-1)[int(np.argmax(labels.reshape(-1) == areas.argmax()))])
        no_object = value in _WHITE or value > 10 * len(areas)
        raise BadInput(
            f"{path}: has no background",
            found=f"no pixel is 0, and {value} covers {areas.max() / labels.size:.0%} of the image",
            expected="0 where there is no object",
            cure=_BACKGROUND if no_object else _WHOLE_IMAGE,
        )


def _solid_pieces(areas: NDArray[Any], owner: NDArray[Any], objects: int) -> NDArray[Any]:
    """Count the pieces of each object that are not splinters; index 0 is unused."""
    largest = np.zeros(objects + 1, np.int64)
    np.maximum.at(largest, owner, areas)
    return np.bincount(owner[areas >= _SOLID * largest[owner]], minlength=objects + 1)


def _looks_binary(value: int, solid: int, encoding: str) -> bool:
    """Return whether a single number for several solid pieces marks a binary mask: white, or a small number.

    An object may consist of two pieces. In 8 bits, usual for masks and classes, two pieces with one number are taken
    for two cells; in 16 and 32 bits, usual for instances, for one.
    """
    return value in _WHITE or (value <= _MOST_CLASSES and solid > (2 if encoding in _WIDE else 1))


def _looks_like_classes(numbers: int, largest: int, solid: NDArray[Any]) -> bool:
    """Return whether there are few numbers with many solid pieces each; for small numbers fewer pieces suffice."""
    pieces = int(solid.sum())
    many = pieces >= 3 * numbers
    small = largest <= _MOST_CLASSES and pieces >= 2 * numbers
    all_in_pieces = numbers > 1 and int(solid.min()) >= 2
    return numbers <= _MOST_CLASSES and (many or (small and (int(solid.max()) >= 3 or all_in_pieces)))


def _coloured(path: str | os.PathLike, colours: int) -> BadInput:
    return BadInput(
        f"{path}: is a coloured picture",
        found=f"{colours} colours",
        expected="a number for each object",
        cure=_INSTANCES + f"; or leave {option('strict', True)} out to take each colour as an object",
    )


def _perhaps_binary() -> str:
    return f"if it is a binary mask, make label images of it with {command('masks', components=True)}"


def _pieces_as_objects() -> str:
    return f"take pieces as objects with {command('masks', components=True)}"


def _binary(
    path: str | os.PathLike, pieces: NDArray[Any], value: int, strict: bool, components: bool
) -> LabelImage:
    count = int(pieces.max())
    if strict and not components:
        raise BadInput(
            f"{path}: is a binary mask",
            found=f"one value, {value}, for {count} separate pieces",
            expected="a number of its own for each object",
            cure=_INSTANCES + f"; or {_pieces_as_objects()}",
        )
    note = (
        f"binary mask: its {count} connected pieces are taken as objects; touching cells are merged into one"
    )
    return LabelImage(relabel(pieces), "binary mask", notes=(note,))


def _classes(path: str | os.PathLike, pieces: NDArray[Any], classes: int, components: bool) -> LabelImage:
    count = int(pieces.max())
    if not components:
        raise BadInput(
            f"{path}: is a class mask, not an instance mask",
            found=f"{classes} numbers for {count} separate pieces",
            expected="a number of its own for each object",
            cure="replace .addLabel('CLASS', n) by .useInstanceLabels() in the export script; "
            f"or {_pieces_as_objects()}",
        )
    note = (
        f"class mask: its {count} connected pieces are taken as objects; touching cells of a class are merged"
    )
    return LabelImage(relabel(pieces), "class mask", notes=(note,))


def _no_labels(path: str | os.PathLike, values: int, pieces: int) -> BadInput:
    return BadInput(
        f"{path}: is not a label image",
        found=f"{values} different values in {pieces} separate pieces, as in a photograph",
        expected="a number for each object, each in one piece or a few",
        cure="check that this is not the image itself or a screenshot; for labels, " + _INSTANCES,
    )
