"""Average precision equals Cellpose's own on proper input, and is right where Cellpose's goes wrong."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion

from cpretrain.metrics.scores import average_precision
from tests.support.paths import FIELDS

pytestmark = pytest.mark.cellpose
THRESHOLDS = np.arange(0.5, 1, 0.05)
LABELS = sorted((FIELDS / "labels").glob("*.tif"))


def moved(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the labels shifted a little, with some objects lost and some merged."""
    rng = np.random.default_rng(seed)
    guess = np.roll(labels, tuple(rng.integers(0, 6, 2)), (0, 1)).astype(int)
    ids = np.unique(guess[guess > 0])
    guess[np.isin(guess, rng.choice(ids, 5, replace=False))] = 0
    for first, second in rng.choice(ids, (3, 2), replace=False):
        guess[guess == first] = second
    return np.unique(guess, return_inverse=True)[1].reshape(guess.shape)


def test_equals_cellpose_on_real_annotations():
    from cellpose import metrics

    true = [tifffile.imread(path).astype(int) for path in LABELS[:5]]
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
    with pytest.raises(ValueError, match=r"differ|predicted|whole numbers"):
        average_precision(true, predicted)


def test_unpacks_like_cellpose():
    ap, tp, fp, fn = average_precision([SQUARE] * 3, [SQUARE, HALF, SQUARE * 0], [0.5, 0.9])
    assert ap.tolist() == [[1, 1], [1, 0], [0, 0]]
    assert (tp.tolist(), fp.tolist(), fn.tolist()) == (
        [[1, 1], [1, 0], [0, 0]],
        [[0, 0], [0, 1], [0, 0]],
        [[0, 0], [0, 1], [1, 1]],
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 3 true, 4 predicted objects: two match with an IoU of 1 and 0.5
        ("average_precision", 2 / 5),
        ("precision", 2 / 4),
        ("recall", 2 / 3),
        ("f1", 4 / 7),
        ("matched_iou", 1.5 / 2),
        ("aggregated_jaccard", (4 + 2) / (4 + 4 + 4 + 1 + 2)),
    ],
)
def test_all_scores_of_a_case_counted_by_hand(name, expected):
    true, predicted = np.zeros((2, 9, 9), int)
    true[:2, :2], true[:2, 4:6], true[6:8, :2] = 1, 2, 3
    predicted[:2, :2], predicted[0, 4:6], predicted[8, 8], predicted[6:8, 4] = 7, 8, 9, 10
    assert average_precision([true], [predicted], 0.5).of(name).item() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [(SQUARE, (1, 1, 1, np.nan, 1)), (SQUARE * 0, (0, 0, 0, np.nan, 0))],
    ids=["nothing there, nothing found", "all missed"],
)
def test_scores_of_nothing(predicted, expected):
    true = SQUARE * 0 if expected[0] else SQUARE
    scores = average_precision([true], [predicted * 0], 0.5)
    names = ("precision", "recall", "f1", "matched_iou", "aggregated_jaccard")
    assert np.array_equal([scores.of(name).item() for name in names], expected, equal_nan=True)


def pixel_by_pixel_jaccard(true: np.ndarray, predicted: np.ndarray) -> float:
    """Compute the aggregated Jaccard index literally as defined by Kumar et al."""
    above = below = 0
    used = set()
    objects = [predicted == label for label in np.unique(predicted[predicted > 0])]
    for label in np.unique(true[true > 0]):
        inside = true == label
        indices = [(inside & other).sum() / (inside | other).sum() for other in objects]
        best = int(np.argmax(indices)) if indices and max(indices) > 0 else None
        other = objects[best] if best is not None else np.zeros_like(inside)
        above, below = above + (inside & other).sum(), below + (inside | other).sum()
        used.add(best)
    below += sum(other.sum() for number, other in enumerate(objects) if number not in used)
    return above / below


def test_aggregated_jaccard_is_that_of_kumar_and_that_of_cellpose_where_objects_overlap_one_to_one():
    from cellpose import metrics

    true = tifffile.imread(LABELS[0])[:200, :200].astype(int)
    true = np.unique(true, return_inverse=True)[1].reshape(true.shape)
    predicted = moved(true, 0)
    ours = average_precision([true], [predicted]).of("aggregated_jaccard")
    assert ours.item() == pytest.approx(pixel_by_pixel_jaccard(true, predicted), abs=1e-15)
    smaller = np.where(binary_erosion(true > 0, iterations=2), true, 0)
    smaller = np.unique(smaller, return_inverse=True)[1].reshape(true.shape)
    ours = average_precision([true], [smaller]).of("aggregated_jaccard")
    assert ours.item() == pytest.approx(metrics.aggregated_jaccard_index([true], [smaller]).item(), abs=1e-12)


@given(
    arrays(np.int64, (6, 7), elements=st.integers(0, 5)), arrays(np.int64, (6, 7), elements=st.integers(0, 5))
)
def test_counts_equal_cellpose_at_any_threshold(true, predicted):
    from cellpose import metrics

    true[0, 0] = predicted[0, 0] = 0
    true, predicted = (np.unique(a, return_inverse=True)[1].reshape(a.shape) for a in (true, predicted))
    if not true.any() and not predicted.any():
        return
    thresholds = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 1.0])
    ours = average_precision([true], [predicted], thresholds)
    _, *counts = metrics.average_precision([true], [predicted], thresholds)
    assert all(np.array_equal(a, b) for a, b in zip((ours.tp, ours.fp, ours.fn), counts, strict=True))


def test_of_equal_counts_the_matching_with_the_largest_iou_is_taken():
    true, predicted = np.zeros((2, 12, 2), int)
    true[:4], predicted[:2], predicted[2:4] = 1, 1, 2  # two halves, of which one goes on
    predicted[4] = 2
    scores = average_precision([true], [predicted], 0.3)
    assert (scores.tp.item(), scores.matched_iou.item()) == (1, 0.5)


def test_sums_over_images_equal_one_large_image():
    true = [tifffile.imread(path).astype(int) for path in LABELS[:3]]
    predicted = [moved(labels, seed) for seed, labels in enumerate(true)]
    each = average_precision(true, predicted, THRESHOLDS)
    whole = average_precision(
        *([np.hstack([a + 1000 * n * (a > 0) for n, a in enumerate(side)])] for side in (true, predicted)),
        THRESHOLDS,
    )
    for name in ("tp", "fp", "fn", "matched_iou", "jaccard_intersection", "jaccard_union"):
        assert np.allclose(getattr(each, name).sum(axis=0), getattr(whole, name)[0], rtol=1e-12)


def test_scores_as_a_table():
    truth = np.zeros((20, 20), np.uint16)
    truth[2:8, 2:8], truth[10:16, 10:16] = 1, 2
    table = average_precision([truth, truth], [truth, np.where(truth == 1, 1, 0)], [0.5, 0.9]).to_frame()
    assert list(table.image) == [0, 0, 1, 1]
    assert list(table.iou_threshold) == [0.5, 0.9, 0.5, 0.9]
    assert list(table.average_precision) == [1, 1, 0.5, 0.5]
    assert list(table.tp) == [2, 2, 1, 1]
    assert list(table.fn) == [0, 0, 1, 1]
