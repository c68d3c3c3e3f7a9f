"""Metadata in a CZI: pixel size, frame interval, names and colours of the channels."""

import re
import struct
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.tiff.ome_xml import refuse_entities

_HEADER = 32
"""Bytes of the header of a segment: identifier, bytes reserved, bytes used."""
_DIRECTORY_AT = _HEADER + 72
_ENTRY = struct.Struct("<2s10sqi16s8s80s")
"""Entry of the directory of attachments, according to Zeiss's specification of ZISRAW."""
_MOST_ENTRIES = 10_000


def parsed(path: Path, text: str) -> ElementTree.Element:
    """Parse the XML of a file; entities, which no CZI uses, are refused."""
    refuse_entities(path, text)
    return ElementTree.fromstring(text)


def calibration_of(facts: ElementTree.Element, times: NDArray[np.float64]) -> Calibration:
    """Read the pixel size, and the frame interval from the times of the frames, else from the planned one.

    Parameters
    ----------
    facts : xml.etree.ElementTree.Element
        Metadata of the file.
    times : ndarray of float64, shape (T,) or (0,)
        Times of the frames in seconds, if known.
    """
    metres = {
        item.get("Id", ""): _number(item.findtext("Value"))
        for item in facts.findall(".//Scaling/Items/Distance")
    }
    z, y, x = (metres.get(axis, 0.0) * 1e6 for axis in "ZYX")
    return Calibration.in_micrometres(z, y, x, _interval(facts, times))


def channels_of(facts: ElementTree.Element, numbers: list[int]) -> Channels:
    """Read names and colours of the channels with these numbers."""
    described = facts.findall(".//Information/Image/Dimensions/Channels/Channel")
    shown = {one.get("Id"): one for one in facts.findall(".//DisplaySetting/Channels/Channel")}
    if not described or max(numbers) >= len(described):
        return Channels()
    chosen = [described[number] for number in numbers]
    names = tuple(one.get("Name") or one.findtext("Fluor") or "" for one in chosen)
    codes = [_colour(shown.get(one.get("Id"))) or _colour(one) for one in chosen]
    colours = [table_of(code) for code in codes if code]
    coloured = len(colours) == len(codes)
    return Channels(
        names=names if any(names) else (),
        colours=np.array(colours) if coloured else None,
        mode="composite" if coloured and len(codes) > 1 else "grayscale",
    )


def time_stamps(file: Path) -> NDArray[np.float64]:
    """Read the times of the frames in seconds, shape (N,), from the attachment TimeStamps; empty if there is none."""
    with file.open("rb") as opened:
        try:
            opened.seek(_DIRECTORY_AT)
            for place in _attachments(opened, *struct.unpack("<q", opened.read(8))):
                opened.seek(place + _HEADER + 256)
                size, count = struct.unpack("<ii", opened.read(8))
                if size >= 8 * count and 0 <= 8 * count <= file.stat().st_size:
                    return np.frombuffer(opened.read(8 * count), "<f8")
        except (struct.error, ValueError, OSError):
            pass
    return np.zeros(0)


def _attachments(opened: BinaryIO, directory: int) -> list[int]:
    """Return the offsets of the attachments called TimeStamps."""
    if directory <= 0:
        return []
    opened.seek(directory + _HEADER)
    (count,) = struct.unpack("<i", opened.read(4))
    opened.seek(252, 1)
    entries = [_ENTRY.unpack(opened.read(_ENTRY.size)) for _ in range(min(count, _MOST_ENTRIES))]
    return [place for _, _, place, *_, name in entries if name.split(b"\0")[0] == b"TimeStamps" and place > 0]


def _interval(facts: ElementTree.Element, times: NDArray[np.float64]) -> float:
    listed = facts.findtext(".//Information/Image/Dimensions/T/Positions/List/Offsets") or ""
    offsets = times if len(times) > 1 else np.array([_number(text) for text in listed.split()])
    if len(offsets) > 1 and np.isfinite(offsets).all() and offsets[-1] > offsets[0]:
        return float((offsets[-1] - offsets[0]) / (len(offsets) - 1))
    planned = facts.findtext(".//Information/Image/Dimensions/T/Positions/Interval/Increment")
    return max(_number(planned), 0.0)


def _colour(described: ElementTree.Element | None) -> tuple[int, int, int] | None:
    """Parse ``#FF00A1FF``: opacity, red, green, blue."""
    text = (described.findtext("Color") if described is not None else None) or ""
    found = re.fullmatch("#(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})", text)
    return tuple(bytes.fromhex(found[1])) if found else None  # type: ignore[return-value]


def _number(text: str | None) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if np.isfinite(number) else 0.0
