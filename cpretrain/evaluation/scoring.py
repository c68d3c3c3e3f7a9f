"""Score the label images of models and annotators on an image set, and keep what tables and pages need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from cpretrain.evaluation.ignored_areas import TRUTH as TRUTH
from cpretrain.evaluation.ignored_areas import NotJudged, known_sides, not_judged
from cpretrain.evaluation.model_scores import ImageSet, ModelScores
from cpretrain.evaluation.object_errors import ObjectOutcomes, judge
from cpretrain.html.pictures import grey, hatched, jpeg, outline_path
from cpretrain.images.valid_box import Box, valid_box
from cpretrain.labels.ignored import Mask
from cpretrain.labels.resize import enlarge
from cpretrain.metrics.overlaps import find_overlaps, same_objects
from cpretrain.metrics.scores import Scores, join, score

LARGEST_PICTURE = 1024
"""Length in pixels to which the longer side of larger pictures is reduced."""

ANNOTATOR = "human"


@dataclass(frozen=True)
class Pictured:
    """One image with the outlines of every label image for it.

    Parameters
    ----------
    size : tuple of int
        Height and width of the picture in pixels, the unit of the outlines.
    jpeg : bytes
        The image, with stripes over its ignored pixels.
    outlines : dict of str to str
        The ``d`` of an SVG path, for the ground truth and each model.
    """

    size: tuple[int, int]
    jpeg: bytes
    outlines: dict[str, str]


@dataclass(frozen=True)
class Extreme:
    """The image with the retrained model's worst or best score.

    Parameters
    ----------
    index : int
        Index of the image in the image set.
    precision : float
        Mean average precision of the retrained model over the IoU thresholds.
    objects : int
        Number of objects in it.
    image : ndarray, shape (Y, X)
        Grey values.
    label_images : dict of str to ndarray of int, shape (Y, X)
        Label images of the ground truth and of each model.
    ignored : ndarray of bool, shape (Y, X), optional
        Ignored pixels.
    """

    index: int
    precision: float
    objects: int
    image: NDArray[Any]
    label_images: dict[str, NDArray[Any]]
    ignored: Mask | None = None


@dataclass
class Scoring:
    """Scores of one image set; images are added one by one, in any order, and not kept.

    Parameters
    ----------
    image_set : ImageSet
        The images.

    Attributes
    ----------
    worst, best : Extreme or None
        Images with the retrained model's lowest and highest average precision; of equals, those with more objects.
    copies : dict of (str, str) to set of int
        Indices of images for which two label images (including the ground truth) are identical, by their names.
    left_out : dict of str to int
        Number of pixels that are not finite, by image name.
    with_objects : dict of str to set of int
        Indices of images with objects, by the name of the model or annotator.
    not_judged : dict of int to NotJudged
        What ignored pixels leave out, by the index of the image; images without ignored pixels are not in it.
    """

    image_set: ImageSet
    worst: Extreme | None = field(default=None, init=False)
    best: Extreme | None = field(default=None, init=False)
    copies: dict[tuple[str, str], set[int]] = field(default_factory=dict, init=False)
    with_objects: dict[str, set[int]] = field(default_factory=dict, init=False)
    left_out: dict[str, int] = field(default_factory=dict, init=False)
    not_judged: dict[int, NotJudged] = field(default_factory=dict, init=False)
    _pictures: dict[int, Pictured] = field(default_factory=dict, init=False)
    _judged: dict[int, dict[str, tuple[ObjectOutcomes, ObjectOutcomes]]] = field(
        default_factory=dict, init=False
    )
    _rows: dict[str, dict[int, Scores]] = field(default_factory=dict, init=False)

    def add(
        self,
        image: NDArray[Any],
        truth: NDArray[Any],
        label_images: Mapping[str, NDArray[Any]],
        valid: Box | None = None,
        index: int | None = None,
        ignored: Mapping[str, Mask] | None = None,
    ) -> None:
        """Score an image of the set.

        Parameters
        ----------
        image : ndarray, shape (Y, X)
            Grey values.
        truth : ndarray of int, shape (Y, X)
            Ground truth.
        label_images : mapping of str to ndarray of int, shape (Y, X)
            Label images of the models, including ``retrained``, and of a second annotator.
        valid : tuple of slice, optional
            Rows and columns that hold data; by default those that are not zero.
        index : int, optional
            Index of the image in the image set; by default the next one.
        ignored : mapping of str to ndarray of bool, shape (Y, X), optional
            Pixels that count neither way: of the ground truth for all, those of a second annotator for that one.
        """
        index, ignored = len(self._pictures) if index is None else index, ignored or {}
        known = known_sides(truth, label_images, ignored)
        for model, (true, labels) in known.items():
            overlaps = find_overlaps(true, labels)
            self._rows.setdefault(model, {})[index] = score(overlaps, self.image_set.iou_thresholds)
            judged = judge(true, labels, overlaps, valid or valid_box(image))
            self._judged.setdefault(index, {})[model] = judged
        if ignored:
            self.not_judged[index] = not_judged(label_images, ignored, valid)
        self._compare(index, {TRUTH: truth, **{name: labels for name, (_, labels) in known.items()}})
        drawn, unknown = {TRUTH: truth, **label_images}, ignored.get(TRUTH)
        self._pictures[index] = _picture(image, drawn, unknown)
        precision = float(self._rows["retrained"][index].average_precision.mean())
        latest = Extreme(index, precision, int(truth.max(initial=0)), image, drawn, unknown)
        extremes = [latest, *(one for one in (self.worst, self.best) if one)]
        self.worst = min(extremes, key=lambda one: (one.precision, -one.objects, one.index))
        self.best = max(extremes, key=lambda one: (one.precision, one.objects, -one.index))

    def _compare(self, index: int, drawn: Mapping[str, NDArray[Any]]) -> None:
        """Record which label images of an image hold objects, and which are identical."""
        for name, labels in drawn.items():
            if labels.any():
                self.with_objects.setdefault(name, set()).add(index)
        for (one, labels), (other, others) in combinations(drawn.items(), 2):
            if same_objects(labels, others):
                self.copies.setdefault((one, other), set()).add(index)

    @property
    def judged(self) -> dict[tuple[str, int], tuple[ObjectOutcomes, ObjectOutcomes]]:
        """Outcome of every true and every predicted object, by model and image index."""
        return {
            (model, index): sides
            for index in sorted(self._judged)
            for model, sides in self._judged[index].items()
        }

    @property
    def pictures(self) -> list[Pictured]:
        """One picture per image, in the order of the image set."""
        return [self._pictures[index] for index in sorted(self._pictures)]

    @property
    def models(self) -> dict[str, ModelScores]:
        """Scores of each model on all images so far."""
        return {
            name: ModelScores(
                self.image_set,
                name,
                tuple(indices),
                join([rows[n] for n in indices], self.image_set.iou_thresholds),
            )
            for name, rows in self._rows.items()
            for indices in [sorted(rows)]
        }


def _picture(
    image: NDArray[Any], label_images: Mapping[str, NDArray[Any]], ignored: Mask | None = None
) -> Pictured:
    factor = min(1.0, LARGEST_PICTURE / max(image.shape))
    size = (max(1, round(image.shape[0] * factor)), max(1, round(image.shape[1] * factor)))
    paths = {name: outline_path(enlarge(labels, size)) for name, labels in label_images.items()}
    pixels = enlarge(grey(image), size)
    if ignored is not None:
        pixels = hatched(pixels, enlarge(ignored, size))
    return Pictured(size, jpeg(pixels), paths)
