"""The sentence that users act on: right in planted cases, with its numbers, and cautious if images are few."""

import numpy as np
import pytest

from cpretrain.evaluation.model_scores import ImageSet, ModelScores
from cpretrain.evaluation.verdict import reach_verdict
from cpretrain.metrics.scores import Scores

THRESHOLDS = (0.5, 0.75)
OBJECTS = 20


def view(images: int, movies: int, name: str = "crop") -> ImageSet:
    """Return images spread evenly over movies; with unknown movies if `movies` is 0."""
    names = tuple(f"image {number}" for number in range(images))
    of = tuple(f"movie {number % movies}" for number in range(images)) if movies else names
    return ImageSet(name, names, of, THRESHOLDS)


def scored(where: ImageSet, model: str, found, exact=None, indices=None) -> ModelScores:
    """Return scores of a model that finds given numbers of 20 objects per image, at the lower and higher threshold."""
    found = np.asarray(found, np.int64)
    tp = np.stack([found, found if exact is None else np.asarray(exact)], axis=1)
    none, nothing = np.zeros(len(tp), np.int64), np.zeros_like(tp)
    return ModelScores(
        where,
        model,
        tuple(indices or range(len(tp))),
        Scores(tp, nothing, OBJECTS - tp, 0.8 * tp, none, none),
    )


def verdict_on(*scores: ModelScores, against: str = ""):
    return reach_verdict({(one.image_set.name, one.model): one for one in scores}, against)


NOISE = np.array([0, 1, -1, 2, 0, -1, 1, 0, -2, 1, 0, 1, -1, 0, 0, -1, 0, 1, 0, -1])


@pytest.mark.parametrize(
    ("gain", "outcome", "sentence"),
    [
        (
            4,
            "better",
            "Better: retraining raised the average precision at IoU 0.5 from 0.50 to 0.70 (difference +0.20, 95 % "
            "interval +0.17 to +0.23; 20 images of 10 movies).",
        ),
        (
            0,
            "no difference shown",
            "No difference shown: the average precision at IoU 0.5 is 0.50 before and 0.50 after retraining "
            "(difference +0.00, 95 % interval −0.03 to +0.03; 20 images of 10 movies). That does not prove that there "
            "is none.",
        ),
        (
            -4,
            "worse",
            "Worse: retraining lowered the average precision at IoU 0.5 from 0.50 to 0.30 (difference −0.20, 95 % "
            "interval −0.23 to −0.17; 20 images of 10 movies).",
        ),
    ],
)
def test_three_planted_cases(gain, outcome, sentence):
    where = view(20, 10)
    base, retrained = np.full(20, 10), 10 + gain + NOISE
    verdict = verdict_on(scored(where, "base", base), scored(where, "retrained", retrained))
    assert (verdict.outcome, verdict.sentence) == (outcome, sentence)
    assert verdict.lines == [sentence]


@pytest.mark.parametrize(
    ("images", "movies", "warning"),
    [
        (2, 0, "2 images cannot show a difference"),
        (1, 1, "1 image of 1 movie cannot show a difference"),
        (6, 0, "it is not known which movies the images come from"),
        (6, 1, "all images come from 1 movie: the interval holds for other images of this one"),
        (6, 2, "all images come from 2 movies: the interval holds for other images of these"),
        (6, 3, "the images come from only 3 movies: the interval is wide and rough"),
    ],
)
def test_few_images_or_movies_are_said(images, movies, warning):
    where = view(images, movies)
    verdict = verdict_on(scored(where, "base", [2] * images), scored(where, "retrained", 18 + NOISE[:images]))
    assert verdict.outcome == ("better" if images > 2 else "no difference shown")
    [said] = verdict.warnings
    assert said.startswith(warning)
    assert verdict.lines[-1] == f"note: {said}"


def test_two_measures_that_disagree_are_both_said():
    where = view(20, 10)
    verdict = verdict_on(
        scored(where, "base", np.full(20, 15), np.full(20, 3)),
        scored(where, "retrained", 15 + NOISE, 15 + NOISE),
    )
    assert verdict.outcome == "no difference shown"
    assert (
        "over IoU 0.5 to 0.75 says otherwise: better, 0.75 after retraining and 0.45" in verdict.warnings[0]
    )


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (10, "It reaches the agreement between people: 0.70 against 0.50"),
        (15, "It is close to the agreement between people: 0.70 against 0.75"),
        (19, "It does not reach the agreement between people: 0.70 against 0.95"),
    ],
)
def test_beside_a_second_person(people, said):
    where = view(20, 10)
    noisy = 14 + NOISE + (np.arange(20) % 2) * 4 - 2
    verdict = verdict_on(
        scored(where, "base", np.full(20, 10)),
        scored(where, "retrained", noisy),
        scored(where, "human", np.full(20, people)),
    )
    assert verdict.people.startswith(said)


def test_a_second_person_who_drew_on_some_images_is_compared_on_those():
    where = view(20, 0)
    retrained = np.where(np.arange(20) < 4, 18, 2)
    verdict = verdict_on(
        scored(where, "base", np.full(20, 1)),
        scored(where, "retrained", retrained),
        scored(where, "human", [16, 17, 16, 17], indices=range(4)),
    )
    assert "0.90 against 0.83 for a second person" in verdict.people
    assert verdict.people.endswith("4 images).")


@pytest.mark.parametrize(
    ("base", "retrained", "said"),
    [
        (10, 15, "Whole frames agree: better, 0.76 after retraining and 0.51 before"),
        (10, 10, "Whole frames disagree: no difference shown, 0.51 after retraining and 0.51 before"),
        (2, 6, "Whole frames disagree: better, 0.31 after retraining and 0.11 before"),
    ],
)
def test_whole_frames_beside_crops(base, retrained, said):
    crops, frames = view(20, 10), view(8, 0, "frame")
    verdict = verdict_on(
        scored(crops, "base", np.full(20, 10)),
        scored(crops, "retrained", 15 + NOISE),
        scored(frames, "base", base + NOISE[:8]),
        scored(frames, "retrained", retrained + NOISE[:8][::-1]),
    )
    assert verdict.frames.startswith(said)
    assert verdict.frames.endswith("Trust the frames.") == ("disagree" in said)
    assert ("does worse on them than on the crops (0.31 against 0.75)" in verdict.frames) == (base == 2)


@pytest.mark.parametrize(
    ("retrained", "said"),
    [
        (15, "Better than cyto3: the average precision at IoU 0.5 is 0.75, that of cyto3 0.50 (difference"),
        (
            10,
            "No difference shown: the average precision at IoU 0.5 is 0.50 for cyto3 and 0.50 for the retrained model",
        ),
    ],
)
def test_another_model_than_the_base_is_named(retrained, said):
    where = view(20, 10)
    verdict = verdict_on(
        scored(where, "base", np.full(20, 10)), scored(where, "retrained", retrained + NOISE), against="cyto3"
    )
    assert verdict.sentence.startswith(said)
