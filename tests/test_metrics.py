"""Average precision equals Cellpose's own on proper input, and is right where that goes wrong."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.demo import DATA
from cpretrain.metrics import average_precision

pytestmark = pytest.mark.cellpose
THRESHOLDS = np.arange(0.5, 1, 0.05)
FIELDS = sorted(Path(DATA / "fields" / "labels").glob("*.tif"))


def moved(labels: np.ndarray, seed: int) -> np.ndarray:
    """The labels shifted a little, some objects lost and some merged."""
    rng = np.random.default_rng(seed)
    guess = np.roll(labels, tuple(rng.integers(0, 6, 2)), (0, 1)).astype(int)
    ids = np.unique(guess[guess > 0])
    guess[np.isin(guess, rng.choice(ids, 5, replace=False))] = 0
    for first, second in rng.choice(ids, (3, 2), replace=False):
        guess[guess == first] = second
    return np.unique(guess, return_inverse=True)[1].reshape(guess.shape)


def test_equals_cellpose_on_real_annotations():
    from cellpose import metrics

    true = [tifffile.imread(path).astype(int) for path in FIELDS[:5]]
    predicted = [moved(labels, seed) for seed, labels in enumerate(true)]
    ours = average_precision(true, predicted, THRESHOLDS)
    precision, tp, fp, fn = metrics.average_precision(true, predicted, THRESHOLDS)
    assert np.array_equal(ours.tp, tp)
    assert np.array_equal(ours.fp, fp)
    assert np.array_equal(ours.fn, fn)
    assert ours.average_precision == pytest.approx(precision, abs=1e-7)  # Cellpose's is float32
    assert 0.1 < ours.average_precision[:, 0].min() < ours.average_precision.max() < 0.95


SQUARE = np.zeros((6, 6), int)
SQUARE[1:3, 1:3] = 1
HALF = np.where(np.arange(6) < 2, SQUARE, 0)


@pytest.mark.parametrize(
    ("true", "predicted", "precision", "counts"),
    [
        (SQUARE, SQUARE, 1.0, (1, 0, 0)),
        (SQUARE, SQUARE * 3000, 1.0, (1, 0, 0)),
        (SQUARE, SQUARE * 0, 0.0, (0, 0, 1)),
        (SQUARE * 0, SQUARE, 0.0, (0, 1, 0)),
        (SQUARE * 0, SQUARE * 0, 1.0, (0, 0, 0)),
        (np.ones((4, 4), int), np.ones((4, 4), int), 1.0, (1, 0, 0)),
        (SQUARE, HALF, 1.0, (1, 0, 0)),
    ],
    ids=["equal", "large id", "missed", "invented", "both empty", "no background", "IoU of exactly 0.5"],
)
def test_small_cases(true, predicted, precision, counts):
    scores = average_precision([true], [predicted], [0.5])
    assert scores.average_precision.item() == precision
    assert (scores.tp.item(), scores.fp.item(), scores.fn.item()) == counts


def test_two_halves_of_one_object_match_once():
    halves = np.where(np.arange(6) < 2, SQUARE, 2 * SQUARE)
    scores = average_precision([SQUARE], [halves], [0.5])
    assert (scores.tp.item(), scores.fp.item(), scores.fn.item()) == (1, 1, 0)


@pytest.mark.parametrize(
    ("true", "predicted"), [([SQUARE], []), ([SQUARE], [SQUARE[:3]]), ([SQUARE[:4]], [SQUARE[:4].T])]
)
def test_what_does_not_fit_is_refused(true, predicted):
    with pytest.raises(ValueError, match=r"differ|predicted"):
        average_precision(true, predicted)
