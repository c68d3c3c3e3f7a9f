"""Average precision over a grid of thresholds and diameters, and the choice of a point in it.

The highest point is not simply taken: the network has seen these images, so small gains on them mean little. Cellpose's
defaults are kept unless another point is shown to be better; of several such points, the one nearest to the defaults
is taken (the simplest choice not shown to be worse, after Breiman et al., Classification and Regression Trees, 1984,
section 3.4.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpretrain.evaluation.confidence_intervals import Clusters, mean_interval
from cpretrain.settings.base import Settings
from cpretrain.settings.segmentation import CELLPROB_THRESHOLD, FLOW_THRESHOLD


class ThresholdGrid(Settings):
    """Values to try."""

    flow_thresholds: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0)
    cellprob_thresholds: tuple[float, ...] = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
    diameters: tuple[float | None, ...] = (None,)
    min_size: int = 15
    niter: int | None = None
    exclude_on_edges: bool = False
    thresholds: str = "0.5:0.95:0.05"


@dataclass(frozen=True)
class Surface:
    """Average precision of one model over the grid.

    Parameters
    ----------
    grid : ThresholdGrid
        Values tried.
    precision : ndarray of float, shape (images, diameters, flow thresholds, cellprob thresholds)
        Average precision on each training image, averaged over the IoU thresholds.
    clusters : Clusters
        Clusters of the images, by movie.
    """

    grid: ThresholdGrid
    precision: NDArray[np.float64]
    clusters: Clusters

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Mean over the images."""
        return self.precision.mean(axis=0)

    @cached_property
    def taken(self) -> tuple[int, int, int]:
        """Index of the point nearest to Cellpose's defaults that is not shown to be worse than the highest."""
        highest = self._at(int(self.mean.argmax()))
        return next(
            index for index in map(self._place, self._nearest_first()) if not self._worse(index, highest)
        )

    def found(self) -> dict[str, float | None]:
        """Return the chosen values by setting name, their mean average precision, and the highest one."""
        d, f, c = self.taken
        return {
            "flow_threshold": self.grid.flow_thresholds[f],
            "cellprob_threshold": self.grid.cellprob_thresholds[c],
            "diameter": self.grid.diameters[d],
            "mean_average_precision": float(self.mean[self.taken]),
            "highest": float(self.mean.max()),
        }

    def _nearest_first(self) -> NDArray[np.intp]:
        """Return all points, by diameter and then by distance from Cellpose's defaults, in steps of 0.2 and 1."""
        diameters, flows, cellprobs = np.indices(self.mean.shape).reshape(3, -1)
        from_flow = np.abs(np.asarray(self.grid.flow_thresholds)[flows] - FLOW_THRESHOLD) / 0.2
        from_cellprob = np.abs(np.asarray(self.grid.cellprob_thresholds)[cellprobs] - CELLPROB_THRESHOLD)
        return np.lexsort((from_cellprob, (from_flow + from_cellprob).round(6), diameters))

    def _place(self, number: int) -> tuple[int, int, int]:
        d, f, c = np.unravel_index(number, self.mean.shape)
        return int(d), int(f), int(c)

    def _at(self, number: int) -> NDArray[np.float64]:
        return self.precision[:, *self._place(number)]

    def _worse(self, index: tuple[int, int, int], highest: NDArray[np.float64]) -> bool:
        lost = mean_interval(highest - self.precision[:, *index], self.clusters, (-1, 1))
        return lost.low > 0


def draw_surfaces(path: Path, surfaces: Mapping[str, Surface]) -> None:
    """Draw the surface of each model at the chosen diameter; a square marks the chosen point."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(surfaces), 4), layout="constrained")
    values = np.concatenate([surface.mean.ravel() for surface in surfaces.values()])
    panels = figure.subplots(1, len(surfaces), squeeze=False)[0]
    for axes, (name, surface) in zip(panels, surfaces.items(), strict=True):
        d, f, c = surface.taken
        grid, plane = surface.grid, surface.mean[d]
        shown = axes.imshow(plane, cmap="cividis", vmin=values.min(), vmax=values.max(), aspect="auto")
        for (row, column), value in np.ndenumerate(plane):
            dark = value < (values.min() + values.max()) / 2
            axes.text(
                column, row, f"{value:.2f}", ha="center", va="center", color="white" if dark else "black"
            )
        axes.plot(
            c, f, "s", markersize=34, markerfacecolor="none", markeredgecolor="#D55E00", markeredgewidth=2
        )
        axes.set_xticks(range(plane.shape[1]), [f"{value:g}" for value in grid.cellprob_thresholds])
        axes.set_yticks(range(plane.shape[0]), [f"{value:g}" for value in grid.flow_thresholds])
        diameter = grid.diameters[d]
        axes.set(
            xlabel="cellprob threshold",
            ylabel="flow threshold",
            title=f"{name}, diameter {f'{diameter:g}' if diameter else 'of the model'}",
        )
    figure.colorbar(shown, ax=panels.tolist(), label="mean average precision on the training images")
    figure.savefig(path, dpi=90)
