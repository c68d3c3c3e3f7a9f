"""Write what was segmented: label images, and what else of the network was asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.discovery import OME_SUFFIXES
from cpretrain.images.dtypes import MOST_OF_16_BITS, label_type
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.ome_zarr_labels import write_labels
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.prediction.files import NetworkImages, PredictionFiles
from cpretrain.prediction.frame import Segmented
from cpretrain.prediction.resume import KeptFrames
from cpretrain.runtime.spelling import option

NAMES_OF_FLOWS = ("flow z", "flow y", "flow x")


def type_of_labels(movie: Path, asked: str, highest: int) -> np.dtype:
    """Return the type of label images.

    Parameters
    ----------
    movie : pathlib.Path
        Named in errors.
    asked : str
        ``uint16``, ``uint32``, or ``auto`` for the smaller one that suffices.
    highest : int
        The highest number of an object in a frame.

    Raises
    ------
    BadInput
        When the type that was asked for is too small.
    """
    if asked == "uint16" and highest > MOST_OF_16_BITS:
        raise BadInput(
            f"{movie}: a frame has more objects than label images of uint16 can number",
            found=f"{highest} objects",
            expected=f"at most {MOST_OF_16_BITS}",
            cure=f"take {option('label_type', 'uint32')}",
        )
    return label_type(highest) if asked == "auto" else np.dtype(asked)


def write_label_images(
    files: PredictionFiles,
    frames: Iterator[NDArray[Any]],
    shape: tuple[int, int, int, int, int],
    dtype: np.dtype,
    calibration: Calibration,
) -> None:
    """Write label images in the format asked for; `frames` have shape (Z, 1, Y, X)."""
    if files.settings.format == "ome-zarr":
        write_labels(files.labels, frames, shape, dtype, calibration, files.folder)
        return
    is_ome = files.labels.name.lower().endswith(OME_SUFFIXES)
    write_frames(files.labels, frames, shape, dtype, calibration, Channels(ome={} if is_ome else None))


def kept_of_network(segmented: Segmented, files: PredictionFiles) -> dict[NetworkImages, NDArray[np.float32]]:
    """Return what else of the network is kept of a frame, each of shape (C, Z, Y, X)."""
    kept: dict[NetworkImages, NDArray[np.float32]] = {}
    if "probability" in files.network:
        kept["probability"] = segmented.probability[np.newaxis]
    if "flows" in files.network and segmented.flows is not None:
        kept["flows"] = segmented.flows
    return kept


def write_network_images(
    files: PredictionFiles, store: KeptFrames, movie: TimeLapse, chosen: Sequence[int]
) -> None:
    """Write what else of the network was asked for; frames that were not segmented are zeros."""
    t, z, _, y, x = movie.shape
    for kind, path in files.network.items():
        count = len(store.network(chosen[0], kind))
        empty = np.zeros((z, count, y, x), np.float32)
        frames = (
            store.network(frame, kind).swapaxes(0, 1) if frame in chosen else empty for frame in range(t)
        )
        names = NAMES_OF_FLOWS[-count:] if kind == "flows" else (kind,)
        write_frames(path, frames, (t, z, count, y, x), empty.dtype, movie.calibration, Channels(names))
