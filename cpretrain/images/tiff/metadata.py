"""Metadata in a TIFF: pixel size, frame interval, names and colours of the channels."""

from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration, Channels, from_rgba, table_of

MICRONS = ("micron", "microns", "um", "\\u00B5m")
SECONDS = {
    "ms": 0.001,
    "msec": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
}

_OF_IMAGE = ("Name", "AcquisitionDate", "Description")
_OF_CHANNELS = (
    *(
        "AcquisitionMode",
        "ContrastMethod",
        "EmissionWavelength",
        "EmissionWavelengthUnit",
        "ExcitationWavelength",
    ),
    *("ExcitationWavelengthUnit", "Fluor", "IlluminationType", "NDFilter", "PinholeSize", "PinholeSizeUnit"),
)


def calibration_of(file: tifffile.TiffFile) -> Calibration:
    """Read pixel size and frame interval, as far as the file has them."""
    if file.is_imagej and file.imagej_metadata:
        facts = file.imagej_metadata
        y, x = (_resolution(file, tag) for tag in ("YResolution", "XResolution"))
        unit = str(facts.get("unit", "pixel"))
        seconds = SECONDS.get(str(facts.get("tunit")), 1.0)
        return Calibration(
            (float(facts.get("spacing", 1.0)), y, x),
            "µm" if unit in MICRONS else unit,
            float(facts.get("finterval", 0.0)) * seconds,
            float(facts.get("c0", 0.0)) if facts.get("cf") == 0 and facts.get("c1") == 1 else 0.0,
            "spacing" in facts,
        )
    if file.is_ome and file.ome_metadata:
        pixels = _ome_image(file)["Pixels"]
        z, y, x = (float(pixels.get(f"PhysicalSize{axis}", 1.0)) for axis in "ZYX")
        unit = str(pixels.get("PhysicalSizeXUnit", "µm")) if "PhysicalSizeX" in pixels else "pixel"
        seconds = SECONDS.get(str(pixels.get("TimeIncrementUnit")), 1.0)
        interval = float(pixels.get("TimeIncrement", 0.0)) * seconds
        return Calibration((z, y, x), unit, interval, z_step_stated="PhysicalSizeZ" in pixels)
    return Calibration()


def channels_of(file: tifffile.TiffFile, count: int) -> Channels:
    """Read names and colours of a file's `count` channels, as far as it has them."""
    if file.is_ome and file.ome_metadata:
        return _ome_channels(_ome_image(file), count)
    facts = (file.imagej_metadata or {}) if file.is_imagej else {}
    tables = _colour_map(file) if facts.get("LUTs") is None else np.reshape(facts["LUTs"], (-1, 3, 256))
    labels = facts.get("Labels") or []
    labels = [labels] if isinstance(labels, str) else labels
    one_name_each = all(label and label == labels[i % count] for i, label in enumerate(labels))
    return Channels(
        names=tuple(labels[:count]) if one_name_each else (),
        colours=tables[:count] if len(tables) >= count else None,
        mode=facts.get("mode", "grayscale"),
    )


def _ome_image(file: tifffile.TiffFile) -> dict[str, Any]:
    image = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
    first: dict[str, Any] = image[0] if isinstance(image, list) else image
    return first


def _ome_channels(image: dict[str, Any], count: int) -> Channels:
    of_image = {name: image[name] for name in _OF_IMAGE if name in image}
    channels = image["Pixels"].get("Channel", [])
    channels = channels if isinstance(channels, list) else [channels]
    if len(channels) != count:  # RGB: several samples per channel
        return Channels(ome=of_image)
    of_channels = {
        name: [channel[name] for channel in channels]
        for name in _OF_CHANNELS
        if all(name in channel for channel in channels)
    }
    names = tuple(str(channel.get("Name", "")) for channel in channels)
    coloured = all("Color" in channel for channel in channels)
    return Channels(
        names=names if any(names) else (),
        colours=np.array([table_of(from_rgba(int(channel["Color"]))) for channel in channels])
        if coloured
        else None,
        mode="composite" if coloured and count > 1 else "grayscale",
        ome=of_image | {"Channel": of_channels},
    )


def _colour_map(file: tifffile.TiffFile) -> NDArray[np.uint8]:
    """Read the lookup table of a single-channel image, which ImageJ writes for all pixel types.

    Returns
    -------
    ndarray of uint8, shape (1, 3, 256), or (0,) without a table
    """
    table = file.pages[0].tags.valueof("ColorMap")  # type: ignore[union-attr]
    if table is None or np.size(table) != 768:
        return np.empty(0, np.uint8)
    return (np.reshape(table, (1, 3, 256)) // 256).astype(np.uint8)


def _resolution(file: tifffile.TiffFile, tag: str) -> float:
    """Return the pixel size from a resolution tag (pixels per unit, as a fraction); 1.0 without one."""
    entry = file.pages[0].tags.get(tag)  # type: ignore[union-attr]
    if entry is None or not entry.value[0]:
        return 1.0
    return float(entry.value[1] / entry.value[0])
