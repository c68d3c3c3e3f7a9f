"""Crops as arrays and table rows, without writing any file."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.crops.crop_image import add_border
from cpretrain.crops.drawing import draw
from cpretrain.dataset.crops_table import Crop
from cpretrain.images.metadata import Calibration
from cpretrain.images.movie_input import opened
from cpretrain.images.timelapse import Frames
from cpretrain.settings.base import Conversion
from cpretrain.settings.crops import CropSettings, Plane

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class DrawnCrops:
    """Crops as arrays.

    Parameters
    ----------
    images : list of ndarray, shape (Y, X) or (C, Y, X)
        The crops, each with its border of zeros, in the movie's own type.
    crops : list of Crop
        Frame, plane and position of each.
    """

    images: list[NDArray[Any]]
    crops: list[Crop]

    def __len__(self) -> int:
        return len(self.images)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of ``crops.csv`` as a table."""
        import pandas as pd

        return pd.DataFrame([asdict(crop) for crop in self.crops])


class _Named:
    """Frames with a name; no plane is missing unless the frames themselves report it."""

    def __init__(self, frames: Frames, name: str) -> None:
        self._frames, self.path = frames, Path(getattr(frames, "path", name))
        self.calibration: Calibration = getattr(frames, "calibration", Calibration())

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        return self._frames.shape

    @property
    def dtype(self) -> np.dtype:
        """Pixel type."""
        return self._frames.dtype

    def frame(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), shape (Z, C, Y, X)."""
        return self._frames.frame(t)

    def is_complete(self, t: int, z: int) -> bool:
        """Return whether all channels of a plane are present."""
        known = getattr(self._frames, "is_complete", None)
        return bool(known(t, z)) if known else True


def draw_crops(
    movie: "NDArray[Any] | xr.DataArray | str | os.PathLike | Frames",
    *,
    per_image: int = 5,
    size: int = 100,
    border: int = 2,
    seed: int = 0,
    name: str = "movie",
    planes: Sequence[Plane] = ("xy",),
    anisotropy: float | None = None,
    convert: Conversion | None = None,
) -> DrawnCrops:
    """Draw training crops at random positions in random frames, as `cut_crops` does for a file of the same name.

    Parameters
    ----------
    movie : array, xarray.DataArray, path-like or Frames
        The movie, in any form that `measure_drift` takes.
    per_image : int
        Number of crops.
    size : int
        Edge length of a crop in pixels, without its border.
    border : int
        Width of the edge of zeros around a crop, in pixels.
    seed : int
        Seed of the random positions.
    name : str
        Name of an array, which together with the seed determines the positions. A file has its own.
    planes : sequence of {'xy', 'xz', 'yz'}
        Planes that crops of a stack are cut in, in turn.
    anisotropy : float, optional
        Distance between planes in pixels, for crops in xz and yz; of a file, as it says if left out, else 1.
    convert : str, optional
        Rule for converting the pixels of a file to grey values, see `CropSettings`.

    Returns
    -------
    DrawnCrops

    Raises
    ------
    BadInput
        When the movie cannot be read, or no crop of that size fits.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from cpretrain import draw_crops
    >>> movie = xr.DataArray(np.ones((4, 64, 64), np.uint8), dims=("t", "y", "x"))
    >>> crops = draw_crops(movie, per_image=3, size=20, seed=1)
    >>> len(crops), crops.images[0].shape
    (3, (24, 24))
    """
    settings = CropSettings(
        per_image=per_image, size=size, border=border, seed=seed, planes=tuple(planes), anisotropy=anisotropy
    )
    with opened(movie, convert=convert) as frames:
        drawn = draw(_Named(frames, name), settings)
    images = [add_border(pixels[0] if len(pixels) == 1 else pixels, border) for _, pixels in drawn]
    return DrawnCrops(images, [crop for crop, _ in drawn])
