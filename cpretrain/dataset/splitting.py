"""Division of pairs into training and validation sets that share no movie."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from cpretrain.dataset.pairs import Pair
from cpretrain.errors import BadInput
from cpretrain.runtime.listing import first_names
from cpretrain.runtime.spelling import option
from cpretrain.storage.csv_table import Row, open_table, read_rows

FEWEST_MOVIES = 5
"""Number of movies from which whole movies are kept on one side by default."""

VALIDATION_MOVIES = 3
"""Minimum number of validation movies, which an interval across movies needs, if as many remain for training."""

SplitBy = Literal["auto", "file", "movie", "image"]
EqualImages = Sequence[tuple[Pair, ...]]
"""Groups of two or more pairs whose images are equal."""

COLUMNS = ("image", "mask", "group", "set")
IGNORED = "ignored"
"""Column of the files of ignored pixels, which the table has only if an image has one."""

SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Training pairs, validation pairs and the in-training test set.

    Parameters
    ----------
    train, validation, test : tuple of Pair
        The three sets; `test` was taken from the training side and may be empty.
    by : {'file', 'movie', 'image'}
        Unit that was kept together.
    warnings : tuple of str
        Warnings for the user.
    """

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...] = ()
    by: Literal["file", "movie", "image"] = "image"
    warnings: tuple[str, ...] = ()


def split_pairs(
    pairs: Sequence[Pair],
    train_fraction: float = 0.8,
    split_by: SplitBy = "auto",
    seed: int = 0,
    test_fraction: float = 0.0,
    equal: EqualImages = (),
) -> Split:
    """Divide pairs at random into training and validation sets, neither of them empty.

    By movie, whole movies go to one side, and the number of movies is chosen so that the share of images comes
    closest to `train_fraction`; with six movies or more, at least three validate. The draw depends on the seed and on
    the names, not on the order of `pairs`.

    Parameters
    ----------
    pairs : sequence of Pair
        At least two pairs.
    train_fraction : float
        Share of the images used for training, between 0 and 1.
    split_by : {'auto', 'file', 'movie', 'image'}
        Unit that is kept together; ``file``: all positions of a file, which then counts as one movie; ``auto`` is by
        file if there are at least five files, else by movie if there are at least five movies.
    seed : int
        Seed of `numpy.random.default_rng`.
    test_fraction : float
        Share of the training images that is set aside as in-training test set; by movie if the split is by movie and
        the training side has at least five movies, otherwise by image.
    equal : sequence of tuple of Pair
        Groups of pairs whose images are equal: each stays on one side, and its movies count as one.

    Returns
    -------
    Split

    Raises
    ------
    BadInput
        When one of the sides would be empty.
    """
    known = pairs = tuple(sorted(pairs, key=lambda pair: (pair.image.name, str(pair.image))))
    if by_file := _keeps_files(pairs, split_by):
        pairs, equal = _as_files(pairs), [_as_files(same) for same in equal]
    movies = joined({pair: pair.movie for pair in pairs}, equal)
    groups = sorted(set(movies.values()))
    _check_several(pairs, groups, split_by)
    random = np.random.default_rng(seed)
    by_movie = split_by in ("file", "movie") or (split_by == "auto" and len(groups) >= FEWEST_MOVIES)
    images = _images_together(pairs, equal)
    units = movies if by_movie else images
    if by_movie:
        others = 1 if _unknown(pairs) else VALIDATION_MOVIES
        chosen = _whole_units(pairs, units, train_fraction, random, others)
    else:
        chosen = _some_images(pairs, units, train_fraction, random)
    train = [pair for pair in pairs if pair in chosen]
    validation = [_in_movie(pair, movies) for pair in pairs if pair not in chosen]
    test, warnings = _set_aside(train, test_fraction, movies if by_movie else None, images, random)
    return Split(
        tuple(_in_movie(pair, movies) for pair in train if pair not in test),
        tuple(validation),
        tuple(_in_movie(pair, movies) for pair in train if pair in test),
        ("file" if by_file and pairs != known else "movie") if by_movie else "image",
        (
            *_leaks(pairs, groups, by_movie, split_by),
            *_shared_files(train, validation, by_movie),
            *(_few(validation) if by_movie else ()),
            *warnings,
        ),
    )


def _check_several(pairs: Sequence[Pair], groups: Sequence[str], split_by: SplitBy) -> None:
    """Check that neither side would be empty."""
    if len(pairs) < 2:
        raise BadInput(
            f"{len(pairs)} training images cannot be split into training and validation",
            expected="at least two images with masks",
            cure="cut and draw more crops",
        )
    if split_by in ("file", "movie") and len(groups) < 2:
        raise BadInput(
            f"one {split_by} cannot be split by {split_by}",
            found=f"all {len(pairs)} images come from {groups[0]}",
            cure=f"add crops of other movies, or use {option('split_by', 'image')}",
        )


