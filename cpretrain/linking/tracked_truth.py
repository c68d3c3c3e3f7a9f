"""Tracked ground truth in the format of the Cell Tracking Challenge.

A folder ``TRA`` holds ``man_track.txt``, with a line ``L B E P`` per track (label, first and last frame, label of the
track that it divided from or 0), and ``man_track000.tif``, … whose pixels are the labels. A folder ``SEG`` beside it
holds ``man_seg000.tif``, …, exact outlines, often of a few frames only; for stacks also ``man_seg_000_002.tif``, of
one plane. The format is described at https://celltrackingchallenge.net/datasets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, short
from cpretrain.images.timelapse import TimeLapse

TABLE = "man_track.txt"
_MARKERS = re.compile(r"man_track(\d+)\.tif", re.IGNORECASE)
_OUTLINES = re.compile(r"man_seg_?(\d+)(?:_(\d+))?\.tif", re.IGNORECASE)


@dataclass(frozen=True)
class TrackedTruth:
    """Tracked ground truth of one movie.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that holds ``TRA``, and ``SEG`` if there are exact outlines.
    """

    folder: Path

    @cached_property
    def parents(self) -> dict[int, int]:
        """The track that each track divided from, 0 for none, by label.

        Raises
        ------
        BadInput
            When the table cannot be read.
        """
        table = self.folder / "TRA" / TABLE
        try:
            lines = [line.split() for line in table.read_text(encoding="utf-8").splitlines()]
            return {int(line[0]): int(line[3]) for line in lines if line}
        except (OSError, ValueError, IndexError) as error:
            raise BadInput(
                f"{table}: is not a table of tracks of the Cell Tracking Challenge",
                found=short(error),
                expected="lines of four whole numbers: label, first frame, last frame, parent",
            ) from error

    @cached_property
    def frames(self) -> dict[int, Path]:
        """The label images of tracks, by frame."""
        return {int(match[1]): path for path, match in _matching(self.folder / "TRA", _MARKERS)}

    def markers(self, frame: int, planes: int) -> NDArray[Any] | None:
        """Return the labels of a frame, ndarray of int, shape (Z, Y, X); None without a label image."""
        path = self.frames.get(frame)
        return None if path is None else _labels(path, planes)

    def outlines(self, frame: int, planes: int) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield the exact outlines of a frame: the planes that they are of, and labels of shape (Z, Y, X)."""
        for path, match in self._outlines.get(frame, []):
            if match[2] is None:
                yield slice(0, planes), _labels(path, planes)
            else:
                yield slice(int(match[2]), int(match[2]) + 1), _labels(path, 1)

    @cached_property
    def _outlines(self) -> dict[int, list[tuple[Path, re.Match[str]]]]:
        of_frame: dict[int, list[tuple[Path, re.Match[str]]]] = {}
        for path, match in _matching(self.folder / "SEG", _OUTLINES):
            of_frame.setdefault(int(match[1]), []).append((path, match))
        return of_frame


def find_truth(folder: Path, name: str) -> TrackedTruth | None:
    """Find the tracked ground truth of a movie.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with ``NAME_GT`` (as in the challenge's downloads) or ``NAME`` for each movie.
    name : str
        The movie's name without its ending.

    Returns
    -------
    TrackedTruth or None
        None if there is none for this movie.
    """
    for place in (folder / f"{name}_GT", folder / name):
        if (place / "TRA" / TABLE).is_file():
            return TrackedTruth(place)
    return None


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    if not folder.is_dir():
        return []
    return [(path, match) for path in sorted(folder.iterdir()) if (match := pattern.fullmatch(path.name))]


def _labels(path: Path, planes: int) -> NDArray[Any]:
    with TimeLapse(path, "ZYX" if planes > 1 else None) as image:
        return np.asarray(image.frame(0)[:, 0])
