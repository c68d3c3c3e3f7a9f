"""Planes listed in an index by file and offset, read one by one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.tiff.open_file import open_tiff, read_page
from cpretrain.images.tiff.planes import Index


@dataclass(frozen=True)
class Place:
    """Location of a plane: the offset of its directory, or of its pixels if it has none (`bare`)."""

    file: Path
    offset: int
    bare: bool = False


@dataclass(frozen=True)
class PlaneKind:
    """Axes, shape and pixel type, the same for every plane."""

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype


@dataclass(frozen=True)
class Found:
    """Further facts about a recording; see `Planes`."""

    files: list[Path]
    images: int
    notes: list[str]
    why_missing: str
    channels: tuple[str, ...] = ()


class IndexedPlanes:
    """Planes by frame, z plane and channel; see `Planes`.

    Parameters
    ----------
    axes : str
        Letters of the axes of `places`.
    places : ndarray of Place or None, shape (T, Z, C) or that of its `axes`
        Location of each plane; None for a missing one.
    kind : PlaneKind
        Properties of every plane.
    found : Found
        Further facts: files, number of images, notes.
    """

    def __init__(self, axes: str, places: NDArray[Any], kind: PlaneKind, found: Found) -> None:
        kept = [i for i, length in enumerate(places.shape) if length > 1]
        self._places = places.reshape([places.shape[i] for i in kept])
        self.axes = "".join(axes[i] for i in kept) + kind.axes
        self.shape = (*self._places.shape, *kind.shape)
        self.dtype = np.dtype(kind.dtype)
        self.files, self.images, self.notes = found.files, found.images, found.notes
        self.why_missing, self.channels = found.why_missing, found.channels
        self._kind = kind

    @property
    def there(self) -> NDArray[np.bool_] | None:
        """True for planes that are present; None if all are."""
        found = [place is not None for place in _flat(self._places)]
        there = np.array(found, bool).reshape(self._places.shape)
        return None if there.all() else there

    def read(self, index: Index) -> NDArray[Any]:
        """Read the planes at `index`; missing ones read as zeros."""
        leading = index[: self._places.ndim]
        chosen = np.asarray(self._places[leading], object)
        pixels = np.zeros((chosen.size, *self._kind.shape), self.dtype)
        for number, place in enumerate(_flat(chosen)):
            if place is not None:
                pixels[number] = self._plane(place)
        return pixels.reshape(*chosen.shape, *self._kind.shape)[
            (*(slice(None),) * chosen.ndim, *index[self._places.ndim :])
        ]

    def _plane(self, place: Place) -> NDArray[Any]:
        if place.bare:
            return self._bare_plane(place)
        with open_tiff(place.file, check=None) as file:
            file.filehandle.seek(place.offset)
            page = tifffile.TiffPage(file, index=0)
            if (page.shape, page.dtype) != (self._kind.shape, self._kind.dtype):
                raise BadInput(
                    f"{place.file}: a plane differs from the first one",
                    found=f"{page.dtype}, {page.shape}",
                    expected=f"{self._kind.dtype}, {self._kind.shape}",
                    cure="record it again, or leave this file out",
                )
            return read_page(place.file, page)

    def _bare_plane(self, place: Place) -> NDArray[Any]:
        with place.file.open("rb") as file:
            dtype = self.dtype.newbyteorder(">" if file.read(2) == b"MM" else "<")
            file.seek(place.offset)
            size = int(np.prod(self._kind.shape)) * dtype.itemsize
            found = file.read(size)
        if len(found) < size:
            raise DamagedFile(place.file, f"a plane of {len(found)} bytes where {size} are needed")
        return np.frombuffer(found, dtype).reshape(self._kind.shape)


def _flat(places: NDArray[Any]) -> list[Place | None]:
    return list(places.flat)
