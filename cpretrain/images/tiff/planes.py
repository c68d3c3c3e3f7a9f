"""The planes of a movie, wherever they lie: by frame, z plane and channel, some of them not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Index = tuple[int | slice, ...]
"""A place or all places, for each axis."""


class Planes(Protocol):
    """Planes with named axes, of which some may be missing."""

    axes: str
    """A letter for each axis, as the file states them, Y and X among the last."""
    shape: tuple[int, ...]
    dtype: np.dtype
    files: list[Path]
    images: int
    notes: list[str]
    """What was guessed, is missing or left out, in words for people."""
    why_missing: str
    """Why planes may be missing."""

    @property
    def there(self) -> NDArray[np.bool_] | None:
        """Which planes there are, along the first axes; None where none is missing."""

    def read(self, index: Index) -> NDArray[Any]:
        """Read what `index` says, planes that are not there as zeros."""


def named_places(places: NDArray[np.bool_], axes: str) -> str:
    """Say in words where planes are, for example ``channel 2 of frames 1 to 3, 5``; frames are counted from 0.

    Parameters
    ----------
    places : ndarray of bool
        True where they are, along `axes`.
    axes : str
        Letters of TZC.
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
    """Say which frames, for example ``frames 1 to 3, 5``."""
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
