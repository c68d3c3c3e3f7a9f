"""A picture that shows the drift, and whether it is gone, at a glance."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift.inspection import Inspected
from cpretrain.images.running_mean import RunningMean
from cpretrain.registration.curve import DriftCurve
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    from cpretrain.drift.chart.panel import Box
    from cpretrain.drift.chart.sheet import Sheet

WIDTH, HEAD, LINE, LETTERS = 880, 32, 12, 150
"""Pixels: width, height of the title, and of a line of warnings; letters per line."""
COLUMNS, PANEL = ((70, 270), (364, 564), (660, 860)), 190
"""Left and right of the three panels, and their height, in pixels."""
IMAGES, LARGEST = ((10, 435), (445, 870)), (420, 300)
"""Left and right of the two images, and their maximum size, in pixels."""
ANGLE_COLOUR = "#AA3377"
COLOURS = {"z": "#999999", "y": "#0072B2", "x": "#D55E00"}
BEFORE, AFTER = "#999999", "#009E73"
VIRIDIS = (
    "440154",
    "482475",
    "414487",
    "355F8D",
    "2A788E",
    "21908D",
    "22A884",
    "42BE71",
    "7AD151",
    "BDDF26",
    "FDE725",
)
"""Colours from dark to bright at equal distances."""


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
    from cpretrain.drift.chart.sheet import Sheet  # Pillow takes a while to import

    lines = [line for text in warnings for line in fill(printable(text), LETTERS).splitlines()]
    top = HEAD + LINE * len(lines) + 46
    below = top + PANEL + 84
    images = [_grey(means, which) for which in (0, 1)]
    sizes = [_fitted(image.shape) for image in images]
    sheet = Sheet(WIDTH, below + max(height for _, height in sizes) + 10)
    sheet.text((WIDTH / 2, 20), printable(title), 13.5)
    sheet.text((COLUMNS[0][0], HEAD + LINE), "\n".join(lines), LINE / 1.3, "ls", "#B00000")
    course, trace, agreement = ((left, top, right, top + PANEL) for left, right in COLUMNS)
    _course(sheet, course, curve)
    _trace(sheet, trace, curve)
    _agreement(sheet, agreement, inspected)
    numbers = inspected.mean(inspected.before), inspected.mean(inspected.after)
    for image, size, place, label, number in zip(
        images, sizes, IMAGES, ("before", "after"), numbers, strict=True
    ):
        middle = sum(place) // 2
        told = "" if number is None else f"\nmean agreement of frames {number:.3f}"
        sheet.text((middle, below - 24), f"mean of all frames, {label}{told}", 13)
        sheet.image(image, (middle - size[0] // 2, below), size)
    with write_aside(path) as aside:
        sheet.drawn().save(aside, "PNG")


def _course(sheet: "Sheet", box: "Box", curve: DriftCurve) -> None:
    """Show the drift in each frame, and which pairs are clipped, large, uncertain or bridged."""
    from cpretrain.drift.chart.panel import Axis, Panel

    frames = np.arange(len(curve.drift))
    marks = _marks(curve)
    reached = [*(level for level, *_ in marks), float(curve.drift.max()), float(curve.drift.min())]
    y = Axis.around(reached, "drift / pixels") if curve.drift.any() else Axis(-1, 1, "drift / pixels")
    panel = Panel(sheet, box, Axis.around(frames, "frame", whole=True), y)
    turned = curve.angle is not None
    panel.frame("drift in each frame" + ",\nand angle / ° anticlockwise (right)" * turned)
    for column, (axis, colour) in enumerate(COLOURS.items()):
        if axis != "z" or curve.drift[:, column].any():
            panel.line(frames, curve.drift[:, column], colour, axis, ".")
    for level, marked, marker, label in marks:
        panel.marks(marked, np.full(len(marked), level), marker, "black", label)
    if curve.angle is not None:
        right = panel.on_the_right(Axis.around(curve.angle, ""), ANGLE_COLOUR)
        right.line(frames, curve.angle, ANGLE_COLOUR, "angle", dashed=True)
    panel.legend()


def _marks(curve: DriftCurve) -> list[tuple[float, NDArray[np.int64], str, str]]:
    """Return for each kind of mark its level in pixels of drift, its frames, its marker and its name."""
    frames = np.arange(len(curve.drift))
    kinds = (
        (curve.clipped, "v", "clipped"),
        (curve.large, "^", "large"),
        (curve.uncertain, "s", "uncertain"),
        (np.isin(frames, curve.bridged), ".", "bridged"),
    )
    there = [(frames[flags], marker, label) for flags, marker, label in kinds if flags.any()]
    room, highest = max(float(np.ptp(curve.drift)), 1.0), float(curve.drift.max())
    # one row each, so that none hides another
    return [(highest + 0.07 * room * row, *each) for row, each in enumerate(there, 1)]


def _trace(sheet: "Sheet", box: "Box", curve: DriftCurve) -> None:
    """Show the path of the sample, with equal scales along x and y."""
    from cpretrain.drift.chart.panel import Axis, Panel, draw_marker

    x, y = curve.drift[:, 2], curve.drift[:, 1]
    across, down = box[2] - box[0], box[3] - box[1]
    half = max(1.1 * max(float(np.ptp(x)) / across, float(np.ptp(y)) / down) / 2, 1.2 / across)
    middle_x, middle_y = (float(values.max() + values.min()) / 2 for values in (x, y))
    panel = Panel(
        sheet,
        box,
        Axis(middle_x - half * across, middle_x + half * across, "x / pixels"),
        Axis(middle_y + half * down, middle_y - half * down, "y / pixels"),
    )
    last = len(x) - 1
    panel.frame(f"path of the sample\n(from dark, frame 0, to bright, frame {last})")
    panel.line(x, y, "#999999")
    for t, place in enumerate(panel.places(x, y)):
        draw_marker(sheet, place, "o", _viridis(t / last))


def _viridis(share: float) -> str:
    """Return a colour from dark (0) to bright (1)."""
    table = np.array([[int(colour[i : i + 2], 16) for i in (0, 2, 4)] for colour in VIRIDIS])
    places = np.linspace(0, 1, len(table))
    return "#" + "".join(f"{round(float(np.interp(share, places, one))):02X}" for one in table.T)


def _agreement(sheet: "Sheet", box: "Box", inspected: Inspected) -> None:
    """Show the agreement of each frame with the mean of the others."""
    from cpretrain.drift.chart.panel import Axis, Panel

    title = "agreement with the mean\nof all other frames"
    told = [each for each in (inspected.before, inspected.after) if each is not None]
    if not told:
        panel = Panel(sheet, box, Axis(0, 1, "frame"), Axis(0, 1))
        panel.frame(title)
        sheet.text(
            ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), "no pixel lies in all frames", 11, anchor="mm"
        )
        return
    frames = np.arange(len(told[0]))
    panel = Panel(sheet, box, Axis.around(frames, "frame", whole=True), Axis.around(np.concatenate(told), ""))
    panel.frame(title)
    marked = sorted(inspected.kinds)
    for each, colour, label in ((inspected.before, BEFORE, "before"), (inspected.after, AFTER, "after")):
        if each is not None:
            panel.line(frames, each, colour, label, ".")
            panel.marks(marked, each[marked], "x", "black")
    panel.legend()


def _grey(means: tuple[RunningMean, RunningMean], which: int) -> NDArray[np.uint8]:
    """Return a mean image in the grey scale of both."""
    low, high = np.percentile(means[0].image, (1, 99.8))
    shown = (means[which].image - low) * (255 / max(high - low, 1e-9))
    return np.clip(shown, 0, 255).round().astype(np.uint8)


def _fitted(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height at which an image fits its place."""
    height, width = shape
    scale = min(LARGEST[0] / width, LARGEST[1] / height)
    return max(1, round(scale * width)), max(1, round(scale * height))
