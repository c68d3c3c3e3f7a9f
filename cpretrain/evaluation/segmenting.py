"""Segment all image sets with every model, here or on workers, and score results as they arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.batch.runner import for_each
from cpretrain.batch.workload import Workload
from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation.compared_models import ComparedModel, Load, Reader
from cpretrain.evaluation.model_scores import ImageSet
from cpretrain.evaluation.scoring import ANNOTATOR, TRUTH, Scoring
from cpretrain.evaluation.second_annotator import DrawnFile
from cpretrain.images.border_objects import without_border_objects_in
from cpretrain.images.valid_box import Box
from cpretrain.labels.label_image import LabelImage
from cpretrain.settings.batch import BatchSettings

MEMORY = 700_000_000
"""Bytes that segmentation takes in addition to a model, mostly for a batch of eight tiles."""


@dataclass(frozen=True)
class SegmentedImage:
    """Segmentation of one image by all models.

    Parameters
    ----------
    shown : ndarray, shape (Y, X)
        Grey values of the channel that was segmented.
    valid : tuple of slice or None
        Rows and columns that hold data.
    label_images : dict of str to ndarray of int, shape (Y, X)
        Label images by model.
    left_out : int
        Number of pixels that are not finite.
    """

    shown: NDArray[Any]
    valid: Box | None
    label_images: dict[str, NDArray[Any]]
    left_out: int = 0


def segment_image(image: Path, models: Sequence[ComparedModel], load: Load, reader: Reader) -> SegmentedImage:
    """Segment an image with each model; all arguments can be pickled for another process.

    Parameters
    ----------
    image : pathlib.Path
        The image.
    models : sequence of ComparedModel
        The models.
    load : Load
        Returns the segmenter of a base model.
    reader : Reader
        Reads the image.
    """
    read = reader.image(image)
    label_images: dict[str, NDArray[Any]] = {
        model.name: load(model.base).segment_inside(read.ready, model.settings, read.box) for model in models
    }
    return SegmentedImage(read.planes[reader.model.channel - 1], read.box, label_images, read.left_out)


def score_image_sets(
    image_sets: Mapping[str, Sequence[Pair]],
    models: Sequence[ComparedModel],
    load: Load,
    reader: Reader,
    iou_thresholds: tuple[float, ...],
    annotator_masks: Mapping[Path, DrawnFile],
    batch: BatchSettings | None = None,
) -> list[Scoring]:
    """Segment all image sets with each model and score them; images are not kept.

    Parameters
    ----------
    image_sets : mapping of str to sequence of Pair
        Images and ground truth, by name of the image set.
    models : sequence of ComparedModel
        The models.
    load : Load
        Returns the segmenter of a base model.
    reader : Reader
        Reads images and masks.
    iou_thresholds : tuple of float
        IoU thresholds.
    annotator_masks : mapping of path to DrawnFile
        Masks that a second annotator drew for the first image set, by image.
    batch : BatchSettings, optional
        Worker processes for segmentation; by default images are segmented in this process.
    """
    scorings = [Scoring(_image_set(name, pairs, iou_thresholds)) for name, pairs in image_sets.items()]
    wanted: dict[Path, list[tuple[Scoring, int, Pair]]] = {}
    for scoring, pairs in zip(scorings, image_sets.values(), strict=True):
        for index, pair in enumerate(pairs):
            wanted.setdefault(pair.image, []).append((scoring, index, pair))

    def drawn(file: DrawnFile, size: tuple[int, int], box: Box | None) -> LabelImage:
        image = reader.drawn(file, size)
        at_border_counts = not any(model.settings.exclude_on_edges for model in models)
        return (
            image if at_border_counts else replace(image, labels=without_border_objects_in(image.labels, box))
        )

    def take(image: Path, seen: SegmentedImage) -> None:
        size = (seen.shown.shape[0], seen.shown.shape[1])
        for scoring, index, pair in wanted[image]:
            files = {TRUTH: DrawnFile(pair.mask, pair.ignored)}
            if scoring is scorings[0] and image in annotator_masks:
                files[ANNOTATOR] = annotator_masks[image]
            people = {name: drawn(file, size, seen.valid) for name, file in files.items()}
            truth = people.pop(TRUTH)
            label_images = seen.label_images | {name: one.labels for name, one in people.items()}
            ignored = {
                name: one.ignored
                for name, one in ((TRUTH, truth), *people.items())
                if one.ignored is not None
            }
            scoring.left_out[pair.image.name] = seen.left_out
            scoring.add(seen.shown, truth.labels, label_images, seen.valid, index, ignored)

    done = for_each(
        list(wanted),
        Workload(partial(segment_image, models=models, load=load, reader=reader), memory=lambda _: MEMORY),
        "evaluate",
        needs_one=False,
        batch=batch if batch and batch.asks_for_workers else None,
        take=take,
    )
    for error in done.failed.values():
        raise error
    return scorings


def _image_set(name: str, pairs: Sequence[Pair], iou_thresholds: tuple[float, ...]) -> ImageSet:
    return ImageSet(
        name, tuple(pair.image.name for pair in pairs), tuple(pair.movie for pair in pairs), iou_thresholds
    )
