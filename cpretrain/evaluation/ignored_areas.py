"""What ignored pixels leave out of scores: parts of the ground truth and of predictions that nobody can judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cpretrain.images.valid_box import Box
from cpretrain.labels.ignored import Mask, known_part, mostly_in
from cpretrain.runtime.wording import counted

TRUTH = "truth"
"""Name of the ground truth among label images."""

Labels = NDArray[Any]


@dataclass(frozen=True)
class NotJudged:
    """What is left out of the scores of one image.

    Parameters
    ----------
    share : float
        Share of the pixels that is ignored, of those that hold data.
    objects : dict of str to int
        Number of objects of each model that are ignored by more than half, and count neither way.
    """

    share: float
    objects: dict[str, int]

    def told(self) -> str:
        """Describe it for the retrained model."""
        objects = counted(self.objects.get("retrained", 0), "predicted object")
        return f"{self.share:.0%} ignored (striped), with {objects}"


def known_sides(
    truth: Labels, label_images: Mapping[str, Labels], ignored: Mapping[str, Mask]
) -> dict[str, tuple[Labels, Labels]]:
    """Return ground truth and label image of each model as far as they can be judged.

    Parameters
    ----------
    truth : ndarray of int, shape (Y, X)
        Ground truth.
    label_images : mapping of str to ndarray of int, shape (Y, X)
        Label images of models and annotators.
    ignored : mapping of str to ndarray of bool, shape (Y, X)
        Ignored pixels: those of the ground truth hold for all, those of another name for the label image of that name.
    """
    sides = {}
    for name, labels in label_images.items():
        true = truth
        for mask in (ignored[one] for one in (TRUTH, name) if one in ignored):
            true, labels = known_part(true, mask), known_part(labels, mask)
        sides[name] = true, labels
    return sides


def not_judged(
    label_images: Mapping[str, Labels], ignored: Mapping[str, Mask], valid: Box | None
) -> NotJudged:
    """Count what the ignored pixels of the ground truth leave out; see `known_sides`."""
    mask = ignored.get(TRUTH)
    if mask is None:
        return NotJudged(0.0, {})
    inside = mask[valid] if valid else mask
    return NotJudged(
        float(inside.mean()) if inside.size else 0.0,
        {name: len(mostly_in(labels, mask)) for name, labels in label_images.items()},
    )


def describe(found: Mapping[int, NotJudged], images: int) -> dict[str, Any]:
    """Summarise an image set for records and pages; empty if no image has ignored pixels.

    Parameters
    ----------
    found : mapping of int to NotJudged
        By index of the image.
    images : int
        Number of images in the set.

    Returns
    -------
    dict of str
        ``images`` with ignored pixels, their mean ``share`` over all images, and ``objects`` that count neither way,
        by model.
    """
    some = [one for one in found.values() if one.share]
    if not some:
        return {}
    names = dict.fromkeys(name for one in some for name in one.objects)
    return {
        "images": len(some),
        "share": round(sum(one.share for one in some) / images, 4),
        "objects": {name: sum(one.objects.get(name, 0) for one in some) for name in names},
    }
