"""A second look at what scores rest on: masks that nobody drew, and objects that no model can find."""

from collections.abc import Iterable, Sequence

import numpy as np

from cpretrain.evaluation.scoring import HUMAN, TRUTH, Scoring
from cpretrain.labels.measure import too_small_note

OTHER = "the other person"


def look_again(scorings: Iterable[Scoring], min_size: int) -> tuple[str, ...]:
    """Warn of what makes scores say less than they seem to; a sentence for each thing that is odd.

    Parameters
    ----------
    scorings : iterable of Scoring
        One a view.
    min_size : int
        Smallest object that models predict, in pixels.
    """
    notes: list[str] = []
    for scoring in scorings:
        for (one, other), places in scoring.copies.items():
            drawn = scoring.with_objects.get(HUMAN if HUMAN in (one, other) else TRUTH, ())
            notes += copies_note(len(places), len(drawn), one, other)
        areas = [true.areas for (model, _), (true, _) in scoring.judged.items() if model == "retrained"]
        notes += too_small_note(np.concatenate([*areas, np.zeros(0, int)]), min_size)
        notes += no_object_note(
            len(scoring.view.images) - len(scoring.with_objects.get(TRUTH, ())), len(areas)
        )
    return tuple(dict.fromkeys(notes))


def copies_note(copies: int, masks: int, one: str, other: str) -> list[str]:
    """Warn of masks that are equal to others to the last pixel, which people's masks are not.

    Parameters
    ----------
    copies, masks : int
        Number of equal masks, and of all that hold objects.
    one, other : str
        What is equal: the ground truth, a second person's masks, or a model.
    """
    if not copies or {one, other} == {"base", "retrained"}:
        return []
    count = f"{copies} of {masks} masks"
    model = next((name for name in (one, other) if name not in (TRUTH, HUMAN, OTHER)), None)
    whose = " of the second person" if HUMAN in (one, other) else ""
    if model:
        return [
            f"{count}{whose} are exactly what the {model} model predicts: where nobody drew or corrected them, scores "
            "only say that the model agrees with itself; draw them, or correct the predictions"
        ]
    return [
        f"{count}{whose} are exactly the same as those of the first: two people never draw the same pixels, and a copy "
        "says nothing about their agreement; let the second person draw them anew"
    ]


def no_object_note(empty: int, images: int) -> list[str]:
    """Warn where there is nothing to find in any image, and so nothing to be scored."""
    if not images or empty < images:
        return []
    return [
        f"no mask holds an object ({images} images): all that is scored is that nothing is found; "
        "take images with objects"
    ]


def of_two_people(copies: Sequence[bool], empty: Sequence[bool]) -> tuple[str, ...]:
    """Warn of masks of two people that say nothing about how well these agree.

    Parameters
    ----------
    copies, empty : sequence of bool
        For each image whether both drew the same pixels, and whether neither drew an object.
    """
    drawn = len(empty) - sum(empty)
    return (*copies_note(sum(copies), drawn, TRUTH, OTHER), *no_object_note(sum(empty), len(empty)))
