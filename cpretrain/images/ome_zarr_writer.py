"""Write movies and label images as OME-Zarr 0.5: one frame at a time, in one file per chunk, with a pyramid."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.ome_zarr_facts import Range, Shape, creator, image_facts, label_facts, shown_channels
from cpretrain.images.ome_zarr_positions import STORE_SUFFIX
from cpretrain.images.pyramid import level_sizes, levels_of
from cpretrain.runtime.resources import check_disk
from cpretrain.runtime.threads import threads_allowed
from cpretrain.storage.atomic import folder_aside

if TYPE_CHECKING:
    import zarr
    from yaozarrs import v05

SIDE_BY_SIDE = 4
"""Most frames that are coded and written at once."""
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
    """Write a movie atomically, from frames of shape (Z, C, Y, X).

    The arguments are those of `cpretrain.images.writer.write_frames`.
    """
    described = image_facts(shape, calibration, _name(path))
    with folder_aside(path) as aside:
        check_disk(path.parent, _bytes(shape, dtype), f"{path}: not enough disk space")
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
    """Write label images atomically.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    frames : iterable of ndarray of uint16 or uint32, shape (Z, 1, Y, X)
        As many frames as in `shape`.
    shape : tuple of int
        Lengths in t, z, c, y, x.
    dtype : numpy.dtype
        Type of the labels.
    calibration : Calibration
        Pixel size and frame interval.
    beside : tuple of str and dict, optional
        Relative path from the label images to their image, for example ``../..``, and further attributes.

    Raises
    ------
    BadInput
        When the disk has too little free space.
    """
    source, facts = beside or (None, {})
    described = label_facts(shape, calibration, _name(path), source)
    with folder_aside(path) as aside:
        check_disk(path.parent, _bytes(shape, dtype), f"{path}: not enough disk space")
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
    """Write frames as they arrive, a few side by side; return the smallest and largest value of each channel.

    A frame must not be changed after it was passed. No two frames share a chunk, so none waits for another.
    """
    arrays = _arrays(folder, described, _lengths(shape, labels), dtype)
    low, high = np.full(shape[2], np.inf), np.full(shape[2], -np.inf)
    threads, written = threads_allowed(SIDE_BY_SIDE), 0
    with ThreadPoolExecutor(threads) as pool:
        writing: deque[Future[None]] = deque()
        for t, frame in enumerate(frames):
            if len(writing) == threads:
                writing.popleft().result()
            by_channel = frame.transpose(1, 0, 2, 3)
            writing.append(pool.submit(_write_levels, arrays, t, by_channel, labels))
            finite = np.where(np.isfinite(by_channel), by_channel, 0) if dtype.kind == "f" else by_channel
            low = np.minimum(low, finite.min(axis=(1, 2, 3)))
            high = np.maximum(high, finite.max(axis=(1, 2, 3)))
            written += 1
        for last in writing:
            last.result()
    if written != shape[0]:
        raise ValueError(f"{written} frames came where {shape[0]} were announced")
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def _write_levels(arrays: "list[zarr.Array]", t: int, frame: NDArray[Any], labels: bool) -> None:
    for array, level in zip(arrays, levels_of(frame, labels), strict=True):
        array[t] = level[0] if labels else level


def _arrays(
    folder: Path, described: "v05.Image", lengths: tuple[int, ...], dtype: np.dtype
) -> "list[zarr.Array]":
    """Create the arrays of all levels; empty chunks are written too, so that a lost one is noticed."""
    import zarr
    from yaozarrs.write.v05 import prepare_image

    folder.rmdir()  # zarr creates the folder itself
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
    """Return lengths in the order of the written axes: t, c, z, y, x; labels have no channels, as viewers expect."""
    t, z, c, y, x = shape
    return (t, z, y, x) if labels else (t, c, z, y, x)


def _describe(folder: Path, facts: dict[str, Any]) -> None:
    """Set the attributes of a group."""
    import zarr

    zarr.open_group(str(folder), mode="r+", use_consolidated=False).attrs.update(facts)


def _name(path: Path) -> str:
    return path.name.removesuffix(STORE_SUFFIX)


def _bytes(shape: Shape, dtype: np.dtype) -> int:
    return int(np.prod(shape)) * dtype.itemsize
