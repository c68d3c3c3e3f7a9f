"""The parts of the group-wise measurement, each on what is known exactly."""

import numpy as np
import pytest
from scipy.ndimage import shift as shifted

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.aligned_mean import AlignedMean
from cpretrain.registration.groupwise.choice import best_way, mean_agreement
from cpretrain.registration.groupwise.consensus import MeasuredPair, consensus
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_shift import shift_between, spectrum_of
from cpretrain.registration.groupwise.prepared_image import Contrast, prepared, reduction
from cpretrain.registration.groupwise.schedule import pairs_to_measure, spread_frames
from cpretrain.registration.groupwise.tile_correlation import tile_correlation
from cpretrain.settings.drift import DriftSettings
from tests.support.drifting_movies import field


def seen(y, x, size=160, number=0):
    return np.ascontiguousarray(field(number)[100 - y :, 100 - x :][:size, :size], np.float32)[np.newaxis]


def test_contrast_is_the_same_wherever_the_content_is():
    first, moved = prepared(seen(0, 0)).values, prepared(seen(7, -4)).values
    scale = np.median(first[:, 20:-20, 20:-20] / moved[:, 27:-13, 16:-24])
    np.testing.assert_allclose(first[:, :-7, 4:], scale * moved[:, 7:, :-4], rtol=0.1, atol=0.02)


def test_uneven_light_and_brightness_do_not_matter():
    ramp = 3000 * np.linspace(0, 1, 160, dtype=np.float32)[:, np.newaxis]
    plain, lit = prepared(seen(0, 0)).values, prepared(12 * seen(0, 0) + ramp).values
    np.testing.assert_allclose(plain, lit, atol=0.02)


def test_what_does_not_count_is_zero():
    kept = np.ones((1, 160, 160), bool)
    kept[:, 40:60, 50:90] = False
    contrast = prepared(seen(0, 0), kept)
    assert np.array_equal(contrast.values == 0, contrast.kept == 0)
    assert (contrast.kept == 0).sum() == 20 * 40


@pytest.mark.parametrize(
    ("shape", "by"), [((1, 160, 160), 1), ((1, 512, 512), 3), ((16, 256, 256), 3), ((1, 2048, 2048), 11)]
)
def test_images_are_reduced_to_a_fixed_size(shape, by):
    assert reduction(shape) == by


@pytest.mark.parametrize("drift", [(0, 0), (3, -5), (-40, 25), (70, -60)])
@pytest.mark.parametrize("masked", [False, True])
def test_a_pair(drift, masked):
    kept = np.ones((1, 160, 160), bool)
    kept[:, :30, :30] = not masked
    later, earlier = (spectrum_of(prepared(seen(*at), kept if masked else None)) for at in (drift, (0, 0)))
    found = shift_between(later, earlier)
    assert np.abs(found.shift - (0, *drift)).max() < 0.1
    assert found.lead > 10


def test_unrelated_images_have_no_lead():
    rng = np.random.default_rng(0)
    for _ in range(10):
        a, b = (spectrum_of(prepared(rng.normal(0, 1, (1, 120, 120)).astype(np.float32))) for _ in range(2))
        assert shift_between(a, b).lead < 4


def test_a_fraction_of_a_pixel():
    image = shifted(seen(0, 0)[0], (0.3, -0.4), order=3)[np.newaxis]
    later, earlier = (spectrum_of(prepared(one)) for one in (image, seen(0, 0)))
    assert np.abs(shift_between(later, earlier).shift - (0, 0.3, -0.4)).max() < 0.1


def test_what_moves_on_its_own_in_one_tile_decides_nothing():
    still, moving = seen(0, 0), seen(0, 0)
    moving[0, 40:80, 40:80] = 20 * seen(0, 6)[0, 40:80, 40:80]
    still[0, 40:80, 40:80] *= 20
    images = [prepared(one).values for one in (moving, still)]
    scores = [tile_correlation(*images, None, None, (0, 0, x), 100.0) for x in (0, 6)]
    assert scores[0] > 0.8 > 0.4 > scores[1]


