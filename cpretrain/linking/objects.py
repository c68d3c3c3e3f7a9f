"""Objects of a label movie, measured with two frames in memory: centres, areas, edges, grey values and overlaps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import Frames
from cpretrain.labels.predicted import as_labels
from cpretrain.metrics.overlaps import find_overlaps
from cpretrain.registration.canvas import Canvas


@dataclass(frozen=True)
class FrameObjects:
    """The objects of one frame, in ascending order of label.

    Parameters
    ----------
    label, area : ndarray of int, shape (objects,)
        Number in the label image, and size in pixels (voxels for a stack).
    centre : ndarray of float64, shape (objects, 3)
        Mean position of the pixels in z, y, x, from 0.
    at_border : ndarray of bool, shape (objects,)
        Whether an object touches the left, right, upper or lower edge of what was recorded in this frame.
    mean : ndarray of float64, shape (objects, channels)
        Mean grey value in each channel of the movie; no columns without a movie.
    before, here : ndarray of int, shape (pairs,)
        Pairs of an object of the frame before and one of this frame that share pixels, as indices of objects.
    iou : ndarray of float64, shape (pairs,)
        Intersection over union of each pair.
    """

    label: NDArray[np.int64]
    area: NDArray[np.int64]
    centre: NDArray[np.float64]
    at_border: NDArray[np.bool_]
    mean: NDArray[np.float64]
    before: NDArray[np.intp]
    here: NDArray[np.intp]
    iou: NDArray[np.float64]


def objects_of(
    labels: Frames, movie: Frames | None = None, canvas: Canvas | None = None
) -> Iterator[FrameObjects]:
    """Measure the objects of every frame, one after the other.

    Parameters
    ----------
    labels : Frames
        Label images, one channel; 0 for background.
    movie : Frames, optional
        Grey values, of the same size.
    canvas : Canvas, optional
        Where the frames lie on the corrected movie that was segmented; without it, all of each frame was recorded.

    Yields
    ------
    FrameObjects

    Raises
    ------
    BadInput
        When the labels are no label images, or the movie has another size.
    """
    _check(labels, movie, canvas)
    previous = None
    for t in range(labels.shape[0]):
        numbers = as_labels(labels.frame(t), getattr(labels, "path", "the labels"))
        grey = None if movie is None else movie.frame(t)
        yield _measured(numbers, grey, previous, (canvas, t) if canvas else None)
        previous = numbers


def _check(labels: Frames, movie: Frames | None, canvas: Canvas | None) -> None:
    t, z, c, y, x = labels.shape
    name = getattr(labels, "path", "the labels")
    if c != 1:
        raise BadInput(f"{name}: is no movie of label images", found=f"{c} channels", expected="one")
    if 0 in labels.shape:
        raise BadInput(
            f"{name}: holds no pixels", found=f"{t} frames of {z} × {y} × {x}", expected="one or more of each"
        )
    other = movie.shape if movie else None
    if other and (other[:2], other[3:]) != ((t, z), (y, x)):
        raise BadInput(
            f"{getattr(movie, 'path', 'the movie')}: differs in size from its label images",
            found=f"{' × '.join(map(str, (*other[:2], *other[3:])))} (frames, planes, height, width)",
            expected=f"{t} × {z} × {y} × {x}, as {name}",
            cure="name the movie that was segmented; after a drift correction, the corrected one",
        )
    if canvas and (len(canvas.shifts), canvas.shape[0], *canvas.shape[2:]) != (t, z, y, x):
        raise BadInput(
            f"{name}: the drift of its movie does not belong to these label images",
            found=f"{len(canvas.shifts)} frames on {' × '.join(map(str, canvas.shape))} pixels (z, c, y, x)",
            expected=f"{t} frames on {z} × {y} × {x} (z, y, x)",
        )


def _measured(
    labels: NDArray[Any],
    grey: NDArray[Any] | None,
    previous: NDArray[Any] | None,
    place: tuple[Canvas, int] | None,
) -> FrameObjects:
    overlaps = find_overlaps(labels if previous is None else previous, labels)
    label, area = overlaps.predicted_ids.astype(np.int64), overlaps.predicted_areas
    inside = np.nonzero(labels)
    owner = np.searchsorted(label, labels[inside])
    centre = [np.bincount(owner, axis, len(label)) / area for axis in inside]
    channels = [] if grey is None else [grey[:, number] for number in range(grey.shape[1])]
    mean = [np.bincount(owner, channel[inside], len(label)) / area for channel in channels]
    pairs = (overlaps.true, overlaps.predicted, overlaps.iou)
    none = (np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    return FrameObjects(
        label,
        area,
        np.stack(centre, axis=1),
        _at_border(inside, owner, labels.shape, place),
        np.stack(mean, axis=1) if mean else np.zeros((len(label), 0)),
        *(none if previous is None else pairs),
    )


def _at_border(
    inside: tuple[NDArray[np.intp], ...],
    owner: NDArray[np.intp],
    shape: tuple[int, ...],
    place: tuple[Canvas, int] | None,
) -> NDArray[np.bool_]:
    """Return whether the corners of an object's box touch the edge of the frame as it was recorded."""
    from scipy.ndimage import find_objects

    numbered = np.zeros(shape, np.int32)
    numbered[inside] = owner + 1
    boxes = [[(part.start, part.stop - 1) for part in box] for box in find_objects(numbered)]
    ends = np.array(boxes, np.float64).reshape(-1, 3, 2)  # lowest and highest pixel in z, y, x
    corners = np.stack(
        [np.stack([ends[:, 0, 0], ends[:, 1, y], ends[:, 2, x]], 1) for y in (0, 1) for x in (0, 1)]
    )
    if place:
        canvas, t = place
        corners, shape = canvas.recorded(corners, t), canvas.frame_shape
    near_start = (corners[..., 1:] < 1).any(axis=(0, 2))
    near_end = (corners[..., 1:] > np.subtract(shape[-2:], 2)).any(axis=(0, 2))
    result: NDArray[np.bool_] = near_start | near_end
    return result
