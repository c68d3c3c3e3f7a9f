"""Pairs of training image and mask: found, checked, and split so that no movie is on both sides."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cpretrain.atomic import write_text
from cpretrain.crops_table import read_crops
from cpretrain.errors import BadInput
from cpretrain.problems import BadFolder, Problem
from cpretrain.progress import warn
from cpretrain.qupath.label_image import read_label_image
from cpretrain.qupath.pairing import is_vector_file, match, without_masks
from cpretrain.qupath.tiff_plane import describe_image
from cpretrain.timelapse import list_images

FEWEST_MOVIES = 5
"""From this many movies on, whole movies are put on one side by default."""

TINY = 9
"""Objects of fewer pixels than this are counted as tiny."""

COLUMNS = ("image", "mask", "group", "set")


@dataclass(frozen=True)
class Pair:
    """A training image and its mask.

    Parameters
    ----------
    image, mask : pathlib.Path
        The two files.
    group : str
        The movie that the image was cut from; the image's own name where that is not known.
    objects, touching_border, tiny : int
        Number of objects, of those at the image's edge, and of those smaller than `TINY` pixels.
    """

    image: Path
    mask: Path
    group: str
    objects: int = 0
    touching_border: int = 0
    tiny: int = 0


@dataclass(frozen=True)
class Split:
    """Which pairs train, which validate, and which are the in-training test set.

    Parameters
    ----------
    train, validation, test : tuple of Pair
        The three sets; `test` was taken out of the training side and may be empty.
    by : {'movie', 'image'}
        What was kept together.
    warnings : tuple of str
        What a person should know about it.
    """

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...] = ()
    by: Literal["movie", "image"] = "image"
    warnings: tuple[str, ...] = ()


def load_pairs(images: Path, masks: Path) -> list[Pair]:
    """Pair a folder of images with a folder of label images, and check every pair.

    Parameters
    ----------
    images, masks : pathlib.Path
        The folders; they may be one and the same. Outlines (GeoJSON, ROIs) are not read here.

    Returns
    -------
    list of Pair
        By file name, images without objects among them.

    Raises
    ------
    BadFolder
        All that is wrong, in one go: no partner, several partners, sizes that differ, images of several types
        or channel numbers, masks that are damaged or hold no instances, no objects at all.
    """
    images, masks = Path(images), Path(masks)
    origins = read_crops(images)
    files = list_images(images)
    flows = _flows_of_cellpose(files)
    files = [path for path in files if path not in flows]
    mask_files = [path for path in list_images(masks) if not is_vector_file(path) and path not in flows]
    if images.resolve() == masks.resolve():
        files = without_masks(files)
        mask_files = [path for path in mask_files if path not in set(files)]
    matches = match(files, mask_files)
    problems = list(matches.problems)
    pairs, kinds = [], {}
    for found in matches.pairs:
        image = found.image
        group = origins[image.name].source if image.name in origins else image.name
        try:
            pair, kinds[image.name] = _checked_pair(image, found.masks, group)
            pairs.append(pair)
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


def split(
    pairs: Sequence[Pair],
    train_fraction: float = 0.8,
    split_by: Literal["auto", "movie", "image"] = "auto",
    seed: int = 0,
    test_fraction: float = 0.0,
) -> Split:
    """Divide pairs at random into training and validation, neither of them empty.

    By movie, whole movies go to one side, and the number of movies is chosen so that the share of images comes
    nearest to `train_fraction`. The draw depends on the seed and on the names, not on the order of `pairs`.

    Parameters
    ----------
    pairs : sequence of Pair
        At least two.
    train_fraction : float
        Share of the images used for training, between 0 and 1.
    split_by : {'auto', 'movie', 'image'}
        What is kept together; ``auto`` is by movie where there are at least five movies.
    seed : int
        Seed of `numpy.random.default_rng`.
    test_fraction : float
        Share of the training images that is set aside as in-training test set; by movie where the split is and the
        training side has at least five movies, otherwise by image.

    Returns
    -------
    Split

    Raises
    ------
    BadInput
        When one of the sides would be empty.
    """
    pairs = sorted(pairs, key=lambda pair: (pair.image.name, str(pair.image)))
    groups = sorted({pair.group for pair in pairs})
    if len(pairs) < 2:
        raise BadInput(
            f"{len(pairs)} training images cannot be split into training and validation",
            expected="at least two images with masks",
            cure="cut and draw more crops",
        )
    if split_by == "movie" and len(groups) < 2:
        raise BadInput(
            "one movie cannot be split by movie",
            found=f"all {len(pairs)} images come from {groups[0]}",
            cure="add crops of other movies, or use --split-by image",
        )
    random = np.random.default_rng(seed)
    by_movie = split_by == "movie" or (split_by == "auto" and len(groups) >= FEWEST_MOVIES)
    if by_movie:
        chosen = _whole_movies(pairs, groups, train_fraction, random)
    else:
        count = min(max(round(train_fraction * len(pairs)), 1), len(pairs) - 1)
        chosen = set(random.permutation(len(pairs))[:count].tolist())
    train = [pair for index, pair in enumerate(pairs) if index in chosen]
    validation = [pair for index, pair in enumerate(pairs) if index not in chosen]
    test, warnings = _set_aside(train, test_fraction, by_movie, random)
    return Split(
        tuple(pair for pair in train if pair not in test),
        tuple(validation),
        tuple(pair for pair in train if pair in test),
        "movie" if by_movie else "image",
        (*_leaks(pairs, groups, by_movie, split_by), *warnings),
    )


def split_known(
    pairs: Sequence[Pair], validation: Sequence[Pair], seed: int = 0, test_fraction: float = 0.0
) -> Split:
    """Train on all `pairs`, and validate on others that were chosen before.

    Parameters
    ----------
    pairs, validation : sequence of Pair
        The two sides.
    seed, test_fraction
        For the in-training test set, as in `split`.

    Raises
    ------
    BadInput
        When an image is on both sides.
    """
    both = sorted({pair.image.name for pair in pairs} & {pair.image.name for pair in validation})
    if both:
        raise BadInput("images to train on are validation images too", found=", ".join(both)[:300])
    train = sorted(pairs, key=lambda pair: (pair.image.name, str(pair.image)))
    by_movie = {pair.group for pair in train}.isdisjoint(pair.group for pair in validation)
    test, warnings = _set_aside(train, test_fraction, by_movie, np.random.default_rng(seed))
    if not by_movie:
        warnings.append(
            "movies are on both sides, which makes the validation look better than it is on a new movie"
        )
    return Split(
        tuple(pair for pair in train if pair not in test),
        tuple(validation),
        tuple(pair for pair in train if pair in test),
        "movie" if by_movie else "image",
        tuple(warnings),
    )


def write_split(path: Path, parts: Split) -> None:
    """Write ``split.csv``: columns image, mask, group, set (train, validation or test), by image name.

    Files are named relative to the folder of the table, so that an experiment can be moved as a whole.
    """
    rows = [(pair, "train") for pair in parts.train]
    rows += [(pair, "validation") for pair in parts.validation]
    rows += [(pair, "test") for pair in parts.test]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for pair, side in sorted(rows, key=lambda row: (row[0].image.name, str(row[0].image))):
        table.writerow((_seen_from(path, pair.image), _seen_from(path, pair.mask), pair.group, side))
    write_text(path, text.getvalue())


def read_split(path: Path) -> Split:
    """Read ``split.csv`` again; counts of objects are not in it and come back as 0.

    Raises
    ------
    BadInput
        When it is no such table, or an image is in two sets.
    """
    sides: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                image, mask = ((path.parent / row[column]).resolve() for column in ("image", "mask"))
                pair = Pair(image, mask, row["group"])
                sides[row["set"]].append(pair)
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(
            f"{path}: is not a split",
            found=f"{type(error).__name__}: {error}",
            expected="columns image, mask, group and set, with set one of train, validation, test",
        ) from error
    pairs = [pair for side in sides.values() for pair in side]
    counted = Counter(pair.image for pair in pairs)
    twice = sorted(str(image) for image, count in counted.items() if count > 1)
    if twice or not sides["train"] or not sides["validation"]:
        raise BadInput(
            f"{path}: is not a split",
            found=f"in two sets: {', '.join(twice)}" if twice else "an empty training or validation set",
            expected="each image once, and images in both train and validation",
        )
    training = {pair.group for pair in sides["train"] + sides["test"]}
    by_movie = training.isdisjoint(pair.group for pair in sides["validation"])
    return Split(
        tuple(sides["train"]),
        tuple(sides["validation"]),
        tuple(sides["test"]),
        "movie" if by_movie else "image",
    )


def files_of(pairs: Iterable[Pair]) -> list[Path]:
    """List images and masks, each image before its mask."""
    return [path for pair in pairs for path in (pair.image, pair.mask)]


def _flows_of_cellpose(files: Sequence[Path]) -> set[Path]:
    """Find the flows that Cellpose's own training wrote beside its images; they may be of earlier masks."""
    stems = {file.stem for file in files}
    flows = {
        file for file in files if file.stem.endswith("_flows") and file.stem.removesuffix("_flows") in stems
    }
    if flows:
        warn(
            f"{files[0].parent}: {len(flows)} files that Cellpose wrote in an earlier training (*_flows.tif) are not "
            "read; flows are computed anew"
        )
    return flows


