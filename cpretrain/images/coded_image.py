"""Size of a compressed image according to its own header, checked before a decoder allocates the memory."""

import struct

Size = tuple[int, int]
"""Height and width."""


def stated_pixels(data: bytes) -> Size | None:
    """Return the height and width that an image states: JPEG (also 2000, XR, XL), PNG, WebP or LERC; else None.

    Parameters
    ----------
    data : bytes
        First bytes of the image, at least its whole header.
    """
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _number(data, 20, ">I"), _number(data, 16, ">I")
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[:6] == b"Lerc2 ":
        return _number(data, 14, "<i"), _number(data, 18, "<i")
    if data[:3] == b"II\xbc":
        return _jpeg_xr(data)
    if data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        start = data.find(b"\xff\x0a")
        return _jpeg_xl(data[start + 2 : start + 18]) if start >= 0 else None
    siz = data[: 2**16].find(b"\xff\x4f\xff\x51")  # JPEG 2000, with or without its box
    if siz >= 0:
        right, bottom, left, top = (_number(data, siz + 8 + 4 * i, ">I") for i in range(4))
        return bottom - top, right - left
    return None


def _jpeg_xl(data: bytes) -> Size:
    bits, place = int.from_bytes(data, "little"), 0

    def take(count: int) -> int:
        nonlocal place
        place += count
        return bits >> (place - count) & (1 << count) - 1

    def side(small: bool) -> int:
        return 8 * (take(5) + 1) if small else take((9, 13, 18, 30)[take(2)]) + 1

    small = bool(take(1))
    height, ratio = side(small), take(3)
    of_height = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
    if not ratio:
        return height, side(small)
    times, by = of_height[ratio - 1]
    return height, height * times // by


def _jpeg_xr(data: bytes) -> Size | None:
    start = _number(data, 4, "<I")
    found = {}
    for tag in range(min(_number(data, start, "<H"), 64)):
        place = start + 2 + 12 * tag
        wide = _number(data, place + 2, "<H") == 4
        found[_number(data, place, "<H")] = _number(data, place + 8, "<I" if wide else "<H")
    return (found[0xBC81], found[0xBC80]) if {0xBC80, 0xBC81} <= found.keys() else None


def _number(data: bytes, place: int, kind: str) -> int:
    size = struct.calcsize(kind)
    return int(struct.unpack_from(kind, data, place)[0]) if len(data) >= place + size else 0


def _jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            place += 1 if marker == 0xFF else 2
        elif (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            return _number(data, place + 5, ">H"), _number(data, place + 7, ">H")
        elif marker == 0xDA:
            return None
        else:
            place += 2 + _number(data, place + 2, ">H")
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            1 + (_number(data, 27, "<H") | _number(data, 29, "<B") << 16),
            1 + (_number(data, 24, "<H") | _number(data, 26, "<B") << 16),
        )
    if kind == b"VP8L":
        bits = _number(data, 21, "<I")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    return _number(data, 28, "<H") & 0x3FFF, _number(data, 26, "<H") & 0x3FFF
