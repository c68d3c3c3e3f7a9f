"""Search for the thresholds and the diameter that do best on the training images, for both models alike.

The network runs once per image and diameter; only the step from flows to masks is repeated. The base is tuned like the
retrained model, since otherwise retraining would get credit for a change of thresholds.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.pairs import Pair, files_of, tables_of
from cpretrain.evaluation.compared_models import ComparedModel, Load, Reader
from cpretrain.evaluation.confidence_intervals import cluster
from cpretrain.evaluation.iou_thresholds import parse_thresholds
from cpretrain.evaluation.second_annotator import DrawnFile
from cpretrain.evaluation.threshold_surface import Surface, ThresholdGrid, draw_surfaces
from cpretrain.images.border_objects import without_border_objects_in
from cpretrain.labels.ignored import known_part
from cpretrain.metrics.overlaps import find_overlaps
from cpretrain.metrics.scores import score
from cpretrain.models.folder import ModelFolder
from cpretrain.models.segmenter import Segmenter
from cpretrain.runtime.console import info, progress
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record


def tune(
    folder: Path,
    pairs: Sequence[Pair],
    models: Sequence[ComparedModel],
    load: Load,
    weights: Mapping[str, str | None],
    reader: Reader,
    grid: ThresholdGrid,
) -> None:
    """Search, and write ``tuning.json`` and ``tuning.png`` to the model folder, unless they are up to date.

    Parameters
    ----------
    folder : pathlib.Path
        The model folder.
    pairs : sequence of Pair
        The training images; never those that the models are compared on.
    models : sequence of ComparedModel
        The models.
    load : callable
        Returns the segmenter of a base model.
    weights : mapping of str to str
        SHA-256 of each model's weights.
    reader : Reader
        Reads images and masks.
    grid : ThresholdGrid
        Values to try.
    """
    inputs = files_of(pairs) + tables_of(pairs)
    inputs += [one.base.path for one in models if one.base.path and one.base.path.is_file()]
    record, picture = ModelFolder(folder).tuning, ModelFolder(folder).tuning_picture
    if done_record(record, grid, inputs, [picture]):
        info(f"tune: {record} is complete and unchanged")
        return
    provenance = Provenance("tune", grid, inputs)
    clusters = cluster([pair.image.name for pair in pairs], [pair.movie for pair in pairs])
    surfaces = {}
    with progress("tune", len(models) * len(pairs)) as step:
        for model in models:
            segmenter = load(model.base)
            tried = [_try_all(pair, model, segmenter, reader, grid, step) for pair in pairs]
            surfaces[model.name] = Surface(grid, np.stack(tried), clusters)
    with write_aside(picture) as aside:
        draw_surfaces(aside, surfaces)
    provenance.write(
        record,
        outputs=[picture],
        **load.computing,
        images=len(pairs),
        found={
            name: surface.found() | {"weights_sha256": weights[name]} for name, surface in surfaces.items()
        },
        mean_average_precision={name: surface.mean.tolist() for name, surface in surfaces.items()},
    )


def _try_all(
    pair: Pair,
    model: ComparedModel,
    segmenter: Segmenter,
    reader: Reader,
    grid: ThresholdGrid,
    step: Callable[[str], None],
) -> NDArray[np.float64]:
    """Return the average precision on one image, shape (diameters, flow thresholds, cellprob thresholds)."""
    read = reader.image(pair.image)
    drawn = reader.drawn(DrawnFile(pair.mask, pair.ignored), (read.ready.shape[-2], read.ready.shape[-1]))
    truth = drawn.labels
    if grid.exclude_on_edges:
        truth = without_border_objects_in(truth, read.box)
    iou_thresholds = parse_thresholds(grid.thresholds)
    precision = np.zeros((len(grid.diameters), len(grid.flow_thresholds), len(grid.cellprob_thresholds)))
    predicted = np.zeros(truth.shape, np.uint32)
    for d, diameter in enumerate(grid.diameters):
        flows = segmenter.run(read.ready[(slice(None), *read.box)], diameter) if read.box else None
        for f, flow_threshold in enumerate(grid.flow_thresholds):
            for c, cellprob_threshold in enumerate(grid.cellprob_thresholds):
                settings = model.settings.replace(
                    flow_threshold=flow_threshold,
                    cellprob_threshold=cellprob_threshold,
                    min_size=grid.min_size,
                    niter=grid.niter,
                    exclude_on_edges=grid.exclude_on_edges,
                )
                if flows and read.box:
                    predicted[read.box] = segmenter.masks(flows, settings)
                seen = predicted if drawn.ignored is None else known_part(predicted, drawn.ignored)
                precision[d, f, c] = score(
                    find_overlaps(truth, seen), iou_thresholds
                ).average_precision.mean()
    step(pair.image.name)
    return precision
