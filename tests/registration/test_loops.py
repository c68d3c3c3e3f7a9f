"""Loops over pixels: their results, which are equal to the last bit in both versions."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

from cpretrain.registration import loops
from cpretrain.registration.loops import compiled, vectorised
from cpretrain.registration.phase_correlation import mirror_padding
from cpretrain.registration.row_samples import sampled_rows

both = pytest.mark.parametrize("make", [compiled, vectorised], ids=["compiled", "vectorised"])
SHAPES = [(1, 3, 3), (1, 16, 21), (1, 130, 20), (5, 16, 17), (1, 200, 230), (16, 40, 40)]

PEAKS = np.zeros((1, 6, 8), np.float32)
PEAKS[0, 0, 0], PEAKS[0, 3, 3], PEAKS[0, 3, 6], PEAKS[0, 5, 7] = (
    5,
    7,
    5,
    4,
)  # the last touches the first, around


@both
def test_highest_peaks_go_around_the_borders_and_ties_keep_the_first(make):
    places, heights = make.highest_peaks(PEAKS, 3)
    assert places.tolist() == [[0, 3, 3], [0, 0, 0], [0, 3, 6]]
    assert heights.tolist() == [7, 5, 5]
    assert make.lead(PEAKS, 0, 0, 0) == 1
    assert make.lead(PEAKS, 0, 5, 7) == -1


@both
def test_a_flat_image_is_all_peaks(make):
    places, _ = make.highest_peaks(np.zeros((2, 3, 4), np.float32), 5)
    assert places.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 3], [0, 1, 0]]


@both
@settings(deadline=None)
@given(
    shape=st.tuples(st.sampled_from([1, 3, 7]), st.integers(5, 12), st.integers(5, 12)),
    where=st.tuples(*[st.floats(-1, 1)] * 3),
    offset=st.sampled_from([0, 50_000]),
)
def test_overlap_correlation_is_pearsons(make, shape, where, offset):
    rng = np.random.default_rng(shape)
    a, b = (rng.random((2, *shape)) * 100 + offset).astype(np.float32)
    shift = tuple(round(part * n) for part, n in zip(where, shape, strict=True))
    score, pixels = make.overlap_correlation(a, b, shift, a.mean(), b.mean())
    cut_a = a[tuple(slice(max(s, 0), n + min(s, 0)) for s, n in zip(shift, shape, strict=True))]
    cut_b = b[tuple(slice(max(-s, 0), n + min(-s, 0)) for s, n in zip(shift, shape, strict=True))]
    if min(cut_a.shape[1:]) < 3 or cut_a.shape[0] < min(3, shape[0]):
        assert (score, pixels) == (0, 0)
    else:
        expected = np.corrcoef(cut_a.ravel().astype(float), cut_b.ravel().astype(float))[0, 1]
        assert score == pytest.approx(expected, abs=1e-9)
        assert pixels == cut_a.size


@both
@pytest.mark.parametrize(
    ("level_a", "level_b", "score"), [(0, 0, 1), (7, 7, 1), (7, 8, 0), (65535, 65535, 1), (0.1, 0.1, 1)]
)
def test_constant_overlaps(make, level_a, level_b, score):
    a, b = np.full((1, 9, 9), level_a, np.float32), np.full((1, 9, 9), level_b, np.float32)
    b[0, 8] = 100  # outside the overlap
    assert make.overlap_correlation(a, b, (0, 1, 0), 3.0, 4.0) == (score, 72)


@both
def test_one_constant_image_scores_zero(make):
    a, b = np.full((1, 9, 9), 0.1, np.float32), np.random.default_rng(0).random((1, 9, 9)).astype(np.float32)
    assert make.overlap_correlation(a, b, (0, 0, 0), 0.0, 0.0) == (0, 81)
    assert make.overlap_correlation(b, a, (0, 0, 0), 0.0, 0.0) == (0, 81)


@both
def test_an_overlap_with_a_trace_of_the_contrast(make):
    """A bright edge that the overlap lacks must not leave its rounding in the sums."""
    a = np.random.default_rng(0).random((1, 40, 40)).astype(np.float32)
    b = np.roll(a, (-3, -2), (1, 2))
    a[0, :3], a[0, :, :2], b[0, 37:], b[0, :, 38:] = 6e7, 6e7, 6e7, 6e7
    score, _ = make.overlap_correlation(a, b, (0, 3, 2), 0.5, 0.5)
    assert score == pytest.approx(1, abs=1e-6)
    a[0, 3:, 2:] = 0.1
    found = make.overlap_correlation(a, b, (0, 3, 2), 0.5, 0.5)
    assert found == (0, 37 * 38)


@both
def test_score_candidates_is_overlap_correlation_of_each(make):
    a, b = np.random.default_rng(0).random((2, 1, 20, 20)).astype(np.float32)
    candidates = np.array([[0, 0, 0], [0, 5, -3], [0, 18, 0], [0, -25, 4]])
    scores, pixels = make.score_candidates(a, b, candidates, 0.5, 0.5)
    each = [make.overlap_correlation(a, b, tuple(candidate), 0.5, 0.5) for candidate in candidates]
    np.testing.assert_array_equal(scores, np.float32([score for score, _ in each]))
    assert pixels.tolist() == [400, 255, 0, 0]


def image_of(shape, whole, seed=0):
    image = np.random.default_rng(seed).integers(0, 65536, shape).astype(np.float32)
    return image if whole else image * np.float32(0.37)


def of_both(function, *arguments):
    """Return the results of both versions, including those written into arguments."""
    answers = []
    for make in (compiled, vectorised):
        own = [each.copy() if isinstance(each, np.ndarray) else each for each in arguments]
        answers.append((getattr(make, function)(*own), *own))
    return answers


def same(one, other):
    np.testing.assert_equal(one, other)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_extended_images_and_their_phases_are_the_same(monkeypatch, shape, whole):
    extended = []
    for make in (compiled, vectorised):
        monkeypatch.setattr(mirror_padding, "loops", lambda make=make: make)
        extended.append(mirror_padding.fade_out(image_of(shape, whole), whole))
    same(*extended)
    spectrum = scipy.fft.rfftn(extended[0]).reshape(-1)
    spectrum[:3] = 0, 1e-6, 1e-5
    (errors, phases, _), (other, others, _) = of_both("keep_phases", spectrum, 2e-7)
    same(phases, others)
    assert errors == pytest.approx(other, rel=1e-9)
    same(*of_both("cross", phases, np.roll(phases, 1), np.empty_like(phases)))


@pytest.mark.parametrize("digits", [1, 7])
@pytest.mark.parametrize("shape", SHAPES)
def test_peaks_are_the_same(shape, digits):
    image = np.random.default_rng(3).random(shape).astype(np.float32).round(digits)  # few digits: many ties
    same(*of_both("highest_peaks", image, 6))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_the_same(shape, whole):
    one = image_of(shape, whole)
    other = np.roll(one, (2, -3), (1, 2)) + image_of(shape, whole, 1) / 64
    shifts = np.array(
        [[0, 0, 0], [0, 2, -3], [1, -1, 1], [-2, 5, 4], [0, shape[1] - 3, 0], [0, 0, -shape[2]]]
    )
    same(*of_both("score_candidates", one, other, shifts, float(one.mean()), float(other.mean())))
    rows = sampled_rows((slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2])), 2000)
    for shift in map(tuple, shifts.tolist()):
        ours, theirs = of_both("row_correlation", one, other, rows, 0, shape[2], shift)
        assert ours[0] == pytest.approx(theirs[0], abs=1e-12, nan_ok=True)


def test_compiled_loops_are_taken_when_they_pay(monkeypatch):
    monkeypatch.setattr(loops, "_numba_is_there", lambda: False)
    monkeypatch.setattr(loops, "_seen", 0)
    makes = [
        loops.loops(loops.ENOUGH // 2 - 1),
        loops.loops(),
        loops.loops(loops.ENOUGH // 2),
        loops.loops(2),
    ]
    assert makes == [vectorised, vectorised, vectorised, compiled]


def test_compiled_loops_are_taken_where_numba_is_there_already():
    assert loops.loops() is compiled
