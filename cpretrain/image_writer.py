"""Write images that Fiji, QuPath and Python open: ImageJ hyperstacks, or OME-TIFF where those cannot hold them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.atomic import write_aside
from cpretrain.timelapse import Calibration

IMAGEJ_TYPES = ("uint8", "uint16", "float32")
IMAGEJ_BYTES = 2**32 - 2**25
"""Above this, ImageJ's TIFF needs a trick that other readers do not know: OME-BigTIFF is written then."""


def write_frames(
    path: Path,
    frames: Iterable[NDArray[Any]],
    shape: tuple[int, int, int, int, int],
    dtype: np.dtype,
    calibration: Calibration,
) -> None:
    """Write a movie frame by frame, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Where to.
    frames : iterable of ndarray, (Z, C, Y, X)
        As many as `shape` says.
    shape : tuple of int
        Lengths in t, z, c, y, x.
    dtype : numpy.dtype
        Type of a pixel.
    calibration : Calibration
        Pixel size and frame interval, written into the file.
    """
    planes = (plane for frame in frames for plane in frame.reshape(-1, *shape[-2:]))
    size = int(np.prod(shape)) * dtype.itemsize
    for_imagej = dtype.name in IMAGEJ_TYPES and size < IMAGEJ_BYTES
    _, y_size, x_size = calibration.pixel_size
    with write_aside(path) as aside:
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
            metadata=(_imagej if for_imagej else _ome)(calibration),
        )


def write_image(path: Path, image: NDArray[Any], calibration: Calibration | None = None) -> None:
    """Write one image, axes (Y, X) or (C, Y, X), whole or not at all."""
    planes = image[np.newaxis] if image.ndim == 2 else image
    c, y, x = planes.shape
    write_frames(path, [planes[np.newaxis]], (1, 1, c, y, x), image.dtype, calibration or Calibration())


def _imagej(calibration: Calibration) -> dict[str, Any]:
    unit = {"µm": "micron"}.get(calibration.unit, calibration.unit)
    return {
        "axes": "TZCYX",
        "mode": "grayscale",
        "spacing": calibration.pixel_size[0],
        "unit": unit,
        "finterval": calibration.frame_interval,
    }


def _ome(calibration: Calibration) -> dict[str, Any]:
    facts: dict[str, Any] = {"axes": "TZCYX"}
    if calibration.unit != "pixel":
        for axis, size in zip("ZYX", calibration.pixel_size, strict=True):
            facts |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": calibration.unit}
    if calibration.frame_interval:
        facts |= {"TimeIncrement": calibration.frame_interval, "TimeIncrementUnit": "s"}
    return facts