def _seen_from(table: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), table.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return str(file.resolve())


def _checked_pair(image: Path, masks: tuple[Path, ...], group: str) -> tuple[Pair, tuple[str, int]]:
    if len(masks) > 1:
        raise BadInput(
            f"{masks[0].name}: is one of {len(masks)} tiles",
            expected="one label image",
            cure="put them together with cpretrain masks",
        )
    facts = describe_image(image)
    labels = read_label_image(masks[0], strict=True).labels
    if labels.shape != facts.size:
        raise BadInput(
            f"{masks[0]}: has another size than its image",
            found=f"{labels.shape[0]} × {labels.shape[1]} (height × width)",
            expected=f"{facts.size[0]} × {facts.size[1]}",
            cure="import the ground truth with cpretrain masks, which knows the border of training images",
        )
    areas = np.bincount(labels.reshape(-1))[1:]
    pair = Pair(image, masks[0], group, len(areas), edge_objects(labels), int((areas < TINY).sum()))
    return pair, (facts.dtype, facts.channels)


def edge_objects(labels: np.ndarray) -> int:
    """Count the objects of a label image (axes y, x) that touch its edge."""
    if labels.size == 0:
        return 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.count_nonzero(np.unique(edge)))


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
            "is of another type than the other images",
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


def _whole_movies(
    pairs: Sequence[Pair], groups: Sequence[str], fraction: float, random: np.random.Generator
) -> set[int]:
    order = random.permutation(len(groups))
    images = np.cumsum([sum(pair.group == groups[index] for pair in pairs) for index in order])
    count = 1 + int(np.argmin(np.abs(images[:-1] - fraction * len(pairs))))
    training = {groups[index] for index in order[:count]}
    return {index for index, pair in enumerate(pairs) if pair.group in training}


