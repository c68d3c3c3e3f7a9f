"""The images of the page, worst first, with the outlines of every model and annotator."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation.report.origins import crops_of
from cpretrain.evaluation.report.wording import NAMES
from cpretrain.evaluation.scoring import Scoring
from cpretrain.html.pictures import as_text

MOST_BYTES = 40_000_000
"""Limit of the page's size in bytes, beyond which pictures are left out, those with middling scores first."""


def gallery(scorings: Sequence[Scoring], image_sets: Mapping[str, Sequence[Pair]]) -> list[dict[str, Any]]:
    """Return the template's values for each image, sorted by the retrained model's mean average precision."""
    shown = [one for scoring in scorings for one in _images(scoring, image_sets[scoring.image_set.name])]
    origins = crops_of(pair.image for pairs in image_sets.values() for pair in pairs)
    for one in shown:
        crop = origins.get(one.pop("path"))
        one["origin"] = f"{crop.source}, {crop.place}" if crop else ""
    return _within_budget(sorted(shown, key=lambda one: float(one["rank"])))


def _images(scoring: Scoring, pairs: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    image_set, models = scoring.image_set, scoring.models
    at = {
        name: dict(zip(one.indices, one.values(image_set.headline), strict=True))
        for name, one in models.items()
    }
    mean = {name: dict(zip(one.indices, one.values(None), strict=True)) for name, one in models.items()}
    for index, (picture, pair) in enumerate(zip(scoring.pictures, pairs, strict=True)):
        true, predicted = (side.outcomes.tolist() for side in scoring.judged["retrained", index])
        yield {
            "path": pair.image,
            "name": pair.image.name,
            "image_set": image_set.name,
            "height": picture.size[0],
            "width": picture.size[1],
            "data": as_text(picture.jpeg),
            "outlines": picture.outlines,
            "precision": {NAMES[name]: f"{by[index]:.2f}" for name, by in at.items() if index in by},
            "rank": float(mean["retrained"][index]),
            "gain": float(mean["retrained"][index] - mean["base"][index]),
            "outcomes": _in_words(true, predicted),
            "ignored": scoring.not_judged[index].told() if index in scoring.not_judged else "",
        }


def _in_words(true: Sequence[str], predicted: Sequence[str]) -> str:
    parts = [f"{true.count('matched')} of {len(true)} objects found"]
    for outcome in ("missed", "merged", "split", "extra"):
        number = (true if outcome != "extra" else predicted).count(outcome)
        parts += [f"{number} {outcome}"] if number else []
    return ", ".join(parts)


def _within_budget(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep pictures from both ends, the worst and the best, up to the size limit."""
    left = MOST_BYTES
    for number in range(len(shown)):
        one = shown[number // 2 if number % 2 == 0 else -1 - number // 2]
        left -= len(one["data"]) + sum(map(len, one["outlines"].values()))
        if left < 0:
            one |= {"data": "", "outlines": {}}
    return shown
