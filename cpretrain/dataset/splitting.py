"""Division of pairs into training and validation images that share no movie."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cpretrain.dataset.pairs import Pair
from cpretrain.errors import BadInput
from cpretrain.storage.atomic import write_text

FEWEST_MOVIES = 5
"""From this many movies on, whole movies are put on one side by default."""

COLUMNS = ("image", "mask", "group", "set")


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


def _seen_from(table: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), table.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return str(file.resolve())


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