def test_the_schedule_names_each_pair_once_and_holds_far_frames_together():
    for number in (2, 3, 12, 100):
        pairs = list(pairs_to_measure(list(range(number))))
        assert len(pairs) == len(set(pairs)) <= 4 * number
        assert set(zip(range(number - 1), range(1, number), strict=True)) <= set(pairs)
        assert (0, number - 1) in pairs
    assert len(spread_frames(list(range(5000)))) == 16


def pairs_of(drift, wrong=(), rng=None):
    rng = rng or np.random.default_rng(0)
    found = []
    for i, j in pairs_to_measure(list(range(len(drift)))):
        step = drift[j] - drift[i] + rng.normal(0, 0.1, 3)
        if (i, j) in wrong:
            step = rng.uniform(-60, 60, 3)
        found.append(MeasuredPair((i, j), step, 0.5 if (i, j) in wrong else 10.0))
    return found


def test_pairs_that_contradict_the_others_count_nothing():
    drift = np.cumsum(np.random.default_rng(1).uniform(-5, 5, (40, 3)), axis=0)
    drift -= drift[0]
    all_pairs = [pair.frames for pair in pairs_of(drift)]
    wrong = {pair for k, pair in enumerate(all_pairs) if k % 3 == 0}
    found = consensus(40, pairs_of(drift, wrong), 1.5)
    assert np.abs(found.drift - found.drift[0] - drift).max() < 0.5
    dropped = {pair for pair, fits in zip(all_pairs, found.agrees, strict=True) if not fits}
    assert dropped == wrong
    assert len(set(found.group)) == 1


def test_frames_that_nothing_holds_are_named():
    drift = np.zeros((12, 3))
    drift[6:] = 40
    pairs = [
        pair
        for pair in pairs_of(drift)
        if (pair.frames[0] < 6) == (pair.frames[1] < 6) and 3 not in pair.frames
    ]
    group = consensus(12, pairs, 1.5).group
    assert group[3] == -1
    assert len(set(group[[0, 1, 2, 4, 5]])) == len(set(group[6:])) == 1
    assert group[0] != group[6]


def test_nothing_is_measured():
    found = consensus(3, [], 1.5)
    assert not found.drift.any()
    assert (found.group == -1).all()


def test_the_mean_of_the_others_is_that_of_the_others():
    rng = np.random.default_rng(0)
    drift = np.array([[0, 0, 0], [0, 2, -3], [0, -1, 4]])
    scene = rng.normal(0, 1, (1, 60, 60)).astype(np.float32)
    frames = [Contrast(np.ascontiguousarray(scene[:, 10 - y : 50 - y, 10 - x : 50 - x])) for _, y, x in drift]
    mean = AlignedMean((1, 40, 40), drift)
    for t, frame in enumerate(frames):
        mean.add(frame, t)
    for t, frame in enumerate(frames):
        others = mean.of_others(frame, t, True)
        assert 0.8 < others.kept.mean() <= 1
        np.testing.assert_allclose(others.values, frame.values * others.kept, atol=1e-5)


def test_the_way_that_aligns_is_chosen():
    drift = np.array([[0, 2 * t, -t] for t in range(8)])
    movie = ArrayFrames(np.stack([seen(y, x)[0] for _, y, x in drift]).astype(np.uint16)[:, None, None])
    frames = ContrastFrames(DriftImages(movie, DriftSettings()), (1, 160, 160))
    ways = {"right": drift * 1.0, "none": 0.0 * drift, "wrong": drift * 1.3}
    agreement = mean_agreement(frames, ways, np.ones(8, bool))
    assert best_way(agreement, "none") == best_way(agreement, "right") == "right"
    assert best_way({"a": 0.5, "b": 0.501}, "a") == "a"
    assert best_way({}, "a") == "a"
    assert mean_agreement(frames, {"far": drift * 100.0}, np.ones(8, bool)) == {}
