"""A second look at the basis of scores: masks that nobody drew, and objects that no model can find."""

from collections.abc import Iterable, Sequence

import numpy as np

from cpretrain.evaluation.scoring import ANNOTATOR, TRUTH, Scoring
from cpretrain.labels.measure import too_small_note

OTHER = "the other person"


def look_again(scorings: Iterable[Scoring], min_size: int) -> tuple[str, ...]:
    """Return warnings, one sentence each, about oddities that make scores less meaningful than they seem.

    Parameters
    ----------
    scorings : iterable of Scoring
        One per image set.
    min_size : int
        Smallest object that models predict, in pixels.
    """
    notes: list[str] = []
    for scoring in scorings:
        for (one, other), indices in scoring.copies.items():
            drawn = scoring.with_objects.get(ANNOTATOR if ANNOTATOR in (one, other) else TRUTH, ())
            notes += copies_note(len(indices), len(drawn), one, other)
        areas = [true.areas for (model, _), (true, _) in scoring.judged.items() if model == "retrained"]
        notes += too_small_note(np.concatenate([*areas, np.zeros(0, int)]), min_size)
        notes += no_object_note(
            len(scoring.image_set.images) - len(scoring.with_objects.get(TRUTH, ())), len(areas)
        )
    return tuple(dict.fromkeys(notes))


def copies_note(copies: int, masks: int, one: str, other: str) -> list[str]:
    """Return a warning about masks that are identical to others, which independently drawn masks never are.

    Parameters
    ----------
    copies, masks : int
        Number of identical masks, and of all masks that hold objects.
    one, other : str
        Names of the two: the ground truth, a second annotator's masks, or a model.
    """
    if not copies or {one, other} == {"base", "retrained"}:
        return []
    count = f"{copies} of {masks} masks"
    model = next((name for name in (one, other) if name not in (TRUTH, ANNOTATOR, OTHER)), None)
    whose = " of the second person" if ANNOTATOR in (one, other) else ""
    if model:
        return [
            f"{count}{whose} are exactly what the {model} model predicts: if nobody drew or corrected them, scores "
            "only show that the model agrees with "
            "itself; draw them, or correct the predictions"
        ]
    return [
        f"{count}{whose} are identical to those of the first: two people never draw the same pixels, and a copy says "
        "nothing about their agreement; have the second person draw them "
        "independently"
    ]


def no_object_note(empty: int, images: int) -> list[str]:
    """Return a warning if no image holds any object, so that there is nothing to score."""
    if not images or empty < images:
        return []
    return [
        f"no mask holds an object ({images} images): the scores only show that nothing is found; use images with "
        "objects"
    ]


def of_two_people(copies: Sequence[bool], empty: Sequence[bool]) -> tuple[str, ...]:
    """Return warnings about masks of two annotators that say nothing about their agreement.

    Parameters
    ----------
    copies, empty : sequence of bool
        For each image, whether both drew the same pixels, and whether neither drew an object.
    """
    drawn = len(empty) - sum(empty)
    return (*copies_note(sum(copies), drawn, TRUTH, OTHER), *no_object_note(sum(empty), len(empty)))
