"""Track objects: label images in any form to a table of tracks."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.discovery import source_name
from cpretrain.images.metadata import Calibration
from cpretrain.images.movie_input import opened
from cpretrain.images.timelapse import Frames
from cpretrain.labels.measurements import Scale, scale_of
from cpretrain.linking.frame_links import Links, link_frames
from cpretrain.linking.lineage import Lineage, lineage_of
from cpretrain.linking.objects import FrameObjects, objects_of
from cpretrain.linking.segments import join_segments, segments_of
from cpretrain.linking.tracks_table import make_table
from cpretrain.registration.canvas import Canvas
from cpretrain.runtime.console import progress
from cpretrain.settings.tracking import TrackSettings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Tracks:
    """The tracks of a movie.

    Parameters
    ----------
    table : pandas.DataFrame
        A row per object and frame, see `cpretrain.linking.tracks_table`.
    frames : int
        Number of frames of the movie.
    max_distance : float
        Farthest that a centre moved from one frame to the next, in pixels.
    scale : Scale
        Size of a pixel, and time between frames.
    """

    table: "pd.DataFrame"
    frames: int
    max_distance: float
    scale: Scale

    def number(self, labels: NDArray[Any], t: int) -> NDArray[np.uint32]:
        """Return the label image of a frame with the numbers of tracks.

        Parameters
        ----------
        labels : ndarray of int, any shape
            The label image, or part of it.
        t : int
            The frame, from 0.

        Returns
        -------
        ndarray of uint32, shape of `labels`
        """
        label, track = self._of_frame[t]
        known = np.concatenate([[0], label])
        return np.concatenate([[0], track]).astype(np.uint32)[np.searchsorted(known, labels)]

    @cached_property
    def _of_frame(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        rows = self.table.sort_values(["frame", "label"])
        starts = np.searchsorted(rows["frame"], np.arange(self.frames + 1))
        label, track = rows["label"].to_numpy(), rows["track"].to_numpy()
        return [(label[start:end], track[start:end]) for start, end in pairwise(starts)]


def track_labels(
    labels: Any,
    *,
    movie: Any = None,
    canvas: Canvas | None = None,
    settings: TrackSettings | None = None,
) -> Tracks:
    """Track the objects of a movie, with two frames in memory.

    Parameters
    ----------
    labels : array, xarray.DataArray, path-like or Frames
        Label images, 0 for background: a numpy or dask array of shape (T, Z, 1, Y, X), a DataArray with named axes, or
        a file.
    movie : array, xarray.DataArray, path-like or Frames, optional
        The movie that was segmented, in any of these forms, for grey values.
    canvas : Canvas, optional
        If the movie was corrected for drift: where its frames lie on it, from `cpretrain.registration.canvas_for`, for
        positions in the raw movie.
    settings : TrackSettings, optional
        Costs and limits of links.

    Returns
    -------
    Tracks

    Raises
    ------
    BadInput
        When the labels are no label images, or movie or canvas do not belong to them.

    Notes
    -----
    Links between neighbouring frames are the assignment with the lowest total cost, and those over gaps and at
    divisions a second one (Jaqaman et al. 2008), as in laptrack: with ``cost="distance"`` the tracks equal its own,
    except that an object that appears at the border is not taken for a daughter.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from cpretrain import track_labels
    >>> labels = xr.DataArray(np.zeros((3, 8, 8), np.uint8), dims=("t", "y", "x"))
    >>> labels[0, 2:4, 2:4], labels[1, 2:4, 3:5], labels[2, 2:4, 4:6] = 1, 7, 4
    >>> track_labels(labels).table[["track", "frame", "label", "x", "speed"]].values.tolist()
    [[1.0, 0.0, 1.0, 2.5, nan], [1.0, 1.0, 7.0, 3.5, 1.0], [1.0, 2.0, 4.0, 4.5, 1.0]]
    """
    settings = settings or TrackSettings()
    with opened(labels, settings.axes) as frames:
        scale = scale_of(getattr(frames, "calibration", Calibration()))
        if movie is None:
            found = _objects(frames, None, canvas)
        else:
            with opened(movie) as grey:
                found = _objects(frames, grey, canvas)
        flat = frames.shape[1] == 1
        name = source_name(frames.path) if hasattr(frames, "path") else ""
    spacing = np.array(scale.spacing) / scale.spacing[2]
    farthest = settings.max_distance or median_diameter(found, spacing, flat)
    lineage = _linked(found, spacing, farthest, settings)
    table = make_table(name, found, lineage, scale, canvas)
    return Tracks(table, len(found), farthest, scale)


def median_diameter(found: list[FrameObjects], spacing: NDArray[np.float64], flat: bool) -> float:
    """Return the median diameter of circles as large as the objects, of spheres for stacks; 1 if there are none.

    Parameters
    ----------
    found : list of FrameObjects
        Objects of each frame.
    spacing : ndarray of float64, shape (3,)
        Distance of pixels in z, y, x, in units of the result.
    flat : bool
        Whether frames have one plane.
    """
    areas = np.concatenate([one.area for one in found]) if found else np.zeros(0)
    if not len(areas):
        return 1.0
    size = float(np.median(areas) * spacing[1:].prod())
    return float(2 * np.sqrt(size / np.pi) if flat else np.cbrt(6 * size * spacing[0] / np.pi))


def _objects(labels: Frames, movie: Frames | None, canvas: Canvas | None) -> list[FrameObjects]:
    found = []
    with progress("tracking: objects", labels.shape[0]) as step:
        for t, objects in enumerate(objects_of(labels, movie, canvas)):
            found.append(objects)
            step(f"frame {t}")
    return found


def _linked(
    found: list[FrameObjects], spacing: NDArray[np.float64], farthest: float, settings: TrackSettings
) -> Lineage:
    links: list[Links] = []
    with progress("tracking: links", len(found)) as step:
        for t, (earlier, later) in enumerate(pairwise(found), 1):
            links.append(link_frames(earlier, later, spacing, farthest, settings.cost))
            step(f"frame {t}")
    segments = segments_of([len(one.label) for one in found], links)
    centres = [one.centre * spacing for one in found]
    joined = join_segments(centres, segments, farthest, settings.max_missing, settings.divisions)
    ends = set(segments.last)
    inside = [  # what appears at the border has come from outside, and is no daughter
        (earlier, (t, index))
        for earlier, (t, index) in joined
        if earlier in ends or not found[t].at_border[index]
    ]
    return lineage_of(segments, inside)
