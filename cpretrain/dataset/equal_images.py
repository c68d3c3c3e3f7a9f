"""Images that are equal pixel by pixel under several names: copies, or one movie twice."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.reading import read_image
from cpretrain.errors import BadInput
from cpretrain.images.valid_box import valid_box
from cpretrain.runtime.listing import first_names


def find_equal(pairs: Iterable[Pair]) -> list[tuple[Pair, ...]]:
    """Find the pairs whose images are equal, by the pixels that hold data, whatever type and border the files have.

    Returns
    -------
    list of tuple of Pair
        Two or more equal ones together. Images without contrast are not compared: empty ones are equal by nature.
    """
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        digest = pixel_digest(pair.image)
        if digest:
            found[digest].append(pair)
    return [tuple(same) for same in found.values() if len(same) > 1]


def pixel_digest(path: Path) -> str | None:
    """SHA-256 of the pixels of an image that hold data; None where these are all the same, or cannot be read."""
    try:
        planes = read_image(path)
    except BadInput:
        return None
    box = valid_box(planes)
    if box is None:
        return None
    with np.errstate(over="ignore"):
        pixels = np.ascontiguousarray(planes[(slice(None), *box)], np.float32)
    if (pixels == pixels.flat[0]).all():
        return None
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def equal_note(equal: Sequence[tuple[Pair, ...]]) -> list[str]:
    """Say which images are there several times, in one sentence; none where there are none."""
    if not equal:
        return []
    named = first_names(" = ".join(pair.image.name for pair in same) for same in equal)
    count = sum(map(len, equal))
    return [
        f"{count} images are equal, pixel by pixel, to others under other names, and stay on one side: {named}; "
        "take the copies out"
    ]
