"""Match masks with images by the names that QuPath, Cellpose and people give them."""

import bisect
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput, Problem
from cpretrain.labels.seg_npy import ENDING as SEG_ENDING

IMAGE_ENDINGS = (".ome.tiff", ".ome.tif", ".tiff", ".tif")
LABEL_ENDINGS = (*IMAGE_ENDINGS, ".png", SEG_ENDING)
VECTOR_ENDINGS = (".geojson.gz", ".json.gz", ".geojson", ".json", ".zip", ".roi")
MASK_SUFFIXES = ("_masks", "_cp_masks", "-labelled", "-labels", "_labels", "_mask")
IGNORED = "_ignore"
"""Suffix of the file of ignored pixels that belongs to an image: ``NAME_ignore.tif`` for ``NAME.tif``."""
_VECTOR_SUFFIXES = ("_RoiSet", "-RoiSet", "_rois", "-rois")
_TILE = re.compile(r"(?P<name>.*?) ?\[(?P<place>(?:[dxywhzt]=[^,\[\]]+,?)+)\](?P<suffix>[^\[\]]*)", re.DOTALL)
_REGION = re.compile(r"(?P<name>.+)_region_\d+_masks", re.DOTALL)


@dataclass(frozen=True)
class Tile:
    """The part of an image that QuPath's tile exporter wrote, as stated in its file name.

    Parameters
    ----------
    downsample : float
        Image pixels per mask pixel.
    x, y, width, height : int or None
        Position in pixels of the full-resolution image; None if the name does not state it.
    z, t : int
        Plane and frame, from 0.
    """

    downsample: float = 1.0
    x: int | None = None
    y: int | None = None
    width: int | None = None
    height: int | None = None
    z: int = 0
    t: int = 0


@dataclass(frozen=True)
class NamedMatch:
    """An image and its masks.

    Parameters
    ----------
    image : pathlib.Path
        The image.
    masks : tuple of pathlib.Path
        One file, or several tiles of one image.
    rule : str
        Pattern of names that matched.
    """

    image: Path
    masks: tuple[Path, ...]
    rule: str


@dataclass(frozen=True)
class Matches:
    """Matches, and files that did not match.

    Parameters
    ----------
    pairs : list of NamedMatch
        In the order of the images.
    without_mask, without_image : list of Problem
        Images without a mask, and masks without an image.
    ambiguous : list of Problem
        Masks that could belong to several images, and images with several masks.
    """

    pairs: list[NamedMatch]
    without_mask: list[Problem]
    without_image: list[Problem]
    ambiguous: list[Problem]

    @property
    def problems(self) -> list[Problem]:
        """All files that did not match."""
        return [*self.without_image, *self.without_mask, *self.ambiguous]


def stem(name: str) -> str:
    """Return a file name without the ending of an image or mask (``a.ome.tif`` gives ``a``), in Unicode form NFC."""
    composed = unicodedata.normalize("NFC", name)
    for ending in LABEL_ENDINGS + VECTOR_ENDINGS:
        if composed.lower().endswith(ending) and len(composed) > len(ending):
            return composed[: -len(ending)]
    return composed


def bare(name: str) -> str:
    """Return a file name without its ending and without the suffix that a program added to the image's name.

    ``a_masks.tif``, ``a-labelled.tif`` and ``a.tif.tif`` all give ``a``.
    """
    short = stem(name)
    added = max((suffix for suffix in MASK_SUFFIXES if short.endswith(suffix)), key=len, default="")
    return stem(short.removesuffix(added))


def tile_of(name: str) -> Tile | None:
    """Parse the position in a tile's name, ``NAME [d=2,x=0,y=512,w=512,h=512]-labelled.tif``; None without one."""
    found = _TILE.fullmatch(stem(name))
    if not found:
        return None
    facts = dict(part.split("=", 1) for part in found["place"].rstrip(",").split(","))
    try:
        numbers = {key: float(value) for key, value in facts.items()}
    except ValueError:
        return None
    if not all(abs(number) < 2**31 for number in numbers.values()) or numbers.get("d", 1) <= 0:
        return None
    place = {key: int(numbers[key]) if key in numbers else None for key in "xywh"}
    return Tile(
        numbers.get("d", 1.0),
        place["x"],
        place["y"],
        place["w"],
        place["h"],
        int(numbers.get("z", 0)),
        int(numbers.get("t", 0)),
    )


def is_mask_file(path: Path) -> bool:
    """Return whether a file has the ending of a ground truth format and is not hidden."""
    return not path.name.startswith(".") and path.name.lower().endswith(LABEL_ENDINGS + VECTOR_ENDINGS)


def is_vector_file(path: Path) -> bool:
    """Return whether a file has the ending of a format of outlines (GeoJSON, ImageJ ROIs) rather than pixels."""
    return path.name.lower().endswith(VECTOR_ENDINGS)


