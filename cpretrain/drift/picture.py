"""A picture that shows the drift, and whether it is gone, at a glance."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift.inspection import Inspected
from cpretrain.registration.curve import DriftCurve
from cpretrain.runtime.letters import drawable
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURE_PIXELS = 600
"""Edge length in pixels above which a mean image is reduced by an integer factor."""
PLACES = {"left": 0.08, "right": 0.98, "top": 0.89, "bottom": 0.02, "hspace": 0.32, "wspace": 1.2}
"""Positions of the panels, as shares of the picture; above them is space for warnings, one per line."""
LINE, LETTERS = 0.022, 150
"""Height of a line of warnings as a share of the picture, and letters per line."""
ANGLE_COLOUR = "#AA3377"
COLOURS = {"z": "#999999", "y": "#0072B2", "x": "#D55E00"}


class RunningMean:
    """Mean over frames and planes, accumulated frame by frame.

    It is sharp if nothing moved; for large frames it is kept at the size of the picture.
    """

    def __init__(self) -> None:
        self._sum: NDArray[np.float64] | None = None
        self._count = 0

    def add(self, frame: NDArray[Any]) -> None:
        """Add one frame, shape (Z, Y, X)."""
        plane = _reduced(frame)
        if self._sum is None:
            self._sum = plane
        else:
            self._sum += plane
        self._count += 1

    @property
    def image(self) -> NDArray[np.float64]:
        """The mean so far, ndarray of float64, shape (Y, X)."""
        assert self._sum is not None
        return self._sum / self._count


def _reduced(frame: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean over planes, and over blocks of pixels if the frame is larger than the picture."""
    _, height, width = frame.shape
    block = min(-(-max(height, width) // PICTURE_PIXELS), height, width)
    rows, columns = height // block * block, width // block * block
    if block == 1:
        return np.add.reduce(frame, axis=0, dtype=np.float64) / len(frame)
    total = np.zeros((rows // block, columns // block))
    for plane in frame:
        for y, x in np.ndindex(block, block):
            total += plane[y:rows:block, x:columns:block]
    return total / (len(frame) * block**2)


def draw_drift(
    path: Path,
    title: str,
    curve: DriftCurve,
    means: tuple[RunningMean, RunningMean],
    inspected: Inspected,
    warnings: Sequence[str] = (),
) -> None:
    """Draw the drift over time and its path, the agreement of each frame, and the mean frame before and after.

    Parameters
    ----------
    path : pathlib.Path
        PNG to write.
    title : str
        Name of the movie, and of the engine; "…" stands for letters that no font has.
    curve : DriftCurve
        Measured drift.
    means : tuple of RunningMean
        Mean of the raw movie, and of the corrected one.
    inspected : Inspected
        Observations on the frames.
    warnings : sequence of str
        Warnings to show.
    """
    from matplotlib.figure import Figure

    lines = [line for text in warnings for line in fill(printable(text), LETTERS).splitlines()]
    extra = 1 + LINE * (len(lines) + 1) * bool(lines)
    figure = Figure(
        figsize=(11, 8 * extra)
    )  # computing a layout for each movie would take a third of the time
    places = PLACES | {"top": PLACES["top"] / extra, "bottom": PLACES["bottom"] / extra}
    grid = figure.add_gridspec(2, 6, height_ratios=(2, 3), **places)
    _head(figure, printable(title), lines, places["top"])
    _course(figure.add_subplot(grid[0, :2]), curve)
    _trace(figure.add_subplot(grid[0, 2:4]), curve)
    _agreement(figure.add_subplot(grid[0, 4:]), inspected)
    panels = figure.add_subplot(grid[1, :3]), figure.add_subplot(grid[1, 3:])
    _mean_images(panels, means, inspected)
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=80)


def _head(figure: "Figure", title: str, lines: Sequence[str], top: float) -> None:
    """Write the title, and the warnings between it and the panels."""
    title, families = drawable(title)
    figure.suptitle(title, y=0.985, va="top", parse_math=False, family=families)
    text, families = drawable("\n".join(lines))
    if text:
        below = 1 - 0.05 * top
        figure.text(
            PLACES["left"],
            below,
            text,
            va="top",
            fontsize=8.5,
            color="#B00000",
            parse_math=False,
            family=families,
        )


def _course(axes: "Axes", curve: DriftCurve) -> None:
    frames = np.arange(len(curve.drift))
    for column, (axis, colour) in enumerate(COLOURS.items()):
        drift = curve.drift[:, column]
        if axis != "z" or drift.any():
            axes.plot(frames, drift, marker=".", color=colour, label=axis)
    marks = (
        (curve.clipped, "v", "clipped"),
        (curve.large, "^", "large"),
        (curve.uncertain, "s", "uncertain"),
        (np.isin(frames, curve.bridged), ".", "bridged"),
    )
    room = max(float(np.ptp(curve.drift)), 1.0)
    level = float(curve.drift.max())
    for flags, marker, label in marks:
        if flags.any():
            level += 0.07 * room  # one row each, so that none hides another
            marked = frames[flags]
            axes.plot(marked, np.full(marked.size, level), marker, color="black", markersize=4, label=label)
    if not curve.drift.any():
        axes.set_ylim(-1, 1)
    title = "drift in each frame"
    if curve.angle is not None:
        axes.plot([], [], linestyle="dashed", color=ANGLE_COLOUR, label="angle")
        turned = axes.twinx()
        turned.plot(frames, curve.angle, linestyle="dashed", color=ANGLE_COLOUR)
        turned.tick_params(labelsize=8, pad=1, colors=ANGLE_COLOUR)
        title = "drift in each frame,\nand angle / ° anticlockwise (right)"
    axes.set(xlabel="frame", ylabel="drift / pixels", title=title)
    axes.legend(fontsize=8)


def _trace(axes: "Axes", curve: DriftCurve) -> None:
    axes.plot(curve.drift[:, 2], curve.drift[:, 1], "-", color="#999999")
    frames = np.arange(len(curve.drift))
    axes.scatter(curve.drift[:, 2], curve.drift[:, 1], c=frames, cmap="viridis", zorder=2)
    title = f"path of the sample\n(from dark, frame 0, to bright, frame {frames[-1]})"
    axes.set(xlabel="x / pixels", ylabel="y / pixels", title=title, aspect="equal")
    axes.set_adjustable("datalim")
    if not curve.drift[:, 1:].any():
        axes.update_datalim([(-1, -1), (1, 1)])
        axes.autoscale_view()
    axes.invert_yaxis()


def _agreement(axes: "Axes", inspected: Inspected) -> None:
    axes.set(xlabel="frame", title="agreement with the mean\nof all other frames")
    for each, colour, label in (
        (inspected.before, "#999999", "before"),
        (inspected.after, "#009E73", "after"),
    ):
        if each is not None:
            axes.plot(each, marker=".", color=colour, label=label)
            if inspected.kinds:
                marked = sorted(inspected.kinds)
                axes.plot(marked, each[marked], "x", color="black")
    if inspected.before is None:
        axes.text(0.5, 0.5, "no pixel lies in all frames", ha="center", va="center", transform=axes.transAxes)
    else:
        axes.legend(fontsize=8)


def _mean_images(
    panels: "tuple[Axes, Axes]", means: tuple[RunningMean, RunningMean], inspected: Inspected
) -> None:
    """Show both means in the same grey scale."""
    low, high = np.percentile(means[0].image, (1, 99.8))
    numbers = inspected.mean(inspected.before), inspected.mean(inspected.after)
    for axes, seen, label, number in zip(panels, means, ("before", "after"), numbers, strict=True):
        axes.imshow(seen.image, cmap="gray", vmin=low, vmax=high)
        agreement = "" if number is None else f"\nmean agreement of frames {number:.3f}"
        axes.set_title(f"mean of all frames, {label}{agreement}")
        axes.set_axis_off()
