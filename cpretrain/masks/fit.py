"""Fit of a mask to its image: whether its outlines follow edges, or would do so better if moved or mirrored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHIFTS = tuple((dy, dx) for dy in range(-2, 3) for dx in range(-2, 3))
"""Shifts of the mask that are tried, down and to the right, in pixels; the middle one is zero."""

WEAK = 1.2
"""Strength below which outlines do not follow edges; by chance it is 1."""

BETTER_MOVED, MUCH_OTHER_WAY = 1.12, 2.0
"""A shift of one mask is reported if it is this many times as good as no shift, and as the opposite shift.

Masks that were drawn too large gain in all directions; with few objects, one direction can gain by chance.
"""

ALL_MOVED, OTHER_WAY = 1.02, 1.25
"""The same thresholds for the median of a folder."""

BETTER_TURNED = 1.5
HARDLY_BETTER = 1.1
"""A mask that fits less than this many times as well as its mirror image fits by chance."""

_FEWEST_POINTS = 40
_FEWEST_IMAGES = 4
_MOST_POINTS = 50_000
_TURNS = {
    "mirrored left to right": (1, 0, 0),
    "mirrored top to bottom": (0, 1, 0),
    "turned by 180°": (1, 1, 0),
    "transposed": (0, 0, 1),
}

Points = NDArray[np.int64]
GreyPlane = NDArray[Any]


@dataclass(frozen=True)
class MaskFit:
    """Strength of the image's edges under a mask's outlines.

    Parameters
    ----------
    strength : float
        Mean step in grey value across the outlines, relative to that between any two neighbouring pixels.
    warning : str
        What the user should check; empty if nothing stands out.
    moved : tuple of float
        Strength with the mask moved by each of `SHIFTS`. Objects cut by the image's edge do not count: if they are
        drawn a little too large, as is usual, moving them towards the edge always improves their fit. Empty if few
        outlines are left.
    """

    strength: float
    warning: str = ""
    moved: tuple[float, ...] = ()


def mask_fit(image: NDArray[Any], labels: NDArray[Any], border: int = 0) -> MaskFit | None:
    """Compare a mask's outlines with the image's edges.

    Parameters
    ----------
    image : ndarray, shape (Y, X) or (C, Y, X)
        Grey values.
    labels : ndarray of int, shape (Y, X)
        0 is background.
    border : int
        Width in pixels of the edge of zeros around the image, which is ignored.

    Returns
    -------
    MaskFit or None
        None if there are too few outlines or edges to judge.
    """
    inner = slice(border, -border) if border else slice(None)
    steps = _steps(image[..., inner, inner])
    labels = labels[inner, inner]
    outlines = _outlines(labels)
    if steps is None or sum(map(len, outlines)) < _FEWEST_POINTS:
        return None
    here = _strength(steps, outlines)
    moved = _moved(steps, _outlines(_whole_objects(labels)))
    return MaskFit(round(here, 3), _warning(here, moved, steps, outlines, labels.shape), moved)


def common_shift(fits: Sequence[MaskFit]) -> str:
    """Describe the shift that would improve the fit of most of a folder's masks; empty if there is none.

    An export that is off by a pixel is off by the same pixel everywhere, while chance effects in single images average
    out over several.
    """
    fits = [fit for fit in fits if fit.moved]
    if len(fits) < _FEWEST_IMAGES:
        return ""
    strengths = np.log(np.array([fit.moved for fit in fits]) + 1e-9)
    best = int(np.argmax(strengths.mean(axis=0)))
    (dy, dx), opposite = SHIFTS[best], len(SHIFTS) - 1 - best
    gain = strengths[:, best] - strengths[:, len(SHIFTS) // 2]
    both_ways = strengths[:, best] - strengths[:, opposite]
    if np.median(gain) < np.log(ALL_MOVED) or np.median(both_ways) < np.log(OTHER_WAY):
        return ""
    return f"the masks of this folder fit their images better {_by(dy, dx)}: check the export"


def _steps(image: NDArray[Any]) -> tuple[GreyPlane, GreyPlane] | None:
    """Return absolute differences of neighbours down and across, with mean 1, averaged over channels; None if flat."""
    from scipy.ndimage import gaussian_filter

    found = []
    for channel in image.reshape(-1, *image.shape[-2:]).astype(np.float32):
        smooth = gaussian_filter(channel, 1.0)
        down, across = np.abs(np.diff(smooth, axis=0)), np.abs(np.diff(smooth, axis=1))
        mean = (down.sum() + across.sum()) / max(1, down.size + across.size)
        if np.isfinite(mean) and mean > 0:
            found.append((down / mean, across / mean))
    if not found:
        return None
    downs, acrosses = zip(*found, strict=True)
    return sum(downs) / len(found), sum(acrosses) / len(found)


def _outlines(labels: NDArray[Any]) -> tuple[Points, Points]:
    """Return positions y, x of the steps between objects, or an object and background, down and across."""
    down, across = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    return _thinned(np.argwhere(down)), _thinned(np.argwhere(across))


def _whole_objects(labels: NDArray[Any]) -> NDArray[Any]:
    """Remove the objects that are cut by the edge."""
    if not labels.size:
        return labels
    cut = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.where(np.isin(labels, cut), 0, labels)


def _thinned(points: Points) -> Points:
    return points[:: max(1, len(points) // _MOST_POINTS)]


def _strength(steps: tuple[GreyPlane, GreyPlane], outlines: tuple[Points, Points]) -> float:
    """Return the mean step at the outlines; the mean over the image is 1."""
    total, count = 0.0, 0
    for step, points in zip(steps, outlines, strict=True):
        inside = (points >= 0).all(axis=1) & (points < step.shape).all(axis=1)
        y, x = points[inside].T
        total, count = total + float(step[y, x].sum()), count + len(y)
    return total / max(1, count)


def _moved(steps: tuple[GreyPlane, GreyPlane], outlines: tuple[Points, Points]) -> tuple[float, ...]:
    """Return the strength with the outlines moved by each of `SHIFTS`, using the same outlines for all of them."""
    most = max(max(shift) for shift in SHIFTS)
    down, across = (
        points[((points >= most) & (points < np.array(step.shape) - most)).all(axis=1)]
        for step, points in zip(steps, outlines, strict=True)
    )
    if len(down) + len(across) < _FEWEST_POINTS:
        return ()
    return tuple(_strength(steps, (down + shift, across + shift)) for shift in SHIFTS)


def _warning(
    here: float,
    moved: tuple[float, ...],
    steps: tuple[GreyPlane, GreyPlane],
    outlines: tuple[Points, Points],
    size: tuple[int, ...],
) -> str:
    turned = {
        name: _strength(steps, _turn(outlines, size, *how))
        for name, how in _TURNS.items()
        if name != "transposed" or size[0] == size[1]
    }
    name = max(turned, key=lambda name: turned[name])
    if turned[name] > max(BETTER_TURNED * here, BETTER_TURNED):
        return f"the mask fits the image {turned[name] / max(here, 0.01):.1f} times as well {name}: check the export"
    if moved:
        best, unmoved = int(np.argmax(moved)), moved[len(SHIFTS) // 2]
        opposite = moved[len(SHIFTS) - 1 - best]
        if moved[best] > max(BETTER_MOVED * unmoved, WEAK) and moved[best] > MUCH_OTHER_WAY * opposite:
            return f"the mask fits the image better {_by(*SHIFTS[best])}: check the export"
    if here < max(WEAK, HARDLY_BETTER * turned[name]):
        return "the outlines do not follow the edges of the image: check that this is its mask"
    return ""


def _by(dy: int, dx: int) -> str:
    ways = ((dy, "down"), (-dy, "up"), (dx, "to the right"), (-dx, "to the left"))
    return "moved " + " and ".join(f"{n} pixel{'s' if n > 1 else ''} {way}" for n, way in ways if n > 0)


def _turn(
    outlines: tuple[Points, Points], size: tuple[int, ...], left_right: int, top_bottom: int, transpose: int
) -> tuple[Points, Points]:
    """Return the outlines of the mirrored mask; steps lie between pixels, so there is one fewer along their axis."""
    if transpose:
        return outlines[1][:, ::-1], outlines[0][:, ::-1]
    turned = []
    for points, (height, width) in zip(
        outlines, ((size[0] - 1, size[1]), (size[0], size[1] - 1)), strict=True
    ):
        y, x = points.T
        turned.append(
            np.stack([height - 1 - y if top_bottom else y, width - 1 - x if left_right else x], axis=1)
        )
    return turned[0], turned[1]
