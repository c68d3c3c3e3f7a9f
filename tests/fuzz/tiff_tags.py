"""Damage to the directories of a TIFF: loops, tags that point elsewhere or state too much, hostile descriptions."""

import random
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fuzz.bytes_and_text import NUMBERS, TEXT

DESCRIPTION = 270
_SHAPE = (256, 257, 258, 277, 278, 284, 322, 323, 339, 32997)
_PLACES = (273, 279, 324, 325)
_ODD = (259, 262, 254, 317, 330, 320, 50838, 50839, 65000)


@dataclass(frozen=True)
class Entry:
    """A tag in a directory: its offset in the file, and its number."""

    place: int
    tag: int


class Layout:
    """Offsets of a TIFF's directories and their tags; raises struct.error if it is not a sound TIFF."""

    def __init__(self, data: bytes) -> None:
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = self._read(data, 2, "H") == 43
        self.offset, self.size = ("Q", 20) if self.big else ("I", 12)
        self.pointers = [8 if self.big else 4]
        self.entries: list[Entry] = []
        place = self._read(data, self.pointers[0], self.offset)
        while place and len(self.pointers) < 50:
            count, first = self._read(data, place, "Q" if self.big else "H"), place + (8 if self.big else 2)
            for index in range(min(count, 200)):
                at = first + index * self.size
                self.entries.append(Entry(at, self._read(data, at, "H")))
            self.pointers.append(first + count * self.size)
            place = self._read(data, self.pointers[-1], self.offset)

    def put(self, data: bytes, place: int, kind: str, value: int) -> bytes:
        """Write a number at an offset."""
        packed = struct.pack(self.order + kind, value % 2 ** (8 * struct.calcsize(kind)))
        return data[:place] + packed + data[place + len(packed) :]

    def targets(self, data: bytes) -> list[int]:
        """Return possible targets of a directory pointer: all directories, the file's beginning and end."""
        known = [self._read(data, pointer, self.offset) for pointer in self.pointers]
        return [*known, 0, 1, 8, len(data) - 2, len(data), len(data) + 10, 2**32 - 1]

    def _read(self, data: bytes, place: int, kind: str) -> int:
        return int(struct.unpack_from(self.order + kind, data, place)[0])


def directory(rng: random.Random, data: bytes) -> bytes:
    """Redirect the chain of directories: to a loop, to nowhere, or beyond the end."""
    layout = Layout(data)
    return layout.put(data, rng.choice(layout.pointers), layout.offset, rng.choice(layout.targets(data)))


