"""Check that the chains of sectors in a compound file (OLE2, as an OIB is) end; reading an endless one would hang."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import DamagedFile

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = struct.Struct("<30xH12xI12xIIII")
"""Sector size as a power of 2, length of the FAT, first sector and length of the mini FAT and of the DIFAT."""
_IN_HEADER = 109
"""Number of FAT sectors listed in the header itself."""


def check_chains(path: Path) -> None:
    """Check that no chain of sectors in a compound file is a circle or longer than the file.

    Raises
    ------
    DamagedFile
        If it is no compound file, or a chain does not end.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(512)
        if len(header) < 512 or not header.startswith(_MAGIC):
            raise DamagedFile(path, "no compound file, as an OIB is")
        shift, fat_length, mini_start, mini_length, difat_start, difat_length = _HEADER.unpack_from(header)
        count = size >> shift if shift in (9, 12) else 0
        if max(fat_length, mini_length, difat_length) > count:
            raise DamagedFile(path, f"tables of more sectors than the {count} that it has")

        def sector(number: int) -> NDArray[np.uint32]:
            file.seek((number + 1) << shift)
            return np.frombuffer(file.read(1 << shift).ljust(1 << shift, b"\xff"), "<u4")

        listed = [np.frombuffer(header, "<u4", _IN_HEADER, 76)]
        for _ in range(difat_length):
            listed.append(sector(difat_start))
            difat_start, listed[-1] = int(listed[-1][-1]), listed[-1][:-1]
        fat = _joined([sector(int(number)) for number in np.concatenate(listed)[:fat_length]])
        _check_ends(path, fat)
        parts: list[NDArray[np.uint32]] = []
        while len(parts) < mini_length and mini_start < len(fat):
            parts.append(sector(mini_start))
            mini_start = int(fat[mini_start])
        _check_ends(path, _joined(parts))


def _joined(parts: list[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    return np.concatenate(parts) if parts else np.zeros(0, np.uint32)


def _check_ends(path: Path, following: NDArray[np.uint32]) -> None:
    """Check that each chain ends within as many steps as there are sectors; the steps double in each pass."""
    end = len(following)
    ahead = np.append(np.minimum(following, end), end).astype(np.int64)
    for _ in range(end.bit_length()):
        ahead = ahead[ahead]
    if (ahead != end).any():
        raise DamagedFile(path, "chains of sectors in a circle")
