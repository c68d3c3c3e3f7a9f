"""Segment images with every model, one image after the other, and keep what tables and pages need of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.dataset import Pair
from cpretrain.evaluation.contenders import Contender, Load, Reader
from cpretrain.evaluation.failures import Judged, judge
from cpretrain.evaluation.scored import Scored, View
from cpretrain.metrics import Scores, join, score
from cpretrain.overlaps import find_overlaps
from cpretrain.padding import Box, valid_box
from cpretrain.page_picture import grey, jpeg, outline_path
from cpretrain.qupath.mask_size import enlarge

LARGEST_PICTURE = 1024
"""Pictures of larger images are reduced to this many pixels along the longer side."""

HUMAN = "human"
TRUTH = "truth"


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
    """The image that the retrained model does worst or best on.

    Parameters
    ----------
    place : int
        Which image of the view it is.
    precision : float
        Mean average precision of the retrained model over the IoU thresholds.
    objects : int
        Number of objects in it.
    image : ndarray, (Y, X)
        Grey values.
    opinions : dict of str to ndarray of int, (Y, X)
        Label images: the ground truth, and that of each model.
    """

    place: int
    precision: float
    objects: int
    image: NDArray[Any]
    opinions: dict[str, NDArray[Any]]


@dataclass
class Scoring:
    """What comes of the images of one view; they are added in turn and not kept.

    Parameters
    ----------
    view : View
        The images.

    Attributes
    ----------
    judged : dict of (model, place of the image) to (true, predicted) objects
        What became of every object.
    pictures : list of Pictured
        One an image.
    worst, best : Extreme or None
        By the average precision of the retrained model; of equals those with more objects.
    """

    view: View
    judged: dict[tuple[str, int], tuple[Judged, Judged]] = field(default_factory=dict, init=False)
    pictures: list[Pictured] = field(default_factory=list, init=False)
    worst: Extreme | None = field(default=None, init=False)
    best: Extreme | None = field(default=None, init=False)
    _rows: dict[str, dict[int, Scores]] = field(default_factory=dict, init=False)

    def add(
        self,
        image: NDArray[Any],
        truth: NDArray[Any],
        opinions: Mapping[str, NDArray[Any]],
        valid: Box | None = None,
    ) -> None:
        """Score the next image of the view.

        Parameters
        ----------
        image : ndarray, (Y, X)
            Grey values.
        truth : ndarray of int, (Y, X)
            Ground truth.
        opinions : mapping of str to ndarray of int, (Y, X)
            Label image of each model, ``retrained`` among them, and of a second person.
        valid : tuple of slice, optional
            Rows and columns that hold data; by default all that are not zero.
        """
        place = len(self.pictures)
        for model, labels in opinions.items():
            overlaps = find_overlaps(truth, labels)
            self._rows.setdefault(model, {})[place] = score(overlaps, self.view.thresholds)
            self.judged[model, place] = judge(truth, labels, overlaps, valid or valid_box(image))
        drawn = {TRUTH: truth, **opinions}
        self.pictures.append(_picture(image, drawn))
        precision = float(self._rows["retrained"][place].average_precision.mean())
        latest = Extreme(place, precision, int(truth.max(initial=0)), image, drawn)
        if self.worst is None or (precision, -latest.objects) < (self.worst.precision, -self.worst.objects):
            self.worst = latest
        if self.best is None or (precision, latest.objects) > (self.best.precision, self.best.objects):
            self.best = latest

    @property
    def models(self) -> dict[str, Scored]:
        """Scores of each model on all images so far."""
        return {
            name: Scored(self.view, name, tuple(rows), join([*rows.values()], self.view.thresholds))
            for name, rows in self._rows.items()
        }


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
    for pair in pairs:
        planes, ready = reader.image(pair.image)
        size = ready.shape[-2], ready.shape[-1]
        opinions: dict[str, NDArray[Any]] = {
            model.name: load(model.base).segment(ready, model.settings) for model in contenders
        }
        if pair.image in people:
            opinions[HUMAN] = reader.labels(people[pair.image], size)
        shown = planes[reader.model.channel - 1]
        result.add(shown, reader.labels(pair.mask, size), opinions, valid_box(planes))
        step(pair.image.name)
    return result


def _picture(image: NDArray[Any], opinions: Mapping[str, NDArray[Any]]) -> Pictured:
    factor = min(1.0, LARGEST_PICTURE / max(image.shape))
    size = (max(1, round(image.shape[0] * factor)), max(1, round(image.shape[1] * factor)))
    paths = {name: outline_path(enlarge(labels, size)) for name, labels in opinions.items()}
    return Pictured(size, jpeg(enlarge(grey(image), size)), paths)
