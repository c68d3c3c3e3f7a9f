"""Runs in the child: reads files through Bio-Formats of the Fiji, one series at a time, plane by plane."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import JobFailed

_TYPES = {
    "uint8": "u1", "uint16": "u2", "uint32": "u4", "int8": "i1", "int16": "i2", "int32": "i4", "float": "f4",
    "double": "f8",
}  # fmt: skip
"""Bio-Formats' names of pixel types, and NumPy's."""

_current: dict[str, Any] = {}
"""The file that was read last, which is likely to be read next: its path, reader and metadata."""


def describe(path: str, series: int) -> dict[str, Any]:
    """Describe one series of a file.

    Returns
    -------
    dict
        ``series`` (how many there are), ``shape`` (t, z, c, y, x), ``dtype``, ``rgb``, ``pixel_size`` (z, y, x in µm, 0
        if it is unknown), ``interval`` (seconds), ``names`` and ``colours`` of the channels, ``files``, ``format``.

    Raises
    ------
    JobFailed
        When the Fiji has no Bio-Formats, or pixels are of a type that is not known.
    """
    reader, meta = _opened(path)
    count = int(reader.getSeriesCount())
    reader.setSeries(min(series, count - 1))
    shape = (reader.getSizeT(), reader.getSizeZ(), reader.getSizeC(), reader.getSizeY(), reader.getSizeX())
    return {
        "series": count,
        "shape": [int(length) for length in shape],
        "dtype": np.dtype(_type(reader)).newbyteorder("=").name,
        "rgb": bool(_current["inner"].isRGB()),
        "pixel_size": [_length(meta, f"getPixelsPhysicalSize{axis}", reader.getSeries()) for axis in "ZYX"],
        "interval": _interval(meta, reader.getSeries()),
        "names": [
            str(_told(meta.getChannelName, reader.getSeries(), c) or "")
            for c in range(_channels(meta, reader))
        ],
        "colours": [_colour(meta, reader.getSeries(), c) for c in range(_channels(meta, reader))],
        "files": [str(file) for file in reader.getUsedFiles()],
        "format": str(reader.getFormat()),
    }


def read_planes(path: str, series: int, t: int, z: int, out: str) -> dict[str, Any]:
    """Write all channels of a plane to a raw file, axes c, y, x, in the machine's byte order."""
    reader, _ = _opened(path)
    reader.setSeries(series)
    dtype = _type(reader)
    with Path(out).open("wb") as file:
        for channel in range(int(reader.getSizeC())):
            plane = reader.openBytes(reader.getIndex(z, channel, t))
            file.write(_bytes(plane).view(dtype).astype(np.dtype(dtype).newbyteorder("=")).data)
    return {}


def _opened(path: str) -> tuple[Any, Any]:
    """Open a file, or take it as it is open; RGB is split into channels."""
    import scyjava

    if _current.get("path") == path:
        return _current["reader"], _current["meta"]
    close()
    try:
        inner = scyjava.jimport("loci.formats.ImageReader")()
    except (TypeError, ImportError) as error:
        raise JobFailed(
            "this Fiji has no Bio-Formats",
            "in Fiji, run Help > Update... with the update site Fiji switched on",
        ) from error
    reader = scyjava.jimport("loci.formats.ChannelSeparator")(inner)
    meta = scyjava.jimport("loci.formats.MetadataTools").createOMEXMLMetadata()
    reader.setMetadataStore(meta)
    reader.setFlattenedResolutions(False)  # smaller copies are no series of their own
    reader.setId(path)
    _current.update(path=path, inner=inner, reader=reader, meta=meta)
    return reader, meta


def close() -> dict[str, Any]:
    """Close the file that is open."""
    reader = _current.get("reader")
    _current.clear()
    if reader is not None:
        reader.close()
    return {}


def _type(reader: Any) -> str:
    import scyjava

    name = str(scyjava.jimport("loci.formats.FormatTools").getPixelTypeString(reader.getPixelType()))
    if name not in _TYPES:
        raise JobFailed(f"pixels of type {name} are not read", "save it as 8-bit, 16-bit or 32-bit, in Fiji")
    return ("<" if reader.isLittleEndian() else ">") + _TYPES[name]


def _bytes(array: Any) -> NDArray[np.uint8]:
    """Copy a Java array of bytes."""
    return np.array(array, np.int8).view(np.uint8)


def _channels(meta: Any, reader: Any) -> int:
    return min(int(meta.getChannelCount(reader.getSeries())), int(reader.getSizeC()))


def _told(getter: Any, *place: int) -> Any:
    """Ask the metadata, which may have no such entry."""
    try:
        return getter(*place)
    except Exception:  # Java's own, of an index or of nothing there
        return None


def _length(meta: Any, getter: str, series: int) -> float:
    import scyjava

    length = _told(getattr(meta, getter), series)
    value = None if length is None else length.value(scyjava.jimport("ome.units.UNITS").MICROMETER)
    return 0.0 if value is None else float(value.doubleValue())


def _interval(meta: Any, series: int) -> float:
    import scyjava

    time = _told(meta.getPixelsTimeIncrement, series)
    value = None if time is None else time.value(scyjava.jimport("ome.units.UNITS").SECOND)
    return 0.0 if value is None else float(value.doubleValue())


def _colour(meta: Any, series: int, channel: int) -> list[int] | None:
    colour = _told(meta.getChannelColor, series, channel)
    return None if colour is None else [int(colour.getRed()), int(colour.getGreen()), int(colour.getBlue())]
