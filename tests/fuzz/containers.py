"""Damage inside archives (zip, gzip), to chunks of a PNG with corrected checksums, and bombs."""

import gzip
import io
import random
import struct
import warnings
import zipfile
import zlib

from tests.fuzz.bytes_and_text import ANY, NUMBERS, TEXT, Mutator
from tests.fuzz.tiff_tags import TIFF

_NAMES = (
    "../../a.roi",
    "/etc/a.roi",
    "a\nb.roi",
    "-rf.roi",
    "a" * 500 + ".roi",
    "",
    ".",
    "..",
    "a\\b.geojson",
    "\u202e.roi",
)
_PNG = b"\x89PNG\r\n\x1a\n"


def mutate(rng: random.Random, data: bytes) -> bytes:
    """Damage a file according to its content; a file that cannot be taken apart is damaged byte by byte."""
    if not data:
        return rng.randbytes(rng.choice((1, 100)))
    known = _kinds(data)
    try:
        return rng.choice(known if known and rng.random() < 0.8 else ANY)(rng, data)
    except (
        OverflowError,
        struct.error,
        zlib.error,
        ValueError,
        OSError,
        EOFError,
        IndexError,
        RuntimeError,
        zipfile.BadZipFile,
    ):
        return rng.choice(ANY)(rng, data)


def _kinds(data: bytes) -> tuple[Mutator, ...]:
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TIFF
    if data.startswith(b"PK"):
        return (packed, packed, entry_names, bomb)
    if data.startswith(b"\x1f\x8b"):
        return (gzipped, gzipped, gzip_bomb)
    if data.startswith(_PNG):
        return (chunk, chunk, png_bomb)
    return () if b"\0" in data else TEXT


def packed(rng: random.Random, data: bytes) -> bytes:
    """Damage one of the files in an archive."""
    files = _unzipped(data)
    at = rng.randrange(len(files))
    files[at] = (files[at][0], mutate(rng, files[at][1]))
    return _zipped(files, _method(data))


def entry_names(rng: random.Random, data: bytes) -> bytes:
    """Rename files in an archive, repeat them, or add many empty ones."""
    files = _unzipped(data)
    at = rng.randrange(len(files))
    kind = rng.randrange(3)
    if kind == 0:
        files[at] = (rng.choice(_NAMES), files[at][1])
    elif kind == 1:
        files += [files[at]] * rng.choice((1, 20))
    else:
        files += [(f"{n}.roi", b"") for n in range(rng.choice((10, 3000)))]
    return _zipped(files, _method(data))


def bomb(rng: random.Random, data: bytes) -> bytes:
    """Replace a file by zeros, or by the archive itself."""
    files = _unzipped(data)
    at = rng.randrange(len(files))
    files[at] = (files[at][0], rng.choice((bytes(20_000_000), data)))
    return _zipped(files, zipfile.ZIP_DEFLATED)


def gzipped(rng: random.Random, data: bytes) -> bytes:
    """Damage the contents."""
    return gzip.compress(mutate(rng, gzip.decompress(data)), 1, mtime=0)


def gzip_bomb(rng: random.Random, data: bytes) -> bytes:
    """Fill it with spaces, or with the file itself."""
    return gzip.compress(rng.choice((b" " * 20_000_000, data)), 9, mtime=0)


def chunk(rng: random.Random, data: bytes) -> bytes:
    """Damage a chunk of a PNG, or the size in its header, with a correct checksum."""
    chunks = _chunks(data)
    at = rng.randrange(len(chunks))
    if rng.random() < 0.4:
        body = bytearray(chunks[0][1])
        struct.pack_into(">I", body, rng.choice((0, 4)), rng.choice(NUMBERS) % 2**32)
        chunks[0] = (chunks[0][0], bytes(body))
    elif rng.random() < 0.5 and chunks[at][1]:
        chunks[at] = (chunks[at][0], rng.choice(ANY)(rng, chunks[at][1]))
    else:
        chunks[at] = rng.choice(chunks)
    return _png(chunks)


def png_bomb(rng: random.Random, data: bytes) -> bytes:
    """Insert a large text, a large profile or far more pixels."""
    chunks, zeros = _chunks(data), zlib.compress(bytes(20_000_000))
    packed = rng.choice(((b"zTXt", b"a\0\0" + zeros), (b"iCCP", b"a\0\0" + zeros), (b"IDAT", zeros)))
    return _png([chunks[0], packed, *chunks[1:]])


def _unzipped(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def _zipped(files: list[tuple[str, bytes]], method: int) -> bytes:
    packed = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(packed, "w", method, compresslevel=1) as archive,
    ):
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


def _method(data: bytes) -> int:
    """Return the compression of the archive's first file; torch and NumPy map uncompressed files."""
    return int.from_bytes(data[8:10], "little") and zipfile.ZIP_DEFLATED


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    place, found = len(_PNG), []
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        found.append((kind, data[place + 8 : place + 8 + length]))
        place += length + 12
    return found


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
