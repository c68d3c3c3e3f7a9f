"""Places where the tracks of a model's objects break: what it finds there in one frame, it misses in the next."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.finite import finite
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.valid_box import valid_box
from cpretrain.linking.breaks import find_breaks
from cpretrain.linking.tracks import track_labels
from cpretrain.models.trained import UsedModel
from cpretrain.prediction.frame import segment_frame


@dataclass(frozen=True)
class BrokenPlace:
    """A crop around a break.

    Parameters
    ----------
    frame, z, y, x : int
        Frame, plane and corner, from 0.
    score : float
        Number of breaks in the crop in this frame, 1 or more, and as a fraction the share of all breaks that are at
        this place in any frame.
    """

    frame: int
    z: int
    y: int
    x: int
    score: float


class SegmentedStretch:
    """Neighbouring frames of a movie as label images, each segmented when it is asked for.

    Parameters
    ----------
    movie : TimeLapse
        The movie.
    frames : range
        The frames.
    model : UsedModel
        The model.
    """

    def __init__(self, movie: TimeLapse, frames: range, model: UsedModel) -> None:
        self.movie, self.frames, self.model = movie, frames, model
        _, z, _, y, x = movie.shape
        self.shape = (len(frames), z, 1, y, x)
        self.dtype = np.dtype(np.uint32)

    def frame(self, t: int) -> NDArray[np.uint32]:
        """Return the objects of a frame, ndarray of uint32, shape (Z, 1, Y, X)."""
        pixels, _ = finite(self.movie.frame(self.frames[t]))
        return segment_frame(pixels, self.model).labels[:, np.newaxis]


def broken_places(
    movie: TimeLapse, frames: int, size: int, rng: np.random.Generator, model: UsedModel
) -> list[BrokenPlace]:
    """Track a stretch of a movie, and return a crop around each break.

    Parameters
    ----------
    movie : TimeLapse
        The movie.
    frames : int
        Number of neighbouring frames to segment; they begin at a random one.
    size : int
        Edge length of a crop in pixels.
    rng : numpy.random.Generator
        Chooses the first frame.
    model : UsedModel
        The model.

    Returns
    -------
    list of BrokenPlace
        Empty if no track breaks, or there are fewer than three frames.
    """
    length = min(frames, movie.shape[0])
    if length < 3:
        return []
    first = int(rng.integers(movie.shape[0] - length + 1))
    tracks = track_labels(SegmentedStretch(movie, range(first, first + length), model))
    breaks = find_breaks(tracks.table, tracks.frames)
    where = breaks[["frame", "z", "y", "x"]].to_numpy(float)
    where[:, 0] += first
    return list(_around(movie, where, size))


def _around(movie: TimeLapse, where: NDArray[np.float64], size: int) -> Iterator[BrokenPlace]:
    """Yield the crop around each break, moved so that it holds image data only; `where` is frame, z, y, x of breaks."""
    for frame in np.unique(where[:, 0]).astype(int).tolist():
        box = valid_box(movie.frame(frame))
        if box is None or min(side.stop - side.start for side in box) < size:
            continue
        for _, z, *centre in where[where[:, 0] == frame].tolist():
            y, x = (
                int(np.clip(round(middle - size / 2), side.start, side.stop - size))
                for middle, side in zip(centre, box, strict=True)
            )
            inside = ((where[:, 2:] >= (y, x)) & (where[:, 2:] < (y + size, x + size))).all(axis=1)
            here = inside & (where[:, 0] == frame) & (where[:, 1].round() == round(z))
            yield BrokenPlace(frame, round(z), y, x, float(here.sum() + inside.sum() / (1 + len(where))))
