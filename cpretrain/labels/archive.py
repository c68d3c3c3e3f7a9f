"""Read the contents of a zip or gzip file into memory, within limits; nothing is ever written to disk."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from cpretrain.errors import BadInput, DamagedFile

MOST_ENTRIES = 100_000
_LISTED = b"PK\1\2"  # starts each entry of the central directory, which zipfile reads whole
MOST_BYTES = 2**26
"""Limit of the total unpacked size in bytes; more is refused."""


def entries(path: Path, data: bytes | None = None) -> list[tuple[str, bytes]]:
    """Read the files in a zip archive.

    Folders, hidden files, and what macOS adds (``__MACOSX``, ``.DS_Store``) are skipped.

    Parameters
    ----------
    path : pathlib.Path
        The archive; its name is used in errors.
    data : bytes, optional
        Its content, if already read.

    Returns
    -------
    list of (str, bytes)
        Name without folders, and content of each file, in the archive's order.

    Raises
    ------
    BadInput
        When the archive is damaged, encrypted, or unpacks to more than `MOST_BYTES`.
    """
    found = []
    left = MOST_BYTES
    try:
        data = path.read_bytes() if data is None else data
        if (listed := data.count(_LISTED)) > MOST_ENTRIES:
            raise _too_much(path, f"{listed} files")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in filter(_wanted, archive.infolist()):
                with archive.open(info) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise _too_much(path, f"more than {MOST_BYTES // 2**20} MiB unpacked")
                found.append((PurePosixPath(info.filename).name, content))
    except BadInput:
        raise
    except RuntimeError as error:  # zipfile's error if a password is needed
        raise BadInput(
            f"{path}: cannot be unpacked", found=str(error), cure="export it without a password"
        ) from error
    except Exception as error:
        raise DamagedFile(path, error, expected="a complete zip archive") from error
    return found


def gunzip(path: Path, data: bytes) -> bytes:
    """Unpack gzip data, within limits.

    Raises
    ------
    BadInput
        When the data is damaged, or unpacks to more than `MOST_BYTES`.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedFile(path, error, expected="a complete gzip file") from error
    if len(content) > MOST_BYTES:
        raise _too_much(path, f"more than {MOST_BYTES // 2**20} MiB unpacked")
    return content


def _wanted(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return not (info.is_dir() or hidden or "__MACOSX" in parts)


def _too_much(path: Path, found: str) -> BadInput:
    return BadInput(f"{path}: is too large for the outlines of one image", found=found, cure="check the file")
