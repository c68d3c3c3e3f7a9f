"""Data kept for each image: scores in order, worst and best, pictures of bounded size."""

import numpy as np
import pytest

from cpretrain.evaluation.model_scores import ImageSet
from cpretrain.evaluation.scoring import LARGEST_PICTURE, Scoring
from cpretrain.metrics.scores import average_precision

NAMES = tuple("abcdef")
TRUTH = np.kron(np.arange(16).reshape(4, 4), np.ones((6, 6), int))
EMPTY = TRUTH * 0


def found(objects: int) -> np.ndarray:
    """Return a label image with only the first few objects, each unchanged."""
    return np.where(objects >= TRUTH, TRUTH, 0)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 3, 4, 0, 2, 1)])
def test_images_are_added_in_any_order_and_the_worst_and_best_are_kept(order):
    scoring = Scoring(ImageSet("crop", NAMES, NAMES, (0.5, 0.75)))
    truths = [TRUTH, TRUTH, EMPTY, TRUTH, EMPTY, TRUTH]
    guesses = [found(9), found(15), EMPTY, found(0), found(3), found(15)]
    for number in order:
        label_images = {"retrained": guesses[number]} | ({"human": truths[number]} if number % 2 else {})
        scoring.add(TRUTH + 1000, truths[number], label_images, index=number)
    models = scoring.models
    assert models["retrained"].indices == (0, 1, 2, 3, 4, 5)
    assert models["human"].indices == (1, 3, 5)
    expected = average_precision(truths, guesses, (0.5, 0.75))
    assert np.array_equal(models["retrained"].scores.tp, expected.tp)
    assert (scoring.worst.index, scoring.best.index) == (3, 1)  # of equals those with more objects
    assert scoring.judged["retrained", 0][0].outcomes.tolist() == ["matched"] * 9 + ["missed"] * 6
    assert [index for model, index in scoring.judged if model == "retrained"] == [0, 1, 2, 3, 4, 5]
    assert [len(picture.outlines) for picture in scoring.pictures] == [2, 3, 2, 3, 2, 3]


def test_pictures_of_large_frames_are_reduced_with_their_outlines():
    scoring = Scoring(ImageSet("frame", ("a",), ("a",), (0.5,)))
    labels = np.zeros((3 * LARGEST_PICTURE, 2 * LARGEST_PICTURE), np.uint16)
    labels[300:600, 900:1200] = 7
    scoring.add(labels + 1, labels, {"retrained": labels})
    assert scoring.pictures[0].size == (LARGEST_PICTURE, round(LARGEST_PICTURE * 2 / 3))
    assert scoring.pictures[0].outlines["truth"] == "M300 100v100h100v-100z"
    assert scoring.models["retrained"].scores.tp.tolist() == [[1]]
