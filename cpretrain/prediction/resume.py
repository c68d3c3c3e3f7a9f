"""Frames segmented so far, kept aside until the whole movie is done, so that an interrupted run can resume."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, short
from cpretrain.prediction.files import NetworkImages
from cpretrain.runtime.console import info
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.unfinished import UnfinishedFolder


class KeptFrames:
    """The frames of one movie, in the folder ``.NAME.unfinished`` beside its result.

    Parameters
    ----------
    unfinished : UnfinishedFolder
        The folder.
    origin : mapping
        Origin of the frames: model, settings, input, versions. Frames of another origin are discarded.
    """

    def __init__(self, unfinished: UnfinishedFolder, origin: Mapping[str, Any]) -> None:
        self._unfinished, self.folder = unfinished, unfinished.path
        if not _came_from(unfinished, origin):
            if self.folder.exists():
                info(f"predict: {self.folder.name} came from another model, input or settings; starting over")
            unfinished.begin(origin)

    def has(self, t: int) -> bool:
        """Return whether frame `t` (from 0) has been saved."""
        return self._file(t).is_file()

    def save(
        self,
        t: int,
        labels: NDArray[np.uint32],
        objects: NDArray[np.float64],
        left_out: int = 0,
        network: Mapping[NetworkImages, NDArray[np.float32]] | None = None,
    ) -> None:
        """Save a frame atomically.

        Parameters
        ----------
        t : int
            Its number, from 0.
        labels : ndarray of uint32, shape (Z, Y, X)
            Its objects.
        objects : ndarray of float64, shape (objects, 6)
            Measurements, from `measure_objects`.
        left_out : int
            Number of its pixels that are not finite.
        network : mapping of str to ndarray of float32, shape (C, Z, Y, X), optional
            What else of the network was asked for.
        """
        parts: dict[str, Any] = {
            "labels": labels,
            "objects": objects,
            "left_out": np.array(left_out),
        }
        parts.update({kind: images for kind, images in (network or {}).items()})
        with write_aside(self._file(t)) as aside, open(aside, "wb") as file:
            np.savez_compressed(file, **parts)

    def labels(self, t: int) -> NDArray[np.uint32]:
        """Return the labels of frame `t`, shape (Z, Y, X)."""
        return self._part(t, "labels")

    def objects(self, t: int) -> NDArray[np.float64]:
        """Return the measurements of the objects in frame `t`, shape (objects, 6)."""
        return self._part(t, "objects")

    def network(self, t: int, kind: NetworkImages) -> NDArray[np.float32]:
        """Return what else of the network was kept of frame `t`, shape (C, Z, Y, X)."""
        return self._part(t, kind)

    def left_out(self, t: int) -> int:
        """Return the number of pixels in frame `t` that are not finite."""
        stored = self._part(t, "left_out")
        return int(stored.sum()) if stored.dtype.kind in "iu" else 0

    def remove(self) -> None:
        """Remove the folder."""
        self._unfinished.remove()

    def _part(self, t: int, name: str) -> NDArray[Any]:
        try:
            with np.load(self._file(t), allow_pickle=False) as stored:
                return np.asarray(stored[name])
        except Exception as error:  # NumPy raises nearly anything for a damaged file
            raise BadInput(
                f"{self._file(t)}: the saved frame cannot be read",
                found=short(error),
                cure=f"remove the folder {self.folder.name}; its movie is then segmented again",
            ) from error

    def _file(self, t: int) -> Path:
        return self.folder / f"{t:06}.npz"


def _came_from(unfinished: UnfinishedFolder, origin: Mapping[str, Any]) -> bool:
    """Return whether the existing work has the same origin; False if its origin is unknown."""
    try:
        return not unfinished.differences(origin)
    except (OSError, ValueError):
        return False
