"""Read the stored values of a PNG: QuPath's documented label script writes ``NAME-labels.png``."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.tiff.integrity import MOST_PIXELS
from cpretrain.labels.tiff_plane import Plane, check_room
from cpretrain.runtime.terminal import check_name

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_png(path: str | os.PathLike) -> bool:
    """Return whether a file is a PNG by its first bytes, whatever its name."""
    try:
        with open(path, "rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


def read_png(path: str | os.PathLike) -> Plane:
    """Read a PNG; a palette image is read as indices, not as colours.

    Raises
    ------
    BadInput
        When the file is damaged.
    """
    from PIL import Image

    check_name(path)
    try:
        data = Path(path).read_bytes()
        _check_sums(path, data)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DamagedFile(path, f"a header that says {image.height} × {image.width} pixels")
            check_room(path, image.height, image.width)
            palette = image.mode == "P"
            pixels = np.asarray(image.convert("L") if image.mode == "LA" else image)
    except BadInput:
        raise
    except Exception as error:
        raise DamagedFile(path, error) from error
    return Plane(pixels, palette)


def _check_sums(path: str | os.PathLike, data: bytes) -> None:
    """Check the checksum of every chunk: Pillow skips those of the pixels."""
    place = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if struct.unpack_from(">I", data, end)[0] != zlib.crc32(data[place + 4 : end]):
            raise DamagedFile(path, f"a wrong check sum in chunk {kind!r}")
        place = end + 4
