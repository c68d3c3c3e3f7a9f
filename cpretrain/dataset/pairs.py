"""Pairs of training image and mask: found, checked, and split so that no movie is on both sides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cpretrain.dataset.crops_table import NAME, read_crops
from cpretrain.errors import BadFolder, BadInput, Problem
from cpretrain.images.discovery import list_images
from cpretrain.images.passed_over import passed_over
from cpretrain.images.positions import file_in_name
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.ignored import read_ignored, set_apart
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.measure import TINY, edge_objects
from cpretrain.labels.pairing import is_vector_file, match_by_name, take_out_ignored, without_masks
from cpretrain.labels.size_check import check_size
from cpretrain.runtime.console import warning
from cpretrain.runtime.spelling import command


@dataclass(frozen=True)
class Pair:
    """A training image and its mask.

    Parameters
    ----------
    image, mask : pathlib.Path
        The two files.
    movie : str
        The movie that the image was cut from; the image's own name if that is unknown.
    objects, touching_border, tiny : int
        Numbers of all objects, of objects at the image's edge, and of objects smaller than `TINY` pixels.
    file : str
        File that holds the movie as one of several positions; empty for other movies, or if unknown.
    ignored : pathlib.Path, optional
        File of the pixels that count neither as object nor as background; None if the image is drawn completely.
    """

    image: Path
    mask: Path
    movie: str
    objects: int = 0
    touching_border: int = 0
    tiny: int = 0
    file: str = ""
    ignored: Path | None = None

    @property
    def recording(self) -> str:
        """File that holds the movie and perhaps others; the movie itself if it has a file of its own."""
        return self.file or file_in_name(self.movie)


def load_pairs(images: Path, masks: Path) -> list[Pair]:
    """Pair a folder of images with a folder of label images, and check every pair.

    Parameters
    ----------
    images, masks : pathlib.Path
        The folders; they may be one and the same. Outlines (GeoJSON, ROIs) are not read here. Beside the masks,
        ``NAME_ignore.tif`` marks pixels of ``NAME.tif`` that are unknown.

    Returns
    -------
    list of Pair
        Pairs by file name, including images without objects.

    Raises
    ------
    BadFolder
        With all problems at once: no partner, several partners, different sizes, images of several types or channel
        numbers, masks that are damaged or hold no instances, no objects at all.
    """
    images, masks = Path(images), Path(masks)
    origins = read_crops(images)
    files = list_images(images)
    flows = _flows_of_cellpose(files)
    files = [path for path in files if path not in flows]
    mask_files = [path for path in list_images(masks) if not is_vector_file(path) and path not in flows]
    ignored = take_out_ignored(files, mask_files)
    files, mask_files = ignored.images, ignored.masks
    if images.resolve() == masks.resolve():
        files = without_masks(files)
        mask_files = [path for path in mask_files if path not in set(files)]
    else:
        for note in passed_over(images, files):
            warning(note)
    matches = match_by_name(files, mask_files)
    problems = list(matches.problems)
    pairs, kinds = [], {}
    for found in matches.pairs:
        image = found.image
        origin = origins.get(image.name)
        try:
            pair, kinds[image.name] = _checked_pair(image, found.masks, ignored.by_image.get(image))
            pairs.append(replace(pair, movie=origin.source, file=origin.source_file) if origin else pair)
        except BadInput as error:
            names = f"{image.name} ← {found.masks[0].name}"
            problems.append(Problem.of(names, error, (image, *found.masks)))
    problems += _unlike_the_others(kinds)
    if not problems and not any(pair.objects for pair in pairs):
        problems.append(
            Problem(masks.name, "no mask holds an object", cure="draw ground truth and import it")
        )
    if problems:
        raise BadFolder(f"{masks}: {len(problems)} problems with masks for {images}", problems)
    return pairs


def read_labels_of(pair: Pair) -> LabelImage:
    """Read what was drawn on an image: its objects, and the pixels that are ignored, if there are any.

    Raises
    ------
    BadInput
        When a file is damaged, or the ignored pixels differ in size from the mask.
    """
    return _without_ignored(read_label_image(pair.mask), pair.ignored)


def _without_ignored(image: LabelImage, ignored: Path | None) -> LabelImage:
    return set_apart(image, read_ignored(ignored, image.labels.shape)) if ignored else image


def files_of(pairs: Iterable[Pair]) -> list[Path]:
    """List images, masks and files of ignored pixels, each image before what belongs to it."""
    return [path for pair in pairs for path in (pair.image, pair.mask, pair.ignored) if path]


def tables_of(pairs: Iterable[Pair]) -> list[Path]:
    """List the crop tables beside the images, which hold the movie of each and the scaling of its frame."""
    folders = dict.fromkeys(pair.image.parent for pair in pairs)
    return [table for folder in folders if (table := folder / NAME).is_file()]


def _flows_of_cellpose(files: Sequence[Path]) -> set[Path]:
    """Find flow files that Cellpose's own training wrote beside its images; they may belong to earlier masks."""
    stems = {file.stem for file in files}
    flows = {
        file for file in files if file.stem.endswith("_flows") and file.stem.removesuffix("_flows") in stems
    }
    if flows:
        warning(
            f"{files[0].parent}: {len(flows)} files that Cellpose wrote in an earlier training run (*_flows.tif) are "
            "ignored; flows are computed again"
        )
    return flows


def _checked_pair(image: Path, masks: tuple[Path, ...], ignored: Path | None) -> tuple[Pair, tuple[str, int]]:
    if len(masks) > 1:
        raise BadInput(
            f"{masks[0].name}: is one of {len(masks)} tiles",
            expected="one label image",
            cure=f"put them together with {command('masks')}",
        )
    facts = describe_image(image)
    drawn = read_label_image(masks[0], strict=True)
    cure = f"import the ground truth with {command('masks')}, which knows the border of training images"
    check_size(masks[0], drawn.labels.shape, facts.size, cure)
    labels = _without_ignored(drawn, ignored).labels
    areas = np.bincount(labels.reshape(-1))[1:]
    counts = len(areas), edge_objects(labels), int((areas < TINY).sum())
    pair = Pair(image, masks[0], image.name, *counts, ignored=ignored)
    return pair, (facts.dtype, facts.channels)


def _unlike_the_others(kinds: dict[str, tuple[str, int]]) -> list[Problem]:
    counted: dict[tuple[str, int], list[str]] = {}
    for name, kind in kinds.items():
        counted.setdefault(kind, []).append(name)
    if len(counted) < 2:
        return []
    usual = max(counted, key=lambda kind: len(counted[kind]))
    return [
        Problem(
            name,
            "differs in type from the other images",
            found=_kind(kind),
            expected=f"{_kind(usual)}, as {len(counted[usual])} others",
            cure="save all training images alike, or take it out of the folder",
        )
        for kind, names in counted.items()
        if kind != usual
        for name in names
    ]


def _kind(kind: tuple[str, int]) -> str:
    return f"{kind[0]}, {kind[1]} channel" + ("s" if kind[1] != 1 else "")
