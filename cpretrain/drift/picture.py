"""A picture in which a person sees at a glance what the drift was and whether it is gone."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift.neighbour_correlation import NeighbourCorrelation
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.valid_area import Area
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside

PICTURE_PIXELS = 600
"""Edge length above which a mean image is reduced by a whole number."""
PLACES = {"left": 0.07, "right": 0.98, "top": 0.91, "bottom": 0.02, "hspace": 0.4, "wspace": 0.18}
"""Of the panels, in shares of the picture."""


class Seen:
    """Mean over frames and planes, and likeness of neighbouring frames, gathered frame by frame.

    The mean is sharp where nothing moved; of large frames it is kept at the size of the picture.
    """

    def __init__(self) -> None:
        self._sum: NDArray[np.float64] | None = None
        self._count = 0
        self._neighbours = NeighbourCorrelation()

    def add(self, frame: NDArray[Any], area: Area | None = None) -> None:
        """Take in one frame, axes (Z, Y, X), which holds data in `area` (z, y, x; default: everywhere)."""
        plane = _reduced(frame)
        self._sum = plane if self._sum is None else self._sum + plane
        self._count += 1
        self._neighbours.add(frame, area)

    @property
    def image(self) -> NDArray[np.float64]:
        """The mean so far, axes (Y, X)."""
        assert self._sum is not None
        return self._sum / self._count

    @property
    def correlation(self) -> float | None:
        """Mean Pearson correlation of neighbouring frames so far, to six digits; None where there is none."""
        mean = self._neighbours.mean
        return None if mean is None else round(mean, 6)


def _reduced(frame: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over planes, and over blocks of pixels where the frame is larger than the picture."""
    _, height, width = frame.shape
    block = min(-(-max(height, width) // PICTURE_PIXELS), height, width)
    rows, columns = height // block * block, width // block * block
    total = np.zeros((rows // block, columns // block))
    for plane in frame:
        for y, x in np.ndindex(block, block):
            total += plane[y:rows:block, x:columns:block]
    return total / (len(frame) * block**2)


def draw_drift(
    path: Path,
    title: str,
    curve: DriftCurve,
    before: Seen,
    after: Seen,
    engine: str,
) -> None:
    """Draw the path and the course of the drift beside the mean of all frames before and after.

    Parameters
    ----------
    path : pathlib.Path
        Where to write the PNG.
    title : str
        Name of the movie.
    curve : DriftCurve
        What the sample did.
    before, after : Seen
        What the raw and the corrected movie look like.
    engine : str
        Which engine measured it.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8))  # a layout found anew for each movie would take a third of the time
    course, trace, left, right = figure.subplots(2, 2, height_ratios=(2, 3), gridspec_kw=PLACES).ravel()
    figure.suptitle(printable(f"{title} (engine: {engine})"), parse_math=False)
    frames = np.arange(len(curve.drift))
    for axis, colour in zip("zyx", ("#999999", "#0072B2", "#D55E00"), strict=True):
        drift = curve.drift[:, "zyx".index(axis)]
        if axis != "z" or drift.any():
            course.plot(frames, drift, marker=".", color=colour, label=axis)
    marks = (
        (curve.clipped, "v", "clipped"),
        (curve.large, "^", "large"),
        (curve.uncertain, "s", "uncertain"),
    )
    for flags, marker, label in marks:
        if flags.any():
            largest = curve.drift.max() + 0.05 * max(float(np.ptp(curve.drift)), 1.0)
            marked = frames[flags]
            course.plot(marked, np.full(marked.size, largest), marker, color="black", label=label)
    course.set(xlabel="frame", ylabel="drift / pixels", title="drift in each frame")
    course.legend()
    trace.plot(curve.drift[:, 2], curve.drift[:, 1], "-", color="#999999")
    points = trace.scatter(curve.drift[:, 2], curve.drift[:, 1], c=frames, cmap="viridis", zorder=2)
    trace.set(xlabel="x / pixels", ylabel="y / pixels", title="path of the sample", aspect="equal")
    trace.set_adjustable("datalim")
    trace.invert_yaxis()
    figure.colorbar(points, ax=trace, label="frame")
    for axes, seen, label in ((left, before, "before"), (right, after, "after")):
        low, high = np.percentile(seen.image, (1, 99.8))
        axes.imshow(seen.image, cmap="gray", vmin=low, vmax=high)
        axes.set_title(f"mean of all frames, {label}{_likeness(seen)}")
        axes.set_axis_off()
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=80)


def _likeness(seen: Seen) -> str:
    return "" if seen.correlation is None else f"\ncorrelation of neighbouring frames {seen.correlation:.3f}"
