"""Write images that Fiji, QuPath and Python open: ImageJ hyperstacks, OME-TIFF where need be, and OME-Zarr."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration, Channels, colour_of, to_rgba
from cpretrain.runtime.resources import check_disk
from cpretrain.storage.atomic import write_aside

IMAGEJ_TYPES = ("uint8", "uint16", "float32")
IMAGEJ_BYTES = 2**32 - 2**25
"""Size limit of ImageJ's TIFF without a trick that other readers do not know; larger movies become OME-BigTIFF."""
_COLOUR_MAP = 320


def write_frames(
    path: Path,
    frames: Iterable[NDArray[Any]],
    shape: tuple[int, int, int, int, int],
    dtype: np.dtype,
    calibration: Calibration,
    channels: Channels | None = None,
    info: str = "",
) -> None:
    """Write a movie frame by frame, atomically.

    Parameters
    ----------
    path : pathlib.Path
        The file: a TIFF, or a folder ending in ``.zarr``, which becomes an OME-Zarr.
    frames : iterable of ndarray, shape (Z, C, Y, X)
        As many frames as in `shape`.
    shape : tuple of int
        Lengths in t, z, c, y, x.
    dtype : numpy.dtype
        Pixel type.
    calibration : Calibration
        Pixel size and frame interval, written into the file.
    channels : Channels, optional
        Names and colours of the channels, written into the file; a movie from an OME-TIFF becomes an OME-TIFF.
    info : str
        A sentence about the image, for Fiji's *Show Info* (OME-TIFF: the description).

    Raises
    ------
    BadInput
        When the disk has too little free space.
    """
    channels = channels or Channels()
    if path.suffix == ".zarr":
        from cpretrain.images.ome_zarr_writer import write_zarr

        write_zarr(path, frames, shape, dtype, calibration, channels)
        return
    planes = (plane for frame in frames for plane in frame.reshape(-1, *shape[-2:]))
    size = int(np.prod(shape)) * dtype.itemsize
    for_imagej = channels.ome is None and dtype.name in IMAGEJ_TYPES and size < IMAGEJ_BYTES
    facts = _imagej(calibration, channels, shape) if for_imagej else _ome(calibration, channels, shape)
    if info:
        facts["Info" if for_imagej else "Description"] = info
    _, y_size, x_size = calibration.pixel_size
    with write_aside(path) as aside:
        check_disk(path.parent, size, f"{path}: not enough disk space")
        tifffile.imwrite(
            aside,
            planes,
            shape=shape,
            dtype=dtype,
            imagej=for_imagej,
            ome=not for_imagej,
            bigtiff=not for_imagej and size >= IMAGEJ_BYTES,
            photometric="minisblack",
            resolution=(1 / x_size, 1 / y_size),
            metadata=facts,
            extratags=_colour_map(channels, shape) if for_imagej else (),
        )


def write_image(
    path: Path, image: NDArray[Any], calibration: Calibration | None = None, info: str = ""
) -> None:
    """Write one image, atomically.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    image : ndarray, shape (Y, X) or (C, Y, X)
        Grey values.
    calibration : Calibration, optional
        Pixel size, written into the file.
    info : str
        A sentence about the image, written into the file.
    """
    planes = image[np.newaxis] if image.ndim == 2 else image
    c, y, x = planes.shape
    shape = (1, 1, c, y, x)
    write_frames(path, [planes[np.newaxis]], shape, image.dtype, calibration or Calibration(), info=info)


def _imagej(calibration: Calibration, channels: Channels, shape: tuple[int, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "axes": "TZCYX",
        "mode": channels.mode,
        "unit": {"µm": "micron"}.get(calibration.unit, calibration.unit),
        "finterval": calibration.frame_interval,
    }
    if _with_z_step(calibration, shape):
        facts["spacing"] = calibration.pixel_size[0]
    if calibration.value_offset:  # as ImageJ writes signed pixels: a line from stored to recorded values
        facts |= {"cf": 0, "c0": calibration.value_offset, "c1": 1.0, "vunit": "Gray Value"}
    if len(channels.names) == shape[2]:
        facts["Labels"] = [*channels.names] * (shape[0] * shape[1])
    if shape[2] > 1 and _coloured(channels, shape):
        facts["LUTs"] = list(channels.colours)  # type: ignore[arg-type]
    return facts


def _with_z_step(calibration: Calibration, shape: tuple[int, ...]) -> bool:
    """Return whether to write the z step; that of a stack stays unknown if it was."""
    return calibration.z_step_stated or shape[1] == 1


def _colour_map(channels: Channels, shape: tuple[int, ...]) -> list[tuple[Any, ...]]:
    """Return the tag with the colours of a single channel, where ImageJ looks for them for all pixel types."""
    if shape[2] > 1 or not _coloured(channels, shape):
        return []
    table = channels.colours[0].astype(np.uint16) * 257  # type: ignore[index]
    return [(_COLOUR_MAP, "H", table.size, table.ravel().tolist(), True)]


def _coloured(channels: Channels, shape: tuple[int, ...]) -> bool:
    return channels.colours is not None and len(channels.colours) == shape[2]


def _ome(calibration: Calibration, channels: Channels, shape: tuple[int, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {"axes": "TZCYX"} | (channels.ome or {})
    if calibration.unit != "pixel":
        sizes = dict(zip("ZYX", calibration.pixel_size, strict=True))
        if not _with_z_step(calibration, shape):
            del sizes["Z"]
        for axis, size in sizes.items():
            facts |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": calibration.unit}
    if calibration.frame_interval:
        facts |= {"TimeIncrement": calibration.frame_interval, "TimeIncrementUnit": "s"}
    of_channels = dict(facts.get("Channel", {}))
    if len(channels.names) == shape[2]:
        of_channels["Name"] = [*channels.names]
    if _coloured(channels, shape):
        of_channels["Color"] = [to_rgba(colour_of(table)) for table in channels.colours]  # type: ignore[union-attr]
    return facts | {"Channel": of_channels}
