"""Measurements during training, epoch by epoch, as a table and as a picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cpretrain.models.folder import ModelFolder
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.csv_table import open_table

LETTERS = "▁▂▃▄▅▆▇█"

COLUMNS = ("epoch", "training_loss", "test_loss", "test_average_precision")


@dataclass
class Curves:
    """Measurements, one value per epoch; NaN where nothing was measured.

    Parameters
    ----------
    training_loss : list of float
        Mean over the images of the epoch.
    test_loss, test_average_precision : list of float
        Values on the in-training test set: the loss on randomly rotated and scaled tiles, as in Cellpose, and the
        average precision on the unchanged images.
    """

    training_loss: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_average_precision: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Number of epochs so far."""
        return len(self.training_loss)

    def add(self, training_loss: float, test_loss: float, test_average_precision: float) -> None:
        """Add an epoch."""
        self.training_loss.append(training_loss)
        self.test_loss.append(test_loss)
        self.test_average_precision.append(test_average_precision)

    def as_data(self) -> dict[str, list[float | None]]:
        """Return the curves by column; None where nothing was measured."""
        return {
            name: [None if math.isnan(value) else round(value, 6) for value in getattr(self, name)]
            for name in COLUMNS[1:]
        }


def small_curve(values: Sequence[float], width: int = 24) -> str:
    """Draw values as a line of text: one letter for each of at most `width` equal parts, higher for larger.

    Parameters
    ----------
    values : sequence of float
        NaN where nothing was measured.
    width : int
        Largest number of letters.
    """
    measured = np.array([value for value in values if not math.isnan(value)])
    if measured.size < 2:
        return ""
    means = np.array([part.mean() for part in np.array_split(measured, min(width, measured.size))])
    steps = (means - means.min()) / max(float(np.ptp(means)), 1e-12) * (len(LETTERS) - 1)
    return "".join(LETTERS[round(step)] for step in steps)


def write_curves(folder: ModelFolder, curves: Curves, kept: int) -> None:
    """Write ``losses.csv`` and ``losses.png``.

    Parameters
    ----------
    folder : ModelFolder
        The model folder.
    curves : Curves
        The measurements.
    kept : int
        Epoch whose weights are kept, from 0.
    """
    with open_table(folder.losses, COLUMNS) as table:
        for epoch, values in enumerate(zip(*(getattr(curves, name) for name in COLUMNS[1:]), strict=True)):
            table.writerow([epoch, *("" if math.isnan(value) else f"{value:.6g}" for value in values)])
    _draw(folder.losses_picture, curves, kept)


def _draw(path: Path, curves: Curves, kept: int) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axes = figure.subplots()
    lines = axes.plot(curves.training_loss, color="#0072B2", label="loss, training images")
    lines += _dots(axes, curves.test_loss, "#D55E00", "loss, in-training test set")
    axes.set(xlabel="epoch", ylabel="loss", title="Training")
    if any(not math.isnan(value) for value in curves.test_average_precision):
        right = axes.twinx()
        right.set(ylabel="average precision", ylim=(0, 1))
        lines += _dots(
            right, curves.test_average_precision, "#009E73", "average precision, in-training test set"
        )
    lines.append(axes.axvline(kept, color="0.6", linestyle=":", label=f"epoch {kept} is kept"))
    figure.legend(handles=lines, loc="outside lower center", ncols=2)
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=100)


def _dots(axes, values: list[float], colour: str, label: str) -> list:  # type: ignore[no-untyped-def]
    measured = [(epoch, value) for epoch, value in enumerate(values) if not math.isnan(value)]
    return axes.plot(*zip(*measured, strict=True), "o-", color=colour, label=label) if measured else []