def split_known(
    pairs: Sequence[Pair],
    validation: Sequence[Pair],
    seed: int = 0,
    test_fraction: float = 0.0,
    equal: EqualImages = (),
) -> Split:
    """Train on all `pairs`, and validate on others that were chosen earlier.

    Parameters
    ----------
    pairs, validation : sequence of Pair
        The two sides.
    seed, test_fraction
        Draw of the in-training test set, as in `split_pairs`.
    equal : sequence of tuple of Pair
        Groups of pairs whose images are equal, from both sides together; a warning names those on both sides.

    Raises
    ------
    BadInput
        When an image is on both sides.
    """
    both = sorted({pair.image.name for pair in pairs} & {pair.image.name for pair in validation})
    if both:
        raise BadInput("training images are also validation images", found=", ".join(both)[:300])
    train = sorted(pairs, key=lambda pair: (pair.image.name, str(pair.image)))
    by_movie = {pair.movie for pair in train}.isdisjoint(pair.movie for pair in validation)
    movies = joined({pair: pair.movie for pair in train}, equal) if by_movie else None
    images = _images_together(train, equal)
    test, warnings = _set_aside(train, test_fraction, movies, images, np.random.default_rng(seed))
    warnings += _on_both_sides(train, validation, equal)
    if not by_movie:
        warnings.append(
            "movies are on both sides of the split, which makes validation scores better than on a new movie"
        )
    return Split(
        tuple(pair for pair in train if pair not in test),
        tuple(validation),
        tuple(pair for pair in train if pair in test),
        "movie" if by_movie else "image",
        tuple(warnings),
    )


def write_split(path: Path, parts: Split) -> None:
    """Write ``split.csv``, sorted by image name: columns image, mask, group, set (train, validation or test).

    There is one more column, for the file of ignored pixels, if an image has one.
    Files are named relative to the table's folder, so that an experiment can be moved as a whole.
    """
    rows = [(pair, "train") for pair in parts.train]
    rows += [(pair, "validation") for pair in parts.validation]
    rows += [(pair, "test") for pair in parts.test]
    some = any(pair.ignored for pair, _ in rows)
    with open_table(path, (*COLUMNS, IGNORED) if some else COLUMNS) as table:
        for pair, side in sorted(rows, key=lambda row: (row[0].image.name, str(row[0].image))):
            ignored = (_seen_from(path, pair.ignored) if pair.ignored else "",) if some else ()
            table.writerow(
                (_seen_from(path, pair.image), _seen_from(path, pair.mask), pair.movie, side, *ignored)
            )


def read_split(path: Path) -> Split:
    """Read ``split.csv``; object counts are not stored in it and are 0.

    Raises
    ------
    BadInput
        When it is not such a table, or an image is in two sets.
    """
    rows = list(read_rows(path, COLUMNS, partial(_pair_and_side, path.parent), what="a split"))
    sides = {name: [pair for pair, side in rows if side == name] for name in SIDES}
    pairs = [pair for side in sides.values() for pair in side]
    counted = Counter(pair.image for pair in pairs)
    twice = sorted(str(image) for image, count in counted.items() if count > 1)
    if twice or not sides["train"] or not sides["validation"]:
        raise BadInput(
            f"{path}: is not a split",
            found=f"in two sets: {', '.join(twice)}" if twice else "an empty training or validation set",
            expected="each image once, and images in both train and validation",
        )
    training = {pair.movie for pair in sides["train"] + sides["test"]}
    by_movie = training.isdisjoint(pair.movie for pair in sides["validation"])
    return Split(
        tuple(sides["train"]),
        tuple(sides["validation"]),
        tuple(sides["test"]),
        "movie" if by_movie else "image",
    )


def _pair_and_side(folder: Path, row: Row) -> tuple[Pair, str]:
    if row["set"] not in SIDES:
        raise ValueError(f"set {row['set']!r} is not one of {', '.join(SIDES)}")
    image, mask = ((folder / row[name]).resolve() for name in ("image", "mask"))
    ignored = (folder / row[IGNORED]).resolve() if row.get(IGNORED) else None
    return Pair(image, mask, row["group"], ignored=ignored), row["set"]


def _seen_from(table: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), table.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return str(file.resolve())


def _in_movie(pair: Pair, movies: Mapping[Pair, str]) -> Pair:
    """Return the pair with the movie that it counts towards, if movies are known."""
    return pair if pair.movie == pair.image.name else replace(pair, movie=movies[pair])


def joined(units: Mapping[Pair, str], equal: EqualImages) -> dict[Pair, str]:
    """Merge units (movies, or images) that share equal images, under the first of their names."""
    one_of = {name: name for name in units.values()}

    def first(name: str) -> str:
        while one_of[name] != name:
            name = one_of[name]
        return name

    for same in equal:
        names = sorted({first(units[pair]) for pair in same if pair in units})
        one_of |= dict.fromkeys(names, names[0]) if names else {}
    return {pair: first(name) for pair, name in units.items()}


def _images_together(pairs: Sequence[Pair], equal: EqualImages) -> dict[Pair, str]:
    """Map each pair to its image's name, equal images to one name; each to its own if all are equal."""
    own = {pair: str(pair.image) for pair in pairs}
    together = joined(own, equal)
    return together if len(set(together.values())) > 1 else own


