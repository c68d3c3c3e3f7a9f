"""Images that are identical in every pixel but have several names: copies, or one movie twice."""

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
    """Find pairs whose images have equal data pixels, whatever the type and border of the files.

    Returns
    -------
    list of tuple of Pair
        Groups of two or more equal ones. Images without contrast are not compared, since empty ones are all equal.
    """
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        digest = pixel_digest(pair.image)
        if digest:
            found[digest].append(pair)
    return [tuple(same) for same in found.values() if len(same) > 1]


def pixel_digest(path: Path) -> str | None:
    """Return the SHA-256 of an image's data pixels; None if these are all the same, or cannot be read."""
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
    """Return a sentence that names images present several times; none if there are no such images."""
    if not equal:
        return []
    named = first_names(" = ".join(pair.image.name for pair in same) for same in equal)
    count = sum(map(len, equal))
    return [
        f"{count} images are exact copies of others under other names, and stay on the same side of the split: "
        f"{named}; remove the copies"
    ]
