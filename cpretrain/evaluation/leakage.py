"""Detect images that a model was trained on: its scores on them say nothing about new images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cpretrain.dataset.equal_images import pixel_digest
from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.images.positions import stem_in_name
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.models.folder import ModelFolder
from cpretrain.storage.hashing import hash_of


def trained_on(model: Path) -> list[Pair]:
    """List the images that a model was trained on, including its in-training test set, from its ``split.csv``.

    Raises
    ------
    BadInput
        When the table does not exist, or cannot be read.
    """
    parts = read_split(ModelFolder(model).split)
    return [*parts.train, *parts.test]


def not_held_out(
    model: Path,
    record: Mapping[str, Any],
    image_sets: Mapping[str, Sequence[Pair]],
    hashes: Mapping[str, str],
) -> tuple[str, ...]:
    """Return warnings about images that the model has seen in training, or whose movie it has seen.

    Parameters
    ----------
    model : pathlib.Path
        The model folder.
    record : mapping
        Its ``model.json``, with the SHA-256 of all its images.
    image_sets : mapping of str to sequence of Pair
        Images that it is scored on. For its own validation images, only the pixels are compared.
    hashes : mapping of str to str
        SHA-256 of the images, by the names in a record's inputs.

    Returns
    -------
    tuple of str
        At most two sentences per image set.
    """
    if not ModelFolder(model).split.is_file():
        return ()
    seen = trained_on(model)
    said = []
    for name, pairs in image_sets.items():
        known = _known(pairs, seen, record, {} if name == "crop" else hashes)
        related = (
            [] if name == "crop" else [pair for pair in pairs if pair not in known and _related(pair, seen)]
        )
        if known:
            said.append(
                f"{len(known)} of {len(pairs)} images were trained on: their scores say nothing about new images"
            )
        if related:
            said.append(
                f"{len(related)} of {len(pairs)} {name}s are from movies that were trained on, which makes the model "
                "look better than it would on a new "
                "movie"
            )
    return tuple(said)


def _known(
    pairs: Sequence[Pair], seen: Sequence[Pair], record: Mapping[str, Any], hashes: Mapping[str, str]
) -> list[Pair]:
    """List the images that were trained on: the same file, or the same pixels if the training images still exist."""
    trained = {hash_of(pair.image, record.get("inputs", {})) for pair in seen} - {None}
    sizes = {_size(pair.image) for pair in seen} - {None}
    digests = {pixel_digest(pair.image) for pair in seen if pair.image.is_file()} - {None} if sizes else set()
    return [
        pair
        for pair in pairs
        if hash_of(pair.image, hashes) in trained
        or (_size(pair.image) in sizes and pixel_digest(pair.image) in digests)
    ]


def _size(image: Path) -> tuple[int, int] | None:
    """Return height and width, None if the image is missing; it spares reading frames, which differ from crops."""
    try:
        return describe_image(image).size
    except BadInput:
        return None


def _related(pair: Pair, seen: Sequence[Pair]) -> bool:
    """Return whether an image belongs to a movie that was trained on: by its ``crops.csv``, else by its name."""
    movies = {stem_in_name(one.movie) for one in seen}
    if pair.movie != pair.image.name:
        return not movies.isdisjoint((stem_in_name(pair.movie), Path(pair.recording).stem))
    return any(_is_of(pair, movie) for movie in movies)


def _is_of(pair: Pair, movie: str) -> bool:
    """Return whether an image is, judged by its name, a frame or crop of this movie."""
    name = pair.image.stem
    return name == movie or (name.startswith(movie) and not name[len(movie)].isalnum())
