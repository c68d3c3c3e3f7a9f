"""Recordings of Micro-Manager as single images: a folder per position, with frame, plane and channel in file names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.positions import Choose
from cpretrain.images.recording import Description, Recording
from cpretrain.images.tiff.ifd_chain import MOST_PAGES
from cpretrain.images.tiff.movie import TiffMovie

METADATA = "metadata.txt"
_NAMES = (
    re.compile(r"img_(?P<t>\d{9})_(?P<c>.*)_(?P<z>\d{3,9})\.tiff?"),
    re.compile(r"img_channel(?P<c>\d{3,9})_position\d{3,9}_time(?P<t>\d{9})_z(?P<z>\d{3,9})\.tiff?"),
)
"""File name of the metadata of Micro-Manager 1.4 and 2.0."""
_SUMMARY = 2**20
"""Bytes at the start of the metadata that hold the summary."""


class MicroManagerFolder(Recording):
    """A position of a recording as single images; see `Recording`. Its path is that of the folder."""

    format, package = "a folder of Micro-Manager", "tifffile"

    def _open(self, file: Path, choose: Choose) -> Description:
        choose(1)
        places = dict(_images(file))
        if not places:
            raise BadInput(f"{self.path}: holds no image of Micro-Manager", expected="img_*.tif")
        summary = _summary(file / METADATA)
        names = _in_order({channel for _, _, channel in places.values()}, summary)
        last, first, top = (max(t for t, _, _ in places.values()), *_ends([z for _, z, _ in places.values()]))
        shape = last + 1, top - first + 1, len(names)
        if np.prod(shape, dtype=float) > MOST_PAGES:
            raise DamagedFile(self.path, f"names of {shape} frames, planes and channels")
        self._places: NDArray[Any] = np.full(shape, None, object)
        for image, (t, z, channel) in places.items():
            self._places[t, z - first, names.index(channel)] = image
        plane = self._plane(next(image for image in self._places.flat if image))
        self._kind = plane.shape, plane.dtype
        there = self._places != None  # noqa: E711 (of each element)
        return Description(
            (*shape, plane.shape[0], plane.shape[1]),
            plane.dtype,
            calibration=_calibration(summary),
            channels=Channels(names=tuple(names) if len(names) > 1 else ()),
            there=None if there.all() else there,
            files=[*([file / METADATA] if (file / METADATA).is_file() else []), *sorted(places)],
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        planes = np.zeros((self._places.shape[2], *self._kind[0]), self._kind[1])
        for channel, image in enumerate(self._places[t, z]):
            if image is not None:
                planes[channel] = self._plane(image)
        return planes

    def close(self) -> None:
        """Do nothing: no file stays open between two planes."""

    def _plane(self, image: Path) -> NDArray[Any]:
        movie = TiffMovie(image)
        try:
            plane = movie.read(0)
        finally:
            movie.close()
        if plane.ndim != 2 or getattr(self, "_kind", (plane.shape, plane.dtype)) != (
            plane.shape,
            plane.dtype,
        ):
            raise DamagedFile(
                image, f"{plane.shape} pixels of {plane.dtype}", expected="a plane like the first one"
            )
        return plane


def is_image_folder(path: Path) -> bool:
    """Return whether a path is the folder of a position, with metadata and images named by frame, plane and channel."""
    return (path / METADATA).is_file() and next(_images(path), None) is not None


def image_folders(folder: Path) -> list[Path]:
    """List the folders of positions in a folder or its subfolders, because recordings have folders of their own."""
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    found = []
    for one in inner:
        found += (
            [one] if is_image_folder(one) else [two for two in sorted(one.iterdir()) if is_image_folder(two)]
        )
    return found


def _images(folder: Path) -> Iterator[tuple[Path, tuple[int, int, str]]]:
    """Yield the images of a folder with their frame, plane and channel."""
    for file in folder.iterdir():
        for pattern in _NAMES:
            if named := pattern.fullmatch(file.name):
                yield file, (int(named["t"]), int(named["z"]), named["c"])


def _ends(numbers: list[int]) -> tuple[int, int]:
    return min(numbers), max(numbers)


def _in_order(channels: set[str], summary: dict[str, Any]) -> list[str]:
    """Return the channels in the order of the summary, or by name if it lists none."""
    stated = summary.get("ChNames")
    order = [str(name) for name in stated] if isinstance(stated, list) else []
    return sorted(channels, key=lambda name: (order.index(name) if name in order else len(order), name))


def _summary(metadata: Path) -> dict[str, Any]:
    """Read the summary at the start of the metadata, whose end is missing until a recording is finished."""
    try:
        with metadata.open("rb") as file:
            text = file.read(_SUMMARY).decode("utf-8", "replace")
        start = re.search(r'"Summary"\s*:\s*', text)
        found = json.JSONDecoder().raw_decode(text, start.end())[0] if start else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _calibration(summary: dict[str, Any]) -> Calibration:
    size, step, interval = (
        float(number) if isinstance(number := summary.get(name), int | float) and 0 < number < 1e9 else 0.0
        for name in ("PixelSize_um", "z-step_um", "Interval_ms")
    )
    return Calibration.in_micrometres(step, size, size, interval / 1000)
