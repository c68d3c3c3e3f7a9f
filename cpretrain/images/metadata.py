"""What the channels of an image are called, and in which colours they are shown."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Mode = Literal["composite", "color", "grayscale"]
Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Channels:
    """What the channels of an image are called, and in which colours they are shown.

    Parameters
    ----------
    names : tuple of str
        A name for each channel; empty where the file has none.
    colours : array of uint8, shape (C, 3, 256), optional
        Red, green and blue for the 256 levels of each channel; None where the file does not say.
    mode : str
        How ImageJ shows them: together (composite), one at a time (color), or without colours (grayscale).
    ome : dict, optional
        What else an OME-TIFF says of image and channels, as tifffile writes it; None for other files.
    """

    names: tuple[str, ...] = ()
    colours: NDArray[np.uint8] | None = None
    mode: Mode = "grayscale"
    ome: dict[str, Any] | None = field(default=None)


def table_of(colour: Colour) -> NDArray[np.uint8]:
    """Give the table of a colour, uint8 of shape (3, 256): from black to red, green, blue."""
    return (np.outer(colour, np.arange(256)) // 255).astype(np.uint8)


def colour_of(table: NDArray[np.uint8]) -> Colour:
    """Give the brightest colour of a table: red, green, blue."""
    red, green, blue = (int(level) for level in table[:, -1])
    return red, green, blue


def from_rgba(value: int) -> Colour:
    """Read a colour as OME writes it: red, green, blue and opacity, a byte each, as a signed number."""
    red, green, blue, _ = (value % 2**32).to_bytes(4, "big")
    return red, green, blue


def to_rgba(colour: Colour) -> int:
    """Write a colour as OME does, opaque."""
    return int.from_bytes(bytes((*colour, 255)), "big", signed=True)


@dataclass
class Calibration:
    """What a pixel and a frame are worth.

    Parameters
    ----------
    pixel_size : tuple of float
        Size of a voxel in z, y, x, in `unit`; 1.0 where the file does not say.
    unit : str
        Unit of length, for example ``"µm"``, or ``"pixel"``.
    frame_interval : float
        Seconds between frames; 0.0 where the file does not say.
    value_offset : float
        What is to be added to a grey value to get the one that was recorded, as ImageJ does with signed pixels.
    """

    pixel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unit: str = "pixel"
    frame_interval: float = 0.0
    value_offset: float = 0.0

    def as_attrs(self) -> dict[str, Any]:
        """Return it as plain values, for the ``attrs`` of a labelled array."""
        plain = asdict(self) | {"pixel_size": list(self.pixel_size)}
        return plain if self.value_offset else {name: plain[name] for name in plain if name != "value_offset"}
