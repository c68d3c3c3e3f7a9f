"""Movies in OME-Zarr, read one frame at a time at full resolution."""

import os
import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from cpretrain.errors import DamagedFile
from cpretrain.images.axes import named_axes
from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.ome_zarr_facts import CREATOR, WHITE
from cpretrain.images.ome_zarr_positions import METADATA, images_in
from cpretrain.images.ome_zarr_positions import is_ome_zarr as is_ome_zarr
from cpretrain.images.positions import chosen_index, file_of
from cpretrain.images.tiff.planes import counted
from cpretrain.images.zarr_chunks import checked
from cpretrain.runtime.resources import check_memory

_UNITS = {"micrometer": "µm", "nanometer": "nm", "millimeter": "mm"}
_SECONDS = {"millisecond": 0.001, "minute": 60.0, "hour": 3600.0}


class ZarrMovie:
    """A movie in an OME-Zarr folder, versions 0.4 and 0.5.

    Parameters
    ----------
    path : pathlib.Path
        Folder of an image; for one of several images in a store (series, or fields of a plate), with its number:
        ``exp.zarr#3``.
    axes : str, optional
        Axes of the image, if stated wrongly there.

    Raises
    ------
    BadInput
        When it holds no image, or has axes that are not understood.
    """

    is_rgb = False

    def __init__(self, path: Path, axes: str | None = None) -> None:
        self.path = path
        images = images_in(file_of(path))
        self.images, chosen = len(images), images[chosen_index(path, len(images))]
        folder = chosen.folder
        try:
            group: Any = zarr.open_group(str(folder), mode="r")
            facts: dict[str, Any] = dict(group.attrs)
            image = facts.get("ome", facts)["multiscales"][chosen.place]
            largest = max(image["datasets"], key=lambda level: prod(group[level["path"]].shape))
            self._array = group[largest["path"]]
            stated = [axis if isinstance(axis, str) else axis["name"] for axis in image["axes"]]
            shape, dtype = self._array.shape, np.dtype(self._array.dtype)
            if dtype.kind not in "buif":  # objects are stored as pickles, which can run code
                raise TypeError(f"pixels of type {dtype}")
            self.calibration = _calibration(image, largest)
            self.channels = _channels(
                facts.get("ome", facts).get("omero", {}).get("channels", []), CREATOR in facts
            )
        except Exception as error:  # zarr raises nearly anything for a damaged store
            raise DamagedFile(
                path,
                error,
                problem="cannot be read as an OME-Zarr",
                expected="a folder with multiscales and their axes in .zattrs or zarr.json",
                cure="choose the folder of one image in it, or take it out of the folder",
            ) from error
        chunk = self._array.shards or self._array.chunks
        check_memory(
            prod(chunk) * dtype.itemsize,
            f"{path}: a chunk of {' × '.join(map(str, chunk))} pixels does not fit in memory",
            "write it again with smaller chunks; if they cannot be that large, the file is damaged",
        )
        self._array = checked(self._array, path)
        metadata = [folder / name for name in METADATA if (folder / name).is_file()]
        self.files = [*metadata, folder / largest["path"]]
        self.axes = named_axes(path, "".join(stated).upper(), shape, axes)
        self.lengths = dict(zip(self.axes, shape, strict=True))
        self.dtype = dtype.newbyteorder("=")
        self.notes = _empty_frames(self._array, folder / largest["path"], self.axes)

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), with the image's axes except T."""
        pixels = self._array[tuple(t if axis == "T" else slice(None) for axis in self.axes)]
        return np.asarray(pixels, self.dtype)

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return that no plane is missing: by the format, missing chunks are empty."""
        return np.zeros((1, 1), bool)

    def close(self) -> None:
        """Do nothing: no file is open between two frames."""


def _empty_frames(array: zarr.Array, folder: Path, axes: str) -> list[str]:
    """Return a note on frames without any chunk: they read as zeros, whether they were empty or were not copied."""
    if axes[0] != "T" or array.shape[0] < 2:
        return []
    inner = folder / "c"
    names = os.listdir(inner if inner.is_dir() else folder)
    there = {
        int(first) for name in names if (first := re.split(r"[./]", name.removeprefix("c."))[0]).isdecimal()
    }
    length = (array.shards or array.chunks)[0]
    gone = [t for t in range(array.shape[0]) if t // length not in there]
    if not gone:
        return []
    return [
        f"{counted(gone)} of {array.shape[0]} {'have' if len(gone) > 1 else 'has'} no pixels in it and "
        f"{'read' if len(gone) > 1 else 'reads'} as zeros; if the frames were not empty, copy it again"
    ]


def _calibration(image: dict[str, Any], dataset: dict[str, Any]) -> Calibration:
    axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in image["axes"]]
    scale = np.ones(len(axes))
    for step in (dataset, image):
        for change in step.get("coordinateTransformations", []):
            if change.get("type") == "scale" and "scale" in change:
                scale *= change["scale"]
    sizes = {axis["name"].lower(): float(size) for axis, size in zip(axes, scale, strict=True)}
    units = {axis["name"].lower(): axis.get("unit") for axis in axes}
    unit = units.get("x")
    seconds = _SECONDS.get(str(units.get("t")), 1.0)
    return Calibration(
        (sizes.get("z", 1.0), sizes["y"], sizes["x"]),
        _UNITS.get(str(unit), str(unit)) if unit else "pixel",
        sizes["t"] * seconds if units.get("t") else 0.0,
    )


def _channels(described: list[dict[str, Any]], is_ours: bool) -> Channels:
    """Names and colours (``"FF0000"``) as OMERO wrote them; white is what this tool writes for no colour."""
    names = tuple(str(channel.get("label", "")) for channel in described)
    codes = [str(channel.get("color", "")) for channel in described]
    coloured = bool(codes) and all(re.fullmatch("[0-9a-fA-F]{6}", code) for code in codes)
    if is_ours and set(codes) == {WHITE}:
        coloured = False
    return Channels(
        names=names if any(names) else (),
        colours=np.array([table_of((r, g, b)) for r, g, b in map(bytes.fromhex, codes)])
        if coloured
        else None,
        mode="composite" if len(codes) > 1 and coloured else "grayscale",
    )
