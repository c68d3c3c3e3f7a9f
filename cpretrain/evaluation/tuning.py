"""Search for the thresholds and the diameter that do best on the training images, for both models alike.

The network runs once for each image and diameter; only the step from its flows to masks is repeated. The base is tuned
like the retrained model: else retraining would be praised for what other thresholds do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.atomic import write_aside
from cpretrain.dataset import Pair
from cpretrain.evaluation.contenders import Contender, Load, Reader
from cpretrain.evaluation.thresholds import parse_thresholds
from cpretrain.metrics import score
from cpretrain.model_record import TUNING_RECORD
from cpretrain.overlaps import find_overlaps
from cpretrain.progress import progress, say
from cpretrain.provenance import Provenance, is_current
from cpretrain.segmenter import Segmenter
from cpretrain.settings import CELLPROB_THRESHOLD, FLOW_THRESHOLD, Settings

PICTURE = "tuning.png"


class Grid(Settings):
    """What is tried."""

    flow_thresholds: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0)
    cellprob_thresholds: tuple[float, ...] = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
    diameters: tuple[float | None, ...] = (None,)
    min_size: int = 15
    thresholds: str = "0.5:0.95:0.05"


@dataclass(frozen=True)
class Surface:
    """Mean average precision of one model over the grid.

    Parameters
    ----------
    grid : Grid
        What was tried.
    precision : ndarray of float, (diameters, flow thresholds, cellprob thresholds)
        Mean over the training images and IoU thresholds.
    """

    grid: Grid
    precision: NDArray[np.float64]

    @property
    def best(self) -> tuple[int, int, int]:
        """Place of the best; of equals the one nearest to what Cellpose does without being told."""
        diameters, flows, cellprobs = np.indices(self.precision.shape).reshape(3, -1)
        from_flow = np.abs(np.asarray(self.grid.flow_thresholds)[flows] - FLOW_THRESHOLD)
        from_cellprob = np.abs(np.asarray(self.grid.cellprob_thresholds)[cellprobs] - CELLPROB_THRESHOLD)
        order = np.lexsort((from_flow, from_cellprob, diameters, -self.precision.round(9).ravel()))
        d, f, c = np.unravel_index(int(order[0]), self.precision.shape)
        return int(d), int(f), int(c)

    def found(self) -> dict[str, float | None]:
        """Give the best thresholds and diameter by the names of the settings."""
        d, f, c = self.best
        return {
            "flow_threshold": self.grid.flow_thresholds[f],
            "cellprob_threshold": self.grid.cellprob_thresholds[c],
            "diameter": self.grid.diameters[d],
        }


def tune(
    model: Path,
    pairs: Sequence[Pair],
    contenders: Sequence[Contender],
    load: Load,
    weights: Mapping[str, str | None],
    reader: Reader,
    grid: Grid,
) -> None:
    """Search, and leave ``tuning.json`` and ``tuning.png`` in the model folder; nothing is done where they are current.

    Parameters
    ----------
    model : pathlib.Path
        The model folder.
    pairs : sequence of Pair
        The training images; never those that the models are compared on.
    contenders : sequence of Contender
        The models.
    load : callable
        Gives the segmenter of a base model.
    weights : mapping of str to str
        SHA-256 of the weights of each.
    reader : Reader
        Reads images and masks.
    grid : Grid
        What to try.
    """
    inputs = [path for pair in pairs for path in (pair.image, pair.mask)]
    inputs += [one.base.path for one in contenders if one.base.path is not None]
    if is_current(model / TUNING_RECORD, grid, inputs):
        say(f"tune: {model / TUNING_RECORD} is complete and unchanged")
        return
    provenance = Provenance("tune", grid, inputs)
    surfaces = {}
    with progress("tune", len(contenders) * len(pairs)) as step:
        for contender in contenders:
            segmenter = load(contender.base)
            tried = [_try_all(pair, contender, segmenter, reader, grid, step) for pair in pairs]
            surfaces[contender.name] = Surface(grid, np.mean(tried, axis=0))
    with write_aside(model / PICTURE) as aside:
        _draw(aside, surfaces)
    provenance.write(
        model / TUNING_RECORD,
        images=len(pairs),
        found={
            name: surface.found() | {"weights_sha256": weights[name]} | _gain(surface)
            for name, surface in surfaces.items()
        },
        mean_average_precision={name: surface.precision.tolist() for name, surface in surfaces.items()},
    )


def _try_all(
    pair: Pair, contender: Contender, segmenter: Segmenter, reader: Reader, grid: Grid, step: Any
) -> NDArray[np.float64]:
    """Average precision on one image, (diameters, flow thresholds, cellprob thresholds)."""
    _, ready = reader.image(pair.image)
    truth = reader.labels(pair.mask, (ready.shape[-2], ready.shape[-1]))
    levels = parse_thresholds(grid.thresholds)
    precision = np.zeros((len(grid.diameters), len(grid.flow_thresholds), len(grid.cellprob_thresholds)))
    for d, diameter in enumerate(grid.diameters):
        flows = segmenter.run(ready, diameter)
        for f, flow_threshold in enumerate(grid.flow_thresholds):
            for c, cellprob_threshold in enumerate(grid.cellprob_thresholds):
                settings = contender.settings.replace(
                    flow_threshold=flow_threshold,
                    cellprob_threshold=cellprob_threshold,
                    min_size=grid.min_size,
                )
                overlaps = find_overlaps(truth, segmenter.masks(flows, settings))
                precision[d, f, c] = score(overlaps, levels).average_precision.mean()
    step(pair.image.name)
    return precision


def _gain(surface: Surface) -> dict[str, float | None]:
    """Mean average precision of what was found, and of what Cellpose does without being told, where it was tried."""
    own = FLOW_THRESHOLD, CELLPROB_THRESHOLD
    flows, cellprobs = surface.grid.flow_thresholds, surface.grid.cellprob_thresholds
    tried = own[0] in flows and own[1] in cellprobs
    untuned = float(surface.precision[0, flows.index(own[0]), cellprobs.index(own[1])]) if tried else None
    return {"mean_average_precision": float(surface.precision[surface.best]), "untuned": untuned}


def _draw(path: Path, surfaces: Mapping[str, Surface]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(surfaces), 4), layout="constrained")
    values = np.concatenate([surface.precision.ravel() for surface in surfaces.values()])
    panels = figure.subplots(1, len(surfaces), squeeze=False)[0]
    for axes, (name, surface) in zip(panels, surfaces.items(), strict=True):
        d, f, c = surface.best
        grid, plane = surface.grid, surface.precision[d]
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
