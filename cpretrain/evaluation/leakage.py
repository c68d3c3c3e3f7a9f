"""Whether a model was trained on what it is scored on: then its scores say nothing about new images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.splitting import read_split
from cpretrain.storage.hashing import hash_of


def trained_on(model: Path) -> list[Pair]:
    """Images that a model was trained on, by its ``split.csv``; those of its in-training test set among them.

    Raises
    ------
    BadInput
        When the table is not there, or is none.
    """
    parts = read_split(model / "split.csv")
    return [*parts.train, *parts.test]


def not_held_out(
    model: Path, record: Mapping[str, Any], views: Mapping[str, Sequence[Pair]], hashes: Mapping[str, str]
) -> tuple[str, ...]:
    """Say which images the model has seen in training, or other frames of the same movie.

    Parameters
    ----------
    model : pathlib.Path
        The model folder; its own validation images are not looked at again.
    record : mapping
        Its ``model.json``, with the SHA-256 of all its images.
    views : mapping of str to sequence of Pair
        What it is scored on.
    hashes : mapping of str to str
        SHA-256 of the images, by the names that a record gives its inputs.

    Returns
    -------
    tuple of str
        One sentence a view at most.
    """
    if set(views) == {"crop"} or not (model / "split.csv").is_file():
        return ()
    seen = trained_on(model)
    trained = {hash_of(pair.image, record.get("inputs", {})) for pair in seen} - {None}
    movies = {Path(pair.group).stem for pair in seen}
    said = []
    for name, pairs in views.items():
        if name == "crop":
            continue
        known = [pair for pair in pairs if hash_of(pair.image, hashes) in trained]
        related = [
            pair for pair in pairs if pair not in known and any(_is_of(pair, movie) for movie in movies)
        ]
        if known:
            said.append(
                f"{len(known)} of {len(pairs)} images were trained on: their scores say nothing about new ones"
            )
        if related:
            said.append(
                f"{len(related)} of {len(pairs)} {name}s are of movies that were trained on, which makes the model "
                "look better than it is on a new movie"
            )
    return tuple(said)


def _is_of(pair: Pair, movie: str) -> bool:
    """Whether an image is, by its name or its crops.csv, a frame or crop of this movie."""
    return any(
        name == movie or (name.startswith(movie) and not name[len(movie)].isalnum())
        for name in (pair.image.stem, Path(pair.group).stem)
    )
