"""Write movies and label images as OME-Zarr 0.5: a frame at a time, in chunks that are files, with a pyramid."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.ome_zarr_facts import Range, Shape, creator, image_facts, label_facts, shown_channels
from cpretrain.images.pyramid import level_sizes, levels_of
from cpretrain.runtime.resources import check_disk
from cpretrain.storage.atomic import folder_aside

if TYPE_CHECKING:
    import zarr
    from yaozarrs import v05

SUFFIX = ".ome.zarr"
CHUNK = 1024
"""Longest side of a chunk in pixels; a chunk holds one plane of one channel, or a part of it."""


def write_zarr(
    path: Path,
    frames: Iterable[NDArray[Any]],
    shape: Shape,
    dtype: np.dtype,
    calibration: Calibration,
    channels: Channels,
) -> None:
    """Write a movie, whole or not at all; the arguments are those of `cpretrain.images.writer.write_frames`."""
    described = image_facts(shape, calibration, _name(path))
    with folder_aside(path) as aside:
        check_disk(path.parent, _bytes(shape, dtype), f"{path}: the disk has too little room")
        ranges = _fill(aside, described, frames, shape, dtype, labels=False)
        shown = shown_channels(channels, ranges, dtype)
        _describe(aside, {"ome": {**described.model_dump(mode="json", exclude_none=True), "omero": shown}})


def write_label_zarr(
    path: Path,
    frames: Iterable[NDArray[Any]],
    shape: Shape,
    dtype: np.dtype,
    calibration: Calibration,
    beside: tuple[str, dict[str, str]] | None = None,
) -> None:
    """Write label images, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    frames : iterable of ndarray of uint16 or uint32, (Z, 1, Y, X)
        As many as `shape` says.
    shape : tuple of int
        Lengths in t, z, c, y, x.
    dtype : numpy.dtype
        Type of a label.
    calibration : Calibration
        Pixel size and frame interval.
    beside : tuple of str and dict, optional
        The way from the label images to the image that they lie beside, for example ``../..``, and what else to note.

    Raises
    ------
    BadInput
        When the disk has too little room for it.
    """
    source, facts = beside or (None, {})
    described = label_facts(shape, calibration, _name(path), source)
    with folder_aside(path) as aside:
        check_disk(path.parent, _bytes(shape, dtype), f"{path}: the disk has too little room")
        _fill(aside, described, frames, shape, dtype, labels=True)
        if facts:
            _describe(aside, creator(**facts))


def _fill(
    folder: Path,
    described: "v05.Image",
    frames: Iterable[NDArray[Any]],
    shape: Shape,
    dtype: np.dtype,
    labels: bool,
) -> list[Range]:
    """Write frames as they come; zarr codes the chunks of each side by side. Return the range of each channel."""
    arrays = _arrays(folder, described, _lengths(shape, labels), dtype)
    low, high = np.full(shape[2], np.inf), np.full(shape[2], -np.inf)
    written = 0
    for t, frame in enumerate(frames):
        by_channel = frame.transpose(1, 0, 2, 3)
        for array, level in zip(arrays, levels_of(by_channel, labels), strict=True):
            array[t] = level[0] if labels else level
        finite = np.where(np.isfinite(by_channel), by_channel, 0) if dtype.kind == "f" else by_channel
        low = np.minimum(low, finite.min(axis=(1, 2, 3)))
        high = np.maximum(high, finite.max(axis=(1, 2, 3)))
        written += 1
    if written != shape[0]:
        raise ValueError(f"{written} frames came where {shape[0]} were announced")
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def _arrays(
    folder: Path, described: "v05.Image", lengths: tuple[int, ...], dtype: np.dtype
) -> "list[zarr.Array]":
    """Make the arrays of all levels; chunks without content are written too, so that a lost one is noticed."""
    import zarr
    from yaozarrs.write.v05 import prepare_image

    folder.rmdir()  # it makes a folder of its own
    *others, y, x = lengths
    sizes = [((*others, *size), dtype) for size in level_sizes(y, x)]
    with zarr.config.set({"array.write_empty_chunks": True}):
        _, arrays = prepare_image(
            folder,
            described,
            sizes,
            chunks=(*(1 for _ in others), CHUNK, CHUNK),
            writer="zarr",
            extra_attributes=creator(),
        )
    return [arrays[str(level)] for level in range(len(sizes))]


def _lengths(shape: Shape, labels: bool) -> tuple[int, ...]:
    """Order lengths as axes are written: t, c, z, y, x; labels have no channels, as viewers expect."""
    t, z, c, y, x = shape
    return (t, z, y, x) if labels else (t, c, z, y, x)


def _describe(folder: Path, facts: dict[str, Any]) -> None:
    """Put in place what a group says of itself."""
    import zarr

    zarr.open_group(str(folder), mode="r+", use_consolidated=False).attrs.update(facts)


def _name(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _bytes(shape: Shape, dtype: np.dtype) -> int:
    return int(np.prod(shape)) * dtype.itemsize