def tag(rng: random.Random, data: bytes) -> bytes:
    """Change number, type, count or value of tags, most often of those that state the size of the image."""
    layout = Layout(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        wanted = rng.choice((_SHAPE, _SHAPE, _PLACES, _ODD, (DESCRIPTION,)))
        entry = rng.choice([e for e in layout.entries if e.tag in wanted] or layout.entries)
        values = (*NUMBERS, len(data), entry.place, *layout.targets(data))
        part = rng.choice(("tag", "type", "count", "value", "value", "value"))
        if part == "tag":
            data = layout.put(data, entry.place, "H", rng.choice((*_SHAPE, *_PLACES, *_ODD, DESCRIPTION)))
        elif part == "type":
            data = layout.put(data, entry.place + 2, "H", rng.choice((*range(20), 129, 65_535)))
        elif part == "count":
            data = layout.put(data, entry.place + 4, layout.offset, rng.choice(values))
        else:
            data = layout.put(
                data, entry.place + (12 if layout.big else 8), layout.offset, rng.choice(values)
            )
    return data


def description(rng: random.Random, data: bytes) -> bytes:
    """Redirect the description to another one at the end of the file: a damaged copy, or a bomb."""
    layout = Layout(data)
    found = [
        text for text in re.findall(rb"<\?xml.{20,}?OME>|ImageJ=[^\0]{9,}", data, re.S) if len(text) < 10**5
    ]
    text = rng.choice([*found, *BOMBS]) if found else rng.choice(BOMBS)
    if text not in BOMBS:
        text = rng.choice((*TEXT, attribute, attribute, attribute))(rng, text)
    entry = rng.choice([e for e in layout.entries if e.tag == DESCRIPTION] or layout.entries)
    data = data + b"\0" * (len(data) % 2)
    return _point(layout, data, entry, text + b"\0")


def attribute(rng: random.Random, text: bytes) -> bytes:
    """Change a size, a count or a file name in OME-XML (or ImageJ's text)."""
    places = list(re.finditer(rb'="([^"]*)"|(?<==)[^\n"]+', text))
    for place in rng.sample(places, min(len(places), rng.choice((1, 1, 3)))):
        values = (*NUMBERS[:12], 10**8, 10**10, -1, "../a.tif", "/etc/passwd", "a.tif", "nan", "\U0001f52c")
        old, new = place[0], str(rng.choice(values)).encode()
        text = text.replace(old, b'="' + new + b'"' if old.startswith(b"=") else new, 1)
    return text


def _point(layout: Layout, data: bytes, entry: Entry, text: bytes) -> bytes:
    for place, kind, value in (
        (0, "H", DESCRIPTION),
        (2, "H", 2),
        (4, layout.offset, len(text)),
        (12 if layout.big else 8, layout.offset, len(data)),
    ):
        data = layout.put(data, entry.place + place, kind, value)
    return data + text


def _ome(inside: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{inside}</OME>'.encode()


def _pixels(sizes: str, inside: str = '<TiffData IFD="0"/>') -> str:
    facts = f'ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" {sizes}'
    return f'<Image ID="Image:0"><Pixels {facts}>{inside}</Pixels></Image>'


def _entities() -> Iterator[str]:
    yield '<!ENTITY a0 "ha">'
    for level in range(1, 30):
        yield f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">'


_SMALL = 'SizeX="24" SizeY="20" SizeC="1" SizeZ="1" SizeT="3"'
_FOREIGN = '<TiffData><UUID FileName="{}">urn:uuid:1</UUID></TiffData>'
_MODULO = (
    '<StructuredAnnotations><A ID="A:0" Namespace="a/modulo"><V><M><ModuloAlongT Start="0" End="1e12"/></M></V></A>'
    "</StructuredAnnotations>"
)
BOMBS: tuple[bytes, ...] = (
    _ome("&a29;" + _pixels(_SMALL), f"<!DOCTYPE OME [{''.join(_entities())}]>"),
    _ome("&a;" * 2000 + _pixels(_SMALL), f'<!DOCTYPE OME [<!ENTITY a "{"x" * 50_000}">]>'),
    _ome("&a;" + _pixels(_SMALL), '<!DOCTYPE OME [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    _ome("<a>" * 10_000 + "</a>" * 10_000 + _pixels(_SMALL)),
    _ome(_pixels('SizeX="24" SizeY="20" SizeC="1" SizeZ="1" SizeT="2000000000"')),
    _ome(_pixels(_SMALL, '<TiffData IFD="0" PlaneCount="2000000000"/>')),
    _ome(
        _pixels(
            'SizeX="24" SizeY="20" SizeC="1" SizeZ="1" SizeT="900000000"', '<TiffData FirstT="899999999"/>'
        )
    ),
    _ome(_pixels(_SMALL, _FOREIGN.format("../../../etc/passwd"))),
    _ome(_pixels(_SMALL, _FOREIGN.format("/dev/zero"))),
    _ome(_MODULO + _pixels(_SMALL)),
    _ome("".join(f'<Image ID="Image:{n}"/>' for n in range(20_000))),
    b"ImageJ=1.54p\nimages=2000000000\nframes=2000000000\nhyperstack=true\n",
    b"ImageJ=1.54p\nimages=3\nchannels=-1\nslices=-3\nframes=1\n",
    b'{"shape": [2000000000, 20, 24], "axes": "TYX"}',
    b'{"shape": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
)

TIFF = (directory, tag, tag, tag, description, description)
