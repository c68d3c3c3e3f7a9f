"""Interface to the planes of a movie, by frame, z plane and channel; some may be missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Index = tuple[int | slice, ...]
"""One position or all positions, for each axis."""


class Planes(Protocol):
    """Planes with named axes; some may be missing."""

    axes: str
    """One letter per axis, as the file states them, with Y and X among the last."""
    shape: tuple[int, ...]
    dtype: np.dtype
    files: list[Path]
    images: int
    notes: list[str]
    """Sentences on what was guessed, is missing or was left out."""
    why_missing: str
    """Likely reason for missing planes, as part of a sentence."""

    @property
    def there(self) -> NDArray[np.bool_] | None:
        """True for planes that are present, along the first axes; None if all are."""

    def read(self, index: Index) -> NDArray[Any]:
        """Read the planes at `index`; missing ones read as zeros."""


def named_places(places: NDArray[np.bool_], axes: str) -> str:
    """Describe positions in words, for example ``channel 2 of frames 1 to 3, 5``; frames are counted from 0.

    Parameters
    ----------
    places : ndarray of bool, shape (T, Z, C) or that of its `axes`
        True at the positions to describe.
    axes : str
        Letters from TZC.
    """
    order = [axes.index(axis) for axis in "ZCT" if axis in axes]
    by_frame = places.transpose(order).reshape(*(places.shape[i] for i in order if axes[i] != "T"), -1)
    if "T" not in axes:
        by_frame = places.transpose(order)[..., np.newaxis]
    groups: dict[tuple[int, ...], list[str]] = {}
    for place in np.argwhere(by_frame.any(axis=-1)):
        frames = tuple(np.flatnonzero(by_frame[tuple(place)]).tolist())
        letters = [axes[i] for i in order if axes[i] != "T"]
        words = {"Z": "z plane", "C": "channel"}
        name = ", ".join(
            f"{words[a]} {n + 1}"
            for a, n in zip(letters, place, strict=True)
            if places.shape[axes.index(a)] > 1
        )
        groups.setdefault(frames, []).append(name)
    texts = [
        "; ".join(filter(None, names)) + (" of " * any(names) + counted(frames) if "T" in axes else "")
        for frames, names in groups.items()
    ]
    return " and ".join(texts[:4]) + (" and others" if len(texts) > 4 else "")


def counted(frames: tuple[int, ...] | list[int]) -> str:
    """List frames in words, for example ``frames 1 to 3, 5``."""
    runs = list(_runs(frames))
    texts = [f"{first} to {last}" if last > first else f"{first}" for first, last in runs[:6]]
    return ("frames " if len(frames) > 1 else "frame ") + ", ".join(texts) + ", …" * (len(runs) > 6)


def _runs(numbers: tuple[int, ...] | list[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last
