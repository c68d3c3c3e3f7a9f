"""A movie with one file per frame, named by a pattern such as ``raw/img_*.tif``."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.tiff.movie import TiffMovie
from cpretrain.runtime.console import warning
from cpretrain.runtime.spelling import option


class FrameFiles:
    """Single-frame TIFFs that form one movie; one is open at a time.

    Parameters
    ----------
    path : pathlib.Path
        Pattern of the file names: ``*`` stands for any characters, ``?`` for one. Frames are in natural order, 2 before
        10.
    axes : str, optional
        Axes of each file, if stated wrongly there.

    Raises
    ------
    BadInput
        When no file matches, or the first one holds several frames.
    """

    def __init__(self, path: Path, axes: str | None = None) -> None:
        self.path, self._given = path, axes
        self.files = matching(path)
        first = self._open(0)
        first.close()
        self.axes = "T" + first.axes.replace("T", "")
        self.lengths = first.lengths | {"T": len(self.files)}
        self.dtype, self.calibration, self.is_rgb = first.dtype, first.calibration, first.is_rgb
        self.channels, self.images, self.notes = first.channels, first.images, first.notes
        self._expected = {axis: length for axis, length in self.lengths.items() if axis != "T"}

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), with the axes of its file."""
        movie = self._open(t)
        try:
            lengths = {axis: length for axis, length in movie.lengths.items() if axis != "T"}
            if (lengths, movie.dtype) != (self._expected, self.dtype):
                raise BadInput(
                    f"{movie.path}: frame {t} differs from the first frame, {self.files[0].name}",
                    found=f"{movie.dtype}, {lengths}",
                    expected=f"{self.dtype}, {self._expected}",
                )
            return movie.read(0)
        finally:
            movie.close()

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return that no plane is missing: a missing frame simply has no file."""
        return np.zeros((1, 1), bool)

    def close(self) -> None:
        """Do nothing: no file is open between two frames."""

    def _open(self, t: int) -> TiffMovie:
        movie = TiffMovie(self.files[t], self._given)
        frames = movie.lengths.get("T", 1)
        if frames != 1:
            movie.close()
            raise BadInput(
                f"{movie.path}: holds {frames} frames, but files of single frames are expected",
                cure=f"choose this file itself, or name its axes, for example {option('axes', 'ZYX')}",
            )
        return movie


def is_pattern(path: Path) -> bool:
    """Return whether a path stands for several files: its name has ``*`` or ``?``, and it does not exist itself."""
    return any(sign in path.name for sign in "*?") and not path.exists()


def matching(pattern: Path) -> list[Path]:
    """List the files that match a pattern, in natural order; brackets are literal, since file names contain them.

    Raises
    ------
    BadInput
        When no file matches.
    """
    signs = {"*": "(.*)", "?": "(.)"}
    name = re.compile("".join(signs.get(sign) or re.escape(sign) for sign in pattern.name))
    folder = pattern.parent
    there = folder.iterdir() if folder.is_dir() else ()
    fitting = {file: name.fullmatch(file.name) for file in there if not file.name.startswith(".")}
    found = {file: fits.groups() for file, fits in fitting.items() if fits is not None}
    if not found:
        raise BadInput(f"{pattern}: no file matches this pattern")
    files = sorted(found, key=lambda file: _natural(file.name))
    _warn_of_gaps(pattern, [found[file] for file in files])
    return files


def _natural(name: str) -> list[tuple[int, int | str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts]


def _warn_of_gaps(pattern: Path, wild: list[tuple[str, ...]]) -> None:
    """Warn about irregular steps in the frame numbers: a file may be missing."""
    texts = ["".join(groups) for groups in wild]
    if len(texts) < 3 or not all(text.isdecimal() for text in texts):
        return
    numbers = np.array([int(text) for text in texts])
    steps = np.diff(numbers)
    odd = np.flatnonzero(steps != steps.min())
    if odd.size:
        before, after = numbers[odd[0]], numbers[odd[0] + 1]
        warning(f"{pattern}: the numbers go from {before} to {after}; is a frame missing?")