def without_masks(files: Iterable[Path]) -> list[Path]:
    """Return the images among the files of a folder that holds images and masks together."""
    images = [path for path in files if path.name.lower().endswith(IMAGE_ENDINGS)]
    names = _Names(images)
    return [path for path in images if not [owner for owner in names.owners(path)[0] if owner != path]]


def match_by_name(images: Iterable[Path], masks: Iterable[Path], unread: Iterable[Path] = ()) -> Matches:
    """Pair masks with images by their names.

    For an image ``NAME.tif`` these are tried, in this order: the same name; ``NAME_masks``, ``NAME_cp_masks``,
    ``NAME-labelled``, ``NAME-labels``, ``NAME_labels``, ``NAME_mask``; the doubled ``NAME.tif.tif`` (and
    ``NAME.tif-labelled`` and so on); ``NAME_region_i_masks``; ``NAME [x=…,y=…,w=…,h=…]-labelled``, of which an
    image may have several tiles. Names are compared as text, never as patterns.

    Parameters
    ----------
    images, masks : iterable of pathlib.Path
        Files; none is opened.
    unread : iterable of pathlib.Path
        Files of other kinds in the folder; named if an image or a mask has no partner except one of them.

    Returns
    -------
    Matches
    """
    images = list(images)
    names = _Names(images)
    others = _Unread(unread)
    found: dict[Path, list[tuple[Path, str]]] = defaultdict(list)
    result = Matches([], [], [], [])
    for mask in sorted(set(masks)):
        owners, rule = names.owners(mask)
        if len(owners) == 1:
            found[owners[0]].append((mask, rule))
        elif owners:
            result.ambiguous.append(_several_images(mask, owners))
        else:
            result.without_image.append(_no_image(mask, names, others))
    for image in images:
        candidates = found[image]
        if not candidates:
            result.without_mask.append(_no_mask(image, others))
        elif len(candidates) > 1 and any(rule != "tile" for _, rule in candidates):
            result.ambiguous.append(_several_masks(image, candidates))
        else:
            result.pairs.append(NamedMatch(image, tuple(mask for mask, _ in candidates), candidates[0][1]))
    return result


@dataclass(frozen=True)
class IgnoredFiles:
    """Files of ignored pixels, told apart from images and masks by their names.

    Parameters
    ----------
    by_image : dict of pathlib.Path to pathlib.Path
        File of ignored pixels for each image that has one.
    images, masks : list of pathlib.Path
        The other files.
    """

    by_image: dict[Path, Path]
    images: list[Path]
    masks: list[Path]


def take_out_ignored(images: Iterable[Path], masks: Iterable[Path]) -> IgnoredFiles:
    """Find the files of ignored pixels among images and masks: ``NAME_ignore`` with any ending, for ``NAME.tif``.

    A file whose own name is that of an image (in another folder) is the mask of that image.

    Parameters
    ----------
    images, masks : iterable of pathlib.Path
        Files; none is opened. They may lie in one folder.

    Raises
    ------
    BadInput
        When an image has several such files.
    """
    images, masks = list(images), list(masks)
    named = {path for path in masks if stem(path.name).endswith(IGNORED)}
    others = _Names(path for path in images if path not in named)
    everything = _Names(images)
    masked = {owner for mask in masks for owner in everything.owners(mask)[0]} if named else set()
    found: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(named):
        short = stem(path.name).removesuffix(IGNORED)
        owners = others.by_stem.get(short) or others.by_file.get(short) or []
        is_mask = any(image != path for image in everything.by_stem.get(stem(path.name), []))
        if owners and not is_mask and path not in masked:
            found[owners[0]].append(path)
    for image, files in found.items():
        if len(files) > 1:
            raise BadInput(
                f"{image.name}: has several files of ignored pixels",
                found=", ".join(file.name for file in files),
                expected="one",
                cure="keep the right one and take the others out of the folder",
            )
    taken = {file for files in found.values() for file in files}
    return IgnoredFiles(
        {image: files[0] for image, files in found.items()},
        [path for path in images if path not in taken],
        [path for path in masks if path not in taken],
    )


def ignored_beside(masks: Iterable[Path]) -> dict[Path, Path]:
    """Find the files of ignored pixels in a folder of masks without the images that these belong to.

    Parameters
    ----------
    masks : iterable of pathlib.Path
        All files; none is opened.

    Returns
    -------
    dict of pathlib.Path to pathlib.Path
        File of ignored pixels by mask: ``a_ignore.tif`` for ``a.tif`` or ``a_masks.tif``.
    """
    files = list(masks)
    by_name = {bare(path.name): path for path in files if not stem(path.name).endswith(IGNORED)}
    owners = {path: by_name.get(stem(path.name).removesuffix(IGNORED)) for path in files}
    return {
        owner: path
        for path, owner in owners.items()
        if owner is not None and stem(path.name).endswith(IGNORED)
    }


