"""Metadata of an OME-Zarr 0.5: axes, scales of the levels, names and colours of the channels."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from cpretrain import __version__
from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration, Channels, colour_of
from cpretrain.images.pyramid import level_sizes
from cpretrain.runtime.console import warning
from cpretrain.runtime.spelling import option

if TYPE_CHECKING:
    from yaozarrs import v05

CREATOR = "cpretrain"
"""Attribute of groups that cpretrain wrote."""
UNITS = {"µm": "micrometer", "nm": "nanometer", "mm": "millimeter", "cm": "centimeter", "m": "meter", "Å": "angstrom",
         "pm": "picometer", "inch": "inch"}  # fmt: skip
"""Units of length, as stated by movies and in OME-Zarr."""
WHITE = "FFFFFF"
Shape = tuple[int, int, int, int, int]
Range = tuple[float, float]
"""Smallest and largest grey value of a channel."""


def check_can_write() -> None:
    """Check that OME-Zarr can be written on this machine.

    Raises
    ------
    BadInput
        When the package for it is missing.
    """
    if find_spec("yaozarrs") is None:
        raise BadInput(
            f"{option('format', 'ome-zarr')}: the package yaozarrs is missing", cure="pip install yaozarrs"
        )


def creator(**facts: str) -> dict[str, Any]:
    """Return the attribute that marks a group as written by cpretrain, with `facts` in it."""
    return {CREATOR: {"version": __version__, **facts}}


def image_facts(shape: Shape, calibration: Calibration, name: str) -> "v05.Image":
    """Describe a movie.

    Parameters
    ----------
    shape : tuple of int
        Lengths in t, z, c, y, x.
    calibration : Calibration
        Pixel size and frame interval.
    name : str
        Name shown by viewers.
    """
    from yaozarrs import v05

    return v05.Image(multiscales=[_multiscale(shape, calibration, name, labels=False)])


def label_facts(
    shape: Shape, calibration: Calibration, name: str, source: str | None = None
) -> "v05.LabelImage":
    """Describe label images; `source` is the relative path from them to their image, if there is one."""
    from yaozarrs import v05

    of_image = v05.ImageLabel(source=v05.LabelSource(image=source) if source else None, version="0.5")
    return v05.LabelImage(
        multiscales=[_multiscale(shape, calibration, name, labels=True)], **{"image-label": of_image}
    )


def shown_channels(channels: Channels, ranges: Sequence[Range], dtype: np.dtype) -> dict[str, Any]:
    """Describe the display of channels in OMERO's form: name, colour, and the grey values from black to bright.

    Parameters
    ----------
    channels : Channels
        Names and colours; without any, channels are white and have no names.
    ranges : sequence of (float, float)
        Smallest and largest grey value of each channel.
    dtype : numpy.dtype
        Pixel type.
    """
    tables = (
        channels.colours if channels.colours is not None and len(channels.colours) == len(ranges) else None
    )
    names = channels.names if len(channels.names) == len(ranges) else ()
    described = [
        {
            "window": _window(found, dtype),
            "color": WHITE,
            "active": True,
            "inverted": False,
            "family": "linear",
        }
        for found in ranges
    ]
    for place, channel in enumerate(described):
        if names:
            channel["label"] = names[place]
        if tables is not None:
            channel["color"] = "{:02X}{:02X}{:02X}".format(*colour_of(tables[place]))
    return {"channels": described, "rdefs": {"model": "color" if tables is not None else "greyscale"}}


def _window(found: Range, dtype: np.dtype) -> dict[str, float]:
    low, high = found
    lowest, highest = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype.kind in "iu" else (low, high)
    return {"min": float(lowest), "start": low, "end": high if high > low else low + 1, "max": float(highest)}


def _multiscale(shape: Shape, calibration: Calibration, name: str, labels: bool) -> "v05.Multiscale":
    from yaozarrs import v05

    unit = _unit(calibration.unit)
    space = [v05.SpaceAxis(name=axis, unit=unit) for axis in "zyx"]
    seconds = calibration.frame_interval
    channels = [] if labels else [v05.ChannelAxis(name="c")]
    return v05.Multiscale(
        name=name,
        axes=[v05.TimeAxis(name="t", unit="second" if seconds else None), *channels, *space],
        datasets=[
            v05.Dataset(
                path=str(level),
                coordinateTransformations=_placed(shape, size, calibration, labels),
            )
            for level, size in enumerate(level_sizes(*shape[3:]))
        ],
        type="nearest" if labels else "mean",
        metadata={
            "description": "y and x are halved: the first of two by two pixels"
            if labels
            else "y and x are halved: the mean of two by two pixels"
        },
    )


def _placed(shape: Shape, size: tuple[int, int], calibration: Calibration, labels: bool) -> list[Any]:
    """Return the scale of a level, and the position of its first pixel: the centre of the averaged pixels."""
    from yaozarrs import v05

    z, *yx = calibration.pixel_size
    channel = [] if labels else [1.0]
    factors = [_factor(full, length) for full, length in zip(shape[3:], size, strict=True)]
    scale = [
        calibration.frame_interval or 1.0,
        *channel,
        z,
        *(pixel * factor for pixel, factor in zip(yx, factors, strict=True)),
    ]
    placed: list[Any] = [v05.ScaleTransformation(scale=scale)]
    if not labels and max(factors) > 1:
        centre = [pixel * (factor - 1) / 2 for pixel, factor in zip(yx, factors, strict=True)]
        placed.append(v05.TranslationTransformation(translation=[0.0, 0.0, 0.0, *centre]))
    return placed


def _factor(full: int, length: int) -> int:
    """Return the number of full-resolution pixels per pixel of a repeatedly halved level."""
    factor = 1
    while full > length:
        full, factor = full // 2, factor * 2
    return factor


def _unit(unit: str) -> str | None:
    if unit != "pixel" and unit not in UNITS:
        warning(f"the unit {unit!r} is unknown to OME-Zarr; pixel sizes are written without a unit")
    return UNITS.get(unit)
