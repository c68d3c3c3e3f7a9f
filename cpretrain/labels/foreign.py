"""Ground truth of other programs that is not read: recognized by name and content, with a way to convert it."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cpretrain.runtime.wording import counted

_LOOKED_AT = 2**20  # bytes at the beginning of a file that are searched
_FROM_QUPATH = "export GeoJSON from QuPath: File > Export objects as GeoJSON"
_AS_TIFF = (
    "save a label image for each image instead, as TIFF or PNG, with a number of its own for each object"
)


class Kind(NamedTuple):
    """A kind of file that is not read, and the cure."""

    name: str
    cure: str


_COCO = Kind(
    "COCO annotations",
    "write a label image for each image with pycocotools (annToMask gives the pixels of each object), as TIFF",
)
_LABELME = Kind(
    "labelme annotations", "turn them into label images with labelme_export_json, which writes label.png"
)
_VIA = Kind("annotations from the VGG annotator", _AS_TIFF)
_JPEG = Kind("JPEG pictures", "JPEG changes object numbers: " + _AS_TIFF)
_BY_ENDING = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".npy": Kind("NumPy arrays", "save them as TIFF: tifffile.imwrite('NAME_masks.tif', labels)"),
    ".npz": Kind("NumPy arrays", "save them as TIFF: tifffile.imwrite('NAME_masks.tif', labels)"),
    ".xml": Kind("XML annotations", _AS_TIFF),
    ".bmp": Kind("BMP pictures", _AS_TIFF),
    ".gif": Kind("GIF pictures", _AS_TIFF),
    ".h5": Kind("HDF5 files", _AS_TIFF),
    ".hdf5": Kind("HDF5 files", _AS_TIFF),
    ".mat": Kind("MATLAB files", _AS_TIFF),
    ".svg": Kind("SVG drawings", _FROM_QUPATH),
    ".qpdata": Kind("QuPath's own data", _FROM_QUPATH),
    ".qpproj": Kind("a QuPath project", _FROM_QUPATH),
    ".json": Kind("JSON files of another kind", _FROM_QUPATH),
}
_BY_CONTENT = (
    (_LABELME, (b'"shapes"', b'"imagePath"')),
    (_LABELME, (b'"shapes"', b'"flags"')),
    (_COCO, (b'"images"', b'"categories"')),
    (_COCO, (b'"images"', b'"annotations"')),
    (_VIA, (b'"shape_attributes"',)),
)


def kind_of(path: Path) -> Kind | None:
    """Return the kind of a file that is not read as ground truth; None if it is not known to hold any."""
    ending = path.suffix.lower()
    if ending == ".json":
        try:
            with open(path, "rb") as file:
                start = file.read(_LOOKED_AT)
        except OSError:
            start = b""
        for kind, words in _BY_CONTENT:
            if all(word in start for word in words):
                return kind
    return _BY_ENDING.get(ending)


def holds_annotations(path: Path) -> bool:
    """Return whether a file is known to hold annotations of objects in a form that is not read."""
    return kind_of(path) in (_COCO, _LABELME, _VIA)


def describe(files: Iterable[Path]) -> tuple[str, str]:
    """Return what is found in a folder without readable ground truth, and the cure for the first kind."""
    found: dict[Kind, list[str]] = defaultdict(list)
    other = []
    for path in sorted(files):
        if kind := kind_of(path):
            found[kind].append(path.name)
        else:
            other.append(path.name)
    texts = [f"{kind.name} ({_named(names)})" for kind, names in found.items()]
    texts += [_named(other)] if other else []
    cure = next(iter(found)).cure if found else "export from QuPath into this folder"
    return "; ".join(texts) or "an empty folder", cure


def _named(names: list[str]) -> str:
    rest = f" and {counted(len(names) - 3, 'other file')}" if names[3:] else ""
    return ", ".join(names[:3]) + rest
