"""Pictures of the images with the retrained model's worst and best scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.evaluation.scoring import TRUTH, Extreme, Scoring
from cpretrain.labels.ignored import Mask
from cpretrain.runtime.letters import families_for
from cpretrain.runtime.terminal import printable
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_extremes(folder: Path, scoring: Scoring) -> list[Path]:
    """Draw the images with the retrained model's worst and best scores, one panel per label image.

    Returns
    -------
    list of pathlib.Path
        The pictures.
    """
    drawn = []
    for label, one in (("worst", scoring.worst), ("best", scoring.best)):
        if one is not None:
            draw_outlines(
                picture := folder / f"evaluation_{label}.png",
                f"{label} image of {len(scoring.image_set.images)}: {scoring.image_set.images[one.index]}",
                one.image,
                {_title(scoring, one, name): labels for name, labels in one.label_images.items()},
                one.ignored,
            )
            drawn.append(picture)
    return drawn


def _title(scoring: Scoring, extreme: Extreme, name: str) -> str:
    if name == TRUTH:
        return "ground truth"
    one = scoring.models[name]
    precision = one.values(scoring.image_set.headline)[one.indices.index(extreme.index)]
    return (
        f"{name}: AP {precision:.2f} at IoU {scoring.image_set.iou_thresholds[scoring.image_set.headline]:g}"
    )


COLOURS = ("#F0E442", "#D55E00", "#56B4E9", "#CC79A7")
"""Colours that colour-blind people can distinguish (Okabe and Ito)."""


def draw_outlines(
    path: Path,
    title: str,
    image: NDArray[Any],
    labels: dict[str, NDArray[Any]],
    ignored: Mask | None = None,
) -> None:
    """Draw one panel per entry of `labels`.

    Parameters
    ----------
    path : pathlib.Path
        The PNG file.
    title : str
        Title above all panels.
    image : ndarray, shape (Y, X)
        Grey values.
    labels : dict of str to ndarray of int, shape (Y, X)
        Label images by panel title.
    ignored : ndarray of bool, shape (Y, X), optional
        Pixels to cover with stripes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(labels), 4.6), layout="constrained")
    families = families_for(printable(title))
    if families is not None:
        figure.suptitle(printable(title), parse_math=False, family=families)
    low, high = np.percentile(image, (0.5, 99.5))
    panels = figure.subplots(1, len(labels), squeeze=False)[0]
    for axes, (name, objects), colour in zip(panels, labels.items(), COLOURS, strict=False):
        axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1))
        outline(axes, objects, colour)
        if ignored is not None and ignored.any():
            axes.contourf(ignored, levels=[0.5, 1.5], colors="none", hatches=["////"])
        axes.set_title(f"{name} ({np.unique(objects[objects > 0]).size} objects)")
        axes.set_axis_off()
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=100)


def outline(axes: "Axes", labels: NDArray[Any], colour: str) -> None:
    """Draw the outline of each object over the image in `axes`.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes with the image.
    labels : ndarray of int, shape (Y, X)
        0 is background.
    colour : str
        Colour of the outlines.
    """
    for label in np.unique(labels[labels > 0]):
        axes.contour(labels == label, levels=[0.5], colors=colour, linewidths=1.2)
