"""Decompressed size of pixels according to their own header, checked before a decoder allocates the memory."""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, Protocol

_DEFLATE = 1032
"""Maximum compression ratio of deflate."""
_STEP = 2**20
_ZSTD = b"\x28\xb5\x2f\xfd"


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: Any, max_length: int, /) -> bytes: ...


def stated_bytes(codec: str, data: bytes, limit: int) -> int:
    """Return the decompressed size in bytes, or any number above `limit` if it is larger than that.

    Parameters
    ----------
    codec : str
        Name of the codec in numcodecs: blosc, zstd, lz4, gzip, zlib, bz2 or lzma.
    data : bytes
        Compressed data.
    limit : int
        Maximum number of bytes allowed.

    Returns
    -------
    int
        Bytes; 0 if the size cannot be determined.
    """
    if codec == "blosc":
        return _number(data, 4, "<I")
    if codec == "lz4":
        return _number(data, 0, "<I")
    if codec == "zstd":
        return _zstd(data, limit)
    if codec in ("gzip", "zlib"):
        if len(data) * _DEFLATE <= limit:
            return len(data) * _DEFLATE
        return _decoded(lambda: zlib.decompressobj(wbits=47), data, limit)
    if codec == "bz2":
        return _decoded(bz2.BZ2Decompressor, data, limit)
    if codec == "lzma":
        return _decoded(lambda: lzma.LZMADecompressor(memlimit=2**28), data, limit)
    return 0


def _decoded(begin: Callable[[], Any], data: bytes, limit: int) -> int:
    """Decode step by step, keeping nothing, up to the end or the limit; damage is left to the real decoder."""
    view, total = memoryview(data), 0
    decoder: _Decompressor = begin()
    for start in range(0, len(view), _STEP):
        chunk: Any = view[start : start + _STEP]
        while total <= limit:
            try:
                found = len(decoder.decompress(chunk, _STEP))
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
                return total
            total += found
            chunk = getattr(decoder, "unconsumed_tail", b"")
            if decoder.eof or found < _STEP:
                break
        if total > limit or decoder.eof:
            break
    return total


def _zstd(data: bytes, limit: int) -> int:
    if data[:4] != _ZSTD or len(data) < 5:
        return 0
    flags = data[4]
    alone = flags >> 5 & 1
    place = 5 + (1 - alone) + (0, 1, 2, 4)[flags & 3]
    kind = flags >> 6
    if kind == 0 and not alone:
        return _unstated_zstd(data, limit)
    plus = 256 if kind == 1 else 0
    return _number(data, place, ("<B", "<H", "<I", "<Q")[kind]) + plus


def _unstated_zstd(data: bytes, limit: int) -> int:
    """Decode a frame that states no size, to see whether it fits."""
    import imagecodecs

    try:
        return len(imagecodecs.zstd_decode(data, out=limit + 1))
    except imagecodecs.ZstdError as error:
        return limit + 1 if "too small" in str(error).lower() else 0


def _number(data: bytes, place: int, kind: str) -> int:
    size = struct.calcsize(kind)
    if len(data) < place + size:
        return 0
    return int(struct.unpack_from(kind, data, place)[0])
