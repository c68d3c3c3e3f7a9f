"""Metadata of images: names and colours of channels, pixel size and frame interval."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Mode = Literal["composite", "color", "grayscale"]
Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Channels:
    """Names of an image's channels, and the colours in which they are shown.

    Parameters
    ----------
    names : tuple of str
        One name per channel; empty if the file has none.
    colours : ndarray of uint8, shape (C, 3, 256), optional
        Red, green and blue for the 256 levels of each channel; None if the file does not state them.
    mode : {'composite', 'color', 'grayscale'}
        ImageJ's display of the channels: together, one at a time, or without colours.
    ome : dict, optional
        Further metadata of image and channels in an OME-TIFF, as tifffile writes it; None for other files.
    """

    names: tuple[str, ...] = ()
    colours: NDArray[np.uint8] | None = None
    mode: Mode = "grayscale"
    ome: dict[str, Any] | None = field(default=None)


def table_of(colour: Colour) -> NDArray[np.uint8]:
    """Return the lookup table of a colour, ndarray of uint8, shape (3, 256): from black to the colour."""
    return (np.outer(colour, np.arange(256)) // 255).astype(np.uint8)


def colour_of(table: NDArray[np.uint8]) -> Colour:
    """Return the brightest colour (red, green, blue) of a lookup table, ndarray of uint8, shape (3, 256)."""
    red, green, blue = (int(level) for level in table[:, -1])
    return red, green, blue


def from_rgba(value: int) -> Colour:
    """Decode a colour in OME's form: red, green, blue and opacity, one byte each, as a signed number."""
    red, green, blue, _ = (value % 2**32).to_bytes(4, "big")
    return red, green, blue


def to_rgba(colour: Colour) -> int:
    """Encode an opaque colour in OME's form."""
    return int.from_bytes(bytes((*colour, 255)), "big", signed=True)


@dataclass
class Calibration:
    """Physical size of a pixel, and time between frames.

    Parameters
    ----------
    pixel_size : tuple of float
        Size of a voxel in z, y, x, in `unit`; 1.0 if the file does not state it.
    unit : str
        Unit of length, for example ``"µm"``, or ``"pixel"``.
    frame_interval : float
        Seconds between frames; 0.0 if the file does not state it.
    value_offset : float
        Offset from a stored grey value to the recorded one, as in ImageJ's calibration of signed pixels.
    z_step_stated : bool
        False if the file states the size of a pixel, but not the distance between planes.
    """

    pixel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unit: str = "pixel"
    frame_interval: float = 0.0
    value_offset: float = 0.0
    z_step_stated: bool = True

    @classmethod
    def in_micrometres(cls, z: float, y: float, x: float, frame_interval: float) -> "Calibration":
        """Return the calibration of a file with these sizes in µm, each of them 0 if it is not stated."""
        stated = z > 0
        if not (y > 0 and x > 0):
            return cls(frame_interval=frame_interval, z_step_stated=stated)
        return cls((z if stated else 1.0, y, x), "µm", frame_interval, z_step_stated=stated)

    @property
    def anisotropy(self) -> float:
        """Distance between neighbouring planes in pixels; 1 if the sizes are not known."""
        z, _, x = self.pixel_size
        return z / x if z > 0 and x > 0 else 1.0

    def as_attrs(self) -> dict[str, Any]:
        """Return the calibration as plain values, for the ``attrs`` of a labelled array."""
        plain = asdict(self) | {"pixel_size": list(self.pixel_size)}
        left_out = {"z_step_stated"} if self.value_offset else {"z_step_stated", "value_offset"}
        return {name: value for name, value in plain.items() if name not in left_out}
