"""Segment images with every model, one image after the other, and keep what tables and pages need of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.base_models import BaseModel
from cpretrain.dataset import Pair
from cpretrain.errors import BadInput
from cpretrain.evaluation.failures import Judged, judge
from cpretrain.evaluation.scored import Scored, View
from cpretrain.metrics import Scores, join, score
from cpretrain.model_record import ModelSettings
from cpretrain.overlaps import find_overlaps
from cpretrain.padding import valid_box
from cpretrain.page_picture import grey, jpeg, outline_path
from cpretrain.qupath.label_image import read_label_image
from cpretrain.qupath.mask_size import enlarge
from cpretrain.segmenter import Segmenter, network_input
from cpretrain.settings import EvaluateSettings
from cpretrain.training import read_image

LARGEST_PICTURE = 1024
"""Pictures of larger images are reduced to this many pixels along the longer side."""

Load = Callable[[BaseModel], Segmenter]
"""Gives a segmenter; each is loaded once, when it is needed."""

HUMAN = "human"
TRUTH = "truth"


@dataclass(frozen=True)
class Contender:
    """A model that takes part.

    Parameters
    ----------
    name : str
        ``base`` or ``retrained``.
    base : BaseModel
        Its weights.
    settings : EvaluateSettings
        Thresholds and diameter that it is used with, nothing left open.
    """

    name: str
    base: BaseModel
    settings: EvaluateSettings

    @property
    def used(self) -> dict[str, Any]:
        """Thresholds, diameter and smallest object, by the names of the settings."""
        names = ("flow_threshold", "cellprob_threshold", "diameter", "min_size")
        return {name: getattr(self.settings, name) for name in names}


@dataclass(frozen=True)
class Pictured:
    """One image with the outlines of every opinion on it.

    Parameters
    ----------
    size : tuple of int
        Height and width of the picture, which the outlines are in pixels of.
    jpeg : bytes
        The image.
    outlines : dict of str to str
        For the ground truth and each model the ``d`` of an SVG path.
    """

    size: tuple[int, int]
    jpeg: bytes
    outlines: dict[str, str]


@dataclass(frozen=True)
class Extreme:
    """The image that the retrained model does worst or best on."""

    place: int
    grey: NDArray[Any]
    opinions: dict[str, NDArray[Any]]


@dataclass
class Scoring:
    """What came of one view.

    Parameters
    ----------
    view : View
        The images.
    models : dict of str to Scored
        Scores of each model.
    judged : dict of (model, place of the image) to (true, predicted) objects
        What became of every object.
    pictures : list of Pictured
        One an image.
    worst, best : Extreme
        By the mean average precision of the retrained model; of equals those with more objects.
    """

    view: View
    models: dict[str, Scored] = field(default_factory=dict)
    judged: dict[tuple[str, int], tuple[Judged, Judged]] = field(default_factory=dict)
    pictures: list[Pictured] = field(default_factory=list)
    worst: Extreme | None = None
    best: Extreme | None = None


class Reader:
    """Read images and masks for a model.

    Parameters
    ----------
    model : ModelSettings
        Which channels it wants.
    """

    def __init__(self, model: ModelSettings) -> None:
        self.model = model

    def image(self, path: Path) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Read an image, axes (C, Y, X): as it is, and ready for the network."""
        planes = read_image(path)
        try:
            return planes, network_input(planes, self.model.channel, self.model.second_channel)
        except BadInput as error:
            raise BadInput(f"{path}: {error.problem}", found=error.found) from error

    def labels(self, path: Path, size: tuple[int, int]) -> NDArray[Any]:
        """Read a label image of an image of that size, axes (Y, X)."""
        labels = read_label_image(path).labels
        if labels.shape != size:
            raise BadInput(
                f"{path}: has another size than its image",
                found=f"{labels.shape[0]} × {labels.shape[1]} (height × width)",
                expected=f"{size[0]} × {size[1]}",
                cure="import the masks with cpretrain masks, which knows the border of training images",
            )
        return labels


def score_view(
    name: str,
    pairs: Sequence[Pair],
    contenders: Sequence[Contender],
    load: Load,
    reader: Reader,
    thresholds: tuple[float, ...],
    people: Mapping[Path, Path],
    step: Callable[[str], None],
) -> Scoring:
    """Segment the images of a view with each model and score them; one image is in memory at a time.

    Parameters
    ----------
    name : str
        Name of the view.
    pairs : sequence of Pair
        Images and ground truth.
    contenders : sequence of Contender
        The models.
    load : callable
        Gives the segmenter of a base model.
    reader : Reader
        Reads images and masks.
    thresholds : tuple of float
        IoU thresholds.
    people : mapping of path to path
        Masks that a second person drew, by image.
    step : callable
        Called with the name of an image when it is done.
    """
    view = View(
        name, tuple(pair.image.name for pair in pairs), tuple(pair.group for pair in pairs), thresholds
    )
    result = Scoring(view)
    rows: dict[str, list[Scores]] = {}
    places: dict[str, list[int]] = {}
    order: list[tuple[float, int]] = []
    for place, pair in enumerate(pairs):
        planes, ready = reader.image(pair.image)
        size = ready.shape[-2], ready.shape[-1]
        truth = reader.labels(pair.mask, size)
        opinions = {model.name: load(model.base).segment(ready, model.settings) for model in contenders}
        if pair.image in people:
            opinions[HUMAN] = reader.labels(people[pair.image], size)
        valid = valid_box(planes)
        for model, labels in opinions.items():
            overlaps = find_overlaps(truth, labels)
            rows.setdefault(model, []).append(score(overlaps, thresholds))
            places.setdefault(model, []).append(place)
            result.judged[model, place] = judge(truth, labels, overlaps, valid)
        shown, drawn = planes[reader.model.channel - 1], {TRUTH: truth, **opinions}
        result.pictures.append(_picture(shown, drawn))
        order.append((float(rows["retrained"][-1].average_precision.mean()), int(truth.max(initial=0))))
        result.worst, result.best = _extremes(result, order, Extreme(place, shown, drawn))
        step(pair.image.name)
    for model in rows:
        result.models[model] = Scored(view, model, tuple(places[model]), join(rows[model], thresholds))
    return result


def _extremes(
    so_far: Scoring, order: Sequence[tuple[float, int]], latest: Extreme
) -> tuple[Extreme | None, Extreme | None]:
    """Take the latest image for the worst or best one where it is; `order` has precision and objects of all so far."""

    def rank(one: Extreme, sign: int) -> tuple[float, int]:
        precision, objects = order[one.place]
        return precision, sign * objects

    worst, best = so_far.worst or latest, so_far.best or latest
    return (
        latest if rank(latest, -1) < rank(worst, -1) else worst,
        latest if rank(latest, 1) > rank(best, 1) else best,
    )


def _picture(image: NDArray[Any], opinions: Mapping[str, NDArray[Any]]) -> Pictured:
    factor = min(1.0, LARGEST_PICTURE / max(image.shape))
    size = (max(1, round(image.shape[0] * factor)), max(1, round(image.shape[1] * factor)))
    paths = {name: outline_path(enlarge(labels, size)) for name, labels in opinions.items()}
    return Pictured(size, jpeg(enlarge(grey(image), size)), paths)