def _whole_units(
    pairs: Sequence[Pair],
    units: Mapping[Pair, str],
    fraction: float,
    random: np.random.Generator,
    others: int = 1,
) -> set[Pair]:
    """Draw whole units with about a fraction of the pairs; `others` units remain if there are twice as many."""
    names = sorted({units[pair] for pair in pairs})
    sizes = Counter(units[pair] for pair in pairs)
    order = random.permutation(len(names))
    images = np.cumsum([sizes[names[index]] for index in order])
    count = 1 + int(np.argmin(np.abs(images[:-1] - fraction * len(pairs))))
    if len(names) >= 2 * others:
        count = min(count, len(names) - others)
    drawn = {names[index] for index in order[:count]}
    return {pair for pair in pairs if units[pair] in drawn}


def _some_images(
    pairs: Sequence[Pair], units: Mapping[Pair, str], fraction: float, random: np.random.Generator
) -> set[Pair]:
    """Draw about a fraction of the pairs, keeping equal images together."""
    if len({units[pair] for pair in pairs}) < len(pairs):
        return _whole_units(pairs, units, fraction, random)
    count = min(max(round(fraction * len(pairs)), 1), len(pairs) - 1)
    return {pairs[index] for index in random.permutation(len(pairs))[:count]}


def _set_aside(
    train: Sequence[Pair],
    fraction: float,
    movies: Mapping[Pair, str] | None,
    images: Mapping[Pair, str],
    random: np.random.Generator,
) -> tuple[set[Pair], list[str]]:
    """Choose the in-training test set: whole movies if these are kept together and there are enough of them."""
    if not fraction:
        return set(), []
    if len(train) == 1:
        return set(), ["only one training image: none is set aside as an in-training test set"]
    if movies and len({movies[pair] for pair in train}) >= FEWEST_MOVIES:
        return set(train) - _whole_units(train, movies, 1 - fraction, random), []
    if len({images[pair] for pair in train}) == 1:
        images = {pair: str(pair.image) for pair in train}
    return _some_images(train, images, fraction, random), []


def _unknown(pairs: Iterable[Pair]) -> bool:
    """Return whether the movies that the images come from are unknown."""
    return all(pair.movie == pair.image.name for pair in pairs)


def _few(validation: Sequence[Pair]) -> list[str]:
    """Return a warning if there are too few validation movies."""
    count = len({pair.movie for pair in validation})
    return [] if count >= VALIDATION_MOVIES or _unknown(validation) else [few_movies_note(count)]


def few_movies_note(count: int) -> str:
    """Return the sentence that this many validation movies are too few."""
    return (
        f"{count} validation movie{'s' * (count != 1)}: an interval that holds for other movies needs "
        f"{VALIDATION_MOVIES}; add movies (from {2 * VALIDATION_MOVIES} movies on, {VALIDATION_MOVIES} are used for "
        "validation)"
    )


def _on_both_sides(train: Sequence[Pair], validation: Sequence[Pair], equal: EqualImages) -> list[str]:
    """Return a warning about images that are in both sets under two names."""
    sides = set(train), set(validation)
    both = [same for same in equal if all(side.intersection(same) for side in sides)]
    if not both:
        return []
    count = sum(len(sides[1].intersection(same)) for same in both)
    named = first_names(" = ".join(pair.image.name for pair in same) for same in both)
    return [
        f"{count} of {len(validation)} validation images are exact copies of training images: {named}; remove one of "
        "each, or the scores say nothing about new images"
    ]


def _keeps_files(pairs: Sequence[Pair], split_by: SplitBy) -> bool:
    """Return whether all positions of a file stay together: on request, or if there are enough files."""
    files = len({pair.recording for pair in pairs})
    return split_by == "file" or (split_by == "auto" and files >= FEWEST_MOVIES)


def _as_files(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return the pairs with each file as one movie."""
    return tuple(replace(pair, movie=pair.recording) for pair in pairs)


def _shared_files(train: Sequence[Pair], validation: Sequence[Pair], by_movie: bool) -> list[str]:
    """Return a warning if positions of one file are on both sides."""
    shared = {pair.recording for pair in train} & {pair.recording for pair in validation}
    if not by_movie or not shared:
        return []
    return [
        f"positions of one file are on both sides ({first_names(sorted(shared))}): they were recorded together, which "
        f"makes the validation look better than it is on a new file; {option('split_by', 'file')} keeps files apart"
    ]


def _leaks(pairs: Sequence[Pair], groups: Sequence[str], by_movie: bool, split_by: SplitBy) -> list[str]:
    if _unknown(pairs):
        return [
            "it is not known which movie the images come from (no crops.csv beside them): crops of one movie may be "
            "on both sides of the split, which makes validation scores too good"
        ]
    if by_movie or len(groups) == len(pairs):
        return []
    why = (
        f"there are {len(groups)} movies, fewer than {FEWEST_MOVIES}"
        if split_by == "auto"
        else "as requested"
    )
    return [
        f"split by image ({why}): crops of one movie are on both sides of the split, which makes validation scores "
        "better than on a new movie"
    ]