class _Names:
    """Index of images by the names that their masks could have."""

    def __init__(self, images: Iterable[Path]) -> None:
        self.images = list(images)
        self.by_file: dict[str, list[Path]] = defaultdict(list)
        self.by_stem: dict[str, list[Path]] = defaultdict(list)
        for image in self.images:
            self.by_file[unicodedata.normalize("NFC", image.name)].append(image)
            self.by_stem[stem(image.name)].append(image)
        self.stems = sorted(self.by_stem)

    def owners(self, mask: Path) -> tuple[list[Path], str]:
        """Find the images that a mask may belong to, by the first rule that finds any file other than itself."""
        for rule, table, name in self._guesses(mask):
            owners = [image for image in table.get(name, []) if image != mask]
            if owners:
                return owners, rule
        return [], ""

    def nearest(self, mask: Path) -> Path:
        """Find the image whose name shares the longest prefix with the mask's."""
        name = stem(mask.name)
        place = bisect.bisect(self.stems, name)
        near = self.stems[max(0, place - 1) : place + 1]
        best = max(near, key=lambda other: _common(name, other))
        return self.by_stem[best][0]

    def _guesses(self, mask: Path) -> Iterable[tuple[str, dict[str, list[Path]], str]]:
        name = stem(mask.name)
        yield "same name", self.by_file, unicodedata.normalize("NFC", mask.name)
        yield "same name", self.by_stem, name
        suffixes = MASK_SUFFIXES + (_VECTOR_SUFFIXES if is_vector_file(mask) else ())
        cut = [(suffix, name[: -len(suffix)]) for suffix in suffixes if name.endswith(suffix)]
        for suffix, short in cut:
            yield f"NAME{suffix}", self.by_stem, short
        yield "doubled ending", self.by_file, name
        for suffix, short in cut:
            yield f"NAME.tif{suffix}", self.by_file, short
        region = _REGION.fullmatch(name)
        if region:
            yield "region", self.by_stem, region["name"]
        tile = _TILE.fullmatch(name)
        if tile and tile["suffix"] in ("", *MASK_SUFFIXES):
            yield "tile", self.by_stem, tile["name"]
            yield "tile", self.by_file, tile["name"]


def _common(one: str, other: str) -> int:
    """Return the length of the common prefix of two names."""
    pairs = zip(one, other, strict=False)
    return next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _several_images(mask: Path, owners: list[Path]) -> Problem:
    return Problem(
        mask.name,
        "could belong to several images",
        found=", ".join(owner.name for owner in owners),
        expected="one image of that name",
        cure="give the images different names",
    )


class _Unread:
    """Index of files of other kinds, by the name of the image or mask that they seem to belong to."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.by_name: dict[str, list[str]] = defaultdict(list)
        for path in files:
            composed = unicodedata.normalize("NFC", path.name)
            for name in {composed, Path(composed).stem, bare(composed), bare(Path(composed).stem)}:
                self.by_name[name].append(path.name)

    def of(self, file: Path) -> str:
        """List the files that seem to belong to an image or mask; empty if there are none."""
        found = {name for key in (stem(file.name), bare(file.name)) for name in self.by_name.get(key, [])}
        return ", ".join(sorted(found - {file.name}))


def _no_image(mask: Path, names: _Names, unread: _Unread) -> Problem:
    if others := unread.of(mask):
        return Problem(
            mask.name,
            "its image is no TIFF",
            found=others,
            expected="NAME.tif among the training images",
            cure="open the image in Fiji and save it with File > Save As > Tiff",
        )
    return Problem(
        mask.name,
        "no image belongs to this mask",
        found=f"the image with the closest name is {names.nearest(mask).name}"
        if names.images
        else "no TIFF at all",
        expected="for an image NAME.tif a mask "
        + ", ".join(f"NAME{suffix}" for suffix in ("", *MASK_SUFFIXES)),
        cure="rename the mask after its image, or take it out of the folder",
    )


def _no_mask(image: Path, unread: _Unread) -> Problem:
    name = stem(image.name)
    return Problem(
        image.name,
        "has no mask",
        found=f"{others}, which is not read" if (others := unread.of(image)) else "",
        expected=", ".join(f"{name}{suffix}.tif" for suffix in ("", *MASK_SUFFIXES))
        + f", {name}.geojson, or {name}{SEG_ENDING}",
        cure="export its ground truth under one of these names (an image without objects needs an empty mask), "
        "or take the image out of the folder",
    )


def _several_masks(image: Path, candidates: list[tuple[Path, str]]) -> Problem:
    return Problem(
        image.name,
        "has several masks",
        found=", ".join(mask.name for mask, _ in candidates),
        expected="one",
        cure="keep the right one and take the others out of the folder",
    )
