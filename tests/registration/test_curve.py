"""From pairs of frames to a curve."""

import numpy as np
import pytest

from cpretrain.registration.curve import (
    DriftCurve,
    PairDrift,
    accumulate,
    measured_pairs,
    round_away,
    time_steps,
)


@pytest.mark.parametrize(
    ("n_frames", "multi", "steps"),
    [
        (1, False, []),
        (2, False, [1]),
        (2, True, [1, 1]),
        (4, True, [1, 3]),
        (5, True, [1, 3, 4]),
        (30, True, [1, 3, 9, 27, 29]),
        (28, True, [1, 3, 9, 27]),
        (3000, True, [1, 3, 9, 27, 81, 243, 729, 2999]),
        (3000, False, [1]),
    ],
)
def test_time_steps(n_frames, multi, steps):
    assert time_steps(n_frames, multi) == steps


@pytest.mark.parametrize(
    ("n_frames", "multi", "pairs"),
    [
        (1, False, []),
        (3, False, [(0, 1), (1, 2), (1, 2)]),
        (6, True, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (4, 5), (0, 3), (2, 5), (0, 5), (0, 5)]),
        (
            7,
            True,
            [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (5, 6), (0, 3), (3, 6), (3, 6), (0, 6), (0, 6)],
        ),
    ],
)
def test_measured_pairs(n_frames, multi, pairs):
    assert list(measured_pairs(n_frames, multi)) == pairs


def where(truth):
    """Measure without error, from the true positions."""
    return lambda a, b, _: PairDrift(tuple(truth[b] - truth[a]))


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("n_frames", [2, 3, 5, 12, 40])
def test_true_pairs_give_the_true_curve(n_frames, multi):
    steps = np.random.default_rng(n_frames).integers(-5, 6, (n_frames, 3))
    truth = np.cumsum(steps, axis=0) - steps[0]
    curve = accumulate(n_frames, where(truth), multi)
    assert curve.drift.dtype == np.float32
    np.testing.assert_allclose(curve.drift, truth, atol=1e-5)


def test_a_longer_step_is_spread_linearly_and_goes_on():
    # 5 frames: single steps see nothing, the step of 3 sees 3 pixels in x, the step of 4 sees what is known by then
    seen = {(0, 3): 3.0, (1, 4): 3.0, (0, 4): 4.0}
    curve = accumulate(5, lambda a, b, _: PairDrift((0, 0, seen.get((a, b), 0.0))), True)
    np.testing.assert_allclose(curve.drift[:, 2], [0, 1, 2, 3, 4])
    seen[(0, 4)] = 2.0
    curve = accumulate(5, lambda a, b, _: PairDrift((0, 0, seen.get((a, b), 0.0))), True)
    np.testing.assert_allclose(curve.drift[:, 2], [0, 0.5, 1, 1.5, 2])


def test_later_frames_are_predicted():
    predicted = []

    def measure(a, b, drift):
        predicted.append(float(drift[b, 2]))
        return PairDrift((0, 0, 2.0))

    accumulate(4, measure)
    assert predicted == [0, 4, 6, 6]


def test_flags_name_the_later_frame_and_pairs_come_once():
    def measure(a, b, _):
        return PairDrift((0, 0, 0), clipped=b == 3, uncertain=a == 1)

    curve = accumulate(4, measure)
    assert curve.clipped_pairs == ((2, 3),)
    assert curve.clipped.tolist() == [False, False, False, True]
    assert curve.uncertain_pairs == ((1, 2),)
    assert curve.uncertain.tolist() == [False, False, True, False]
    assert curve.clipped.dtype == bool


def test_halves_are_rounded_away_from_zero():
    values = np.array([[-2.5, -1.5, -0.5], [0.5, 1.5, 2.4999998]], np.float32)
    assert round_away(values).tolist() == [[-3, -2, -1], [1, 2, 2]]
    assert DriftCurve(values).whole().drift.tolist() == [[-3, -2, -1], [1, 2, 2]]
    assert DriftCurve(values, ((0, 1),)).whole().clipped_pairs == ((0, 1),)
