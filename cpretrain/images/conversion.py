"""Convert pixel types that cannot be measured to grey values, by a rule that the user chooses."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.dtypes import round_to_dtype
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.runtime.spelling import option
from cpretrain.settings.base import Conversion

WEIGHTS = {
    "luminance": (0.299, 0.587, 0.114),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
}
"""Shares of red, green and blue; the luminance is that of ITU-R BT.601."""
MEASURED = ("uint8", "uint16", "float32")
"""Pixel types that the plugin measures."""
_UNSIGNED = {"int8": "uint8", "int16": "uint16"}


class Readable(Protocol):
    """A movie whose frames can be converted."""

    axes: str
    lengths: dict[str, int]
    dtype: np.dtype
    is_rgb: bool
    images: int
    notes: list[str]
    calibration: Calibration
    channels: Channels

    @property
    def path(self) -> Any:
        """Path of the movie, for errors."""

    @property
    def files(self) -> Any:
        """Files that the movie consists of."""

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t`."""

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return which planes of frame `t` are missing."""

    def close(self) -> None:
        """Close the movie."""


class Converted:
    """A movie whose pixels are converted to grey values by a rule, which is recorded in its `notes`.

    Parameters
    ----------
    movie : Readable
        The movie as it was recorded.
    rule : str
        ``offset``: signed integers plus half their range; ``float``: pixels of types that cannot be measured, as 32-bit
        floats; ``luminance``, ``red``, ``green`` or ``blue`` of RGB.

    Raises
    ------
    BadInput
        When the rule does not fit the pixels.
    """

    is_rgb = False

    def __init__(self, movie: Readable, rule: Conversion) -> None:
        self._movie, self._rule = movie, rule
        self.path, self.files, self.images = movie.path, movie.files, movie.images
        self.calibration, self.channels = movie.calibration, movie.channels
        self.axes, self.lengths, self.dtype = movie.axes, dict(movie.lengths), movie.dtype
        take = {"offset": self._take_offset, "float": self._take_float}.get(rule, self._take_colours)
        self.notes = [*movie.notes, take()]

    def _take_offset(self) -> str:
        name = self._movie.dtype.name
        if name not in _UNSIGNED:
            raise self._misfit("pixels of type int8 or int16")
        self._offset = -int(np.iinfo(self._movie.dtype).min)
        self.dtype = np.dtype(_UNSIGNED[name])
        self.calibration = replace(self.calibration, value_offset=-float(self._offset))
        return f"{self._offset} was added to pixels of type {name} ({option('convert', 'offset')})"

    def _take_float(self) -> str:
        dtype = self._movie.dtype
        if self._movie.is_rgb or dtype.name in MEASURED:
            raise self._misfit(f"grey values of another type than {', '.join(MEASURED)}")
        self.dtype = np.dtype(np.float32)
        exact = np.can_cast(dtype, np.float32)
        rounded = "" if exact else "; they are rounded to 24 bits" + ", about 7 digits" * (dtype.kind == "f")
        return f"pixels of type {dtype.name} became 32-bit floats{rounded} ({option('convert', 'float')})"

    def _take_colours(self) -> str:
        if not self._movie.is_rgb or self._movie.lengths["C"] not in (3, 4):
            raise self._misfit("RGB")
        red, green, blue = WEIGHTS[self._rule]
        self.axes = self.axes.replace("C", "")
        del self.lengths["C"]
        self.channels = Channels()
        grey = f"{red:g} red + {green:g} green + {blue:g} blue" if self._rule == "luminance" else self._rule
        return f"RGB became grey values: {grey} ({option('convert', self._rule)})"

    def _misfit(self, expected: str) -> BadInput:
        found = "RGB" if self._movie.is_rgb else f"pixels of type {self._movie.dtype.name}"
        return BadInput(
            f"{self.path}: {option('convert', self._rule)} does not fit the pixels",
            found=found,
            expected=expected,
            cure=f"leave out {option('convert')}, or choose another rule",
        )

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), converted, with the file's axes except T (and except its colours)."""
        pixels = self._movie.read(t)
        if self._rule == "float":
            return pixels.astype(np.float32)
        if self._rule == "offset":
            return (pixels.astype(np.int32) + self._offset).astype(self.dtype)
        colours = np.moveaxis(pixels, self._movie.axes.replace("T", "").index("C"), -1)[..., :3]
        if self._rule != "luminance":
            return np.asarray(colours[..., ("red", "green", "blue").index(self._rule)])
        return round_to_dtype(colours @ np.array(WEIGHTS[self._rule]), self.dtype)

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return which planes of frame `t` are missing, ndarray of bool, shape (Z, C) or (1, 1)."""
        return self._movie.missing(t)

    def close(self) -> None:
        """Close the file."""
        self._movie.close()