def _set_aside(
    train: Sequence[Pair], fraction: float, by_movie: bool, random: np.random.Generator
) -> tuple[set[Pair], list[str]]:
    """Choose the in-training test set; whole movies where movies are kept together and there are enough of them."""
    if not fraction:
        return set(), []
    if len(train) == 1:
        return set(), ["one training image: none is set aside as in-training test set"]
    groups = sorted({pair.group for pair in train})
    if by_movie and len(groups) >= FEWEST_MOVIES:
        kept = _whole_movies(train, groups, 1 - fraction, random)
        return {pair for index, pair in enumerate(train) if index not in kept}, []
    count = min(max(round(fraction * len(train)), 1), len(train) - 1)
    return {train[index] for index in random.permutation(len(train))[:count]}, []


def _leaks(
    pairs: Sequence[Pair], groups: Sequence[str], by_movie: bool, split_by: Literal["auto", "movie", "image"]
) -> list[str]:
    if all(pair.group == pair.image.name for pair in pairs):
        return [
            "it is not known which movie the images come from (no crops.csv beside them): crops of one movie may "
            "be on both sides, which makes the validation look better than it is"
        ]
    if by_movie or len(groups) == len(pairs):
        return []
    why = f"there are {len(groups)} movies, fewer than {FEWEST_MOVIES}" if split_by == "auto" else "as asked"
    return [
        f"split by image ({why}): crops of one movie are on both sides, which makes the validation look better "
        "than it is on a new movie"
    ]
