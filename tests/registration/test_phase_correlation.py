"""One pair of images: extension, spectrum, peaks, candidates, scores, certainty."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cpretrain.registration.edge_filter import enhance_edges
from cpretrain.registration.phase_correlation.certainty import (
    better_nearby,
    is_uncertain,
    peak_is_noise,
    scores_as_well,
)
from cpretrain.registration.phase_correlation.fft_lengths import complex_size, real_size
from cpretrain.registration.phase_correlation.match import match_frames, match_in_float64
from cpretrain.registration.phase_correlation.mirror_padding import extended_shape, fade_out
from cpretrain.registration.phase_correlation.spectrum import transform
from tests.support.recorded_drift import pixels_of


# The lengths that the plugin took, recorded.
@pytest.mark.parametrize(
    ("n", "real", "complex_"),
    [
        (1, 2, 1),
        (7, 8, 8),
        (24, 24, 24),
        (97, 120, 105),
        (219, 240, 240),
        (563, 630, 630),
        (1127, 1260, 1260),
        (2253, 2520, 2520),
        (8190, 8190, 8190),
        (8191, 8736, 9240),
    ],
)
def test_transform_lengths(n, real, complex_):
    assert (real_size(n), complex_size(n)) == (real, complex_)


@pytest.mark.parametrize(("n", "size"), [(9241, 9360), (720_720, 720_720), (800_000, 800_000)])
def test_lengths_beyond_the_recorded_ones_are_enough(n, size):
    assert complex_size(n) == size


@pytest.mark.parametrize(
    ("shape", "extended"),
    [
        ((1, 512, 512), (1, 630, 630)),
        ((1, 201, 199), (1, 240, 240)),
        ((16, 256, 256), (28, 315, 288)),
        ((1, 16, 20), (1, 28, 32)),
        ((1, 125, 115), (1, 144, 144)),
    ],
)
def test_extended_shape(shape, extended):
    assert extended_shape(shape) == extended


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("shape", [(1, 16, 21), (5, 16, 17), (1, 130, 20), (3, 3, 3)])
def test_fade_out_pixel_by_pixel(shape, whole):
    image = np.random.default_rng(0).integers(0, 65536, shape).astype(np.float32)
    extended = fade_out(image, whole)
    starts = [(size - n) // 2 for size, n in zip(extended.shape, shape, strict=True)]
    for place in np.random.default_rng(1).integers(0, extended.shape, (400, 3)):
        weight, source = np.float32(1), []
        for position, start, n in zip(place, starts, shape, strict=True):
            inside, beyond = position - start, 0
            while not 0 <= inside < n:  # fold at the borders, the edge pixel once
                beyond = beyond or (-inside if inside < 0 else inside - n + 1)
                inside = -inside if inside < 0 else 2 * (n - 1) - inside
            fade = max(6, int(n * 0.1 + 0.5) // 2)
            if beyond > fade:
                weight = np.float32(0)
            elif beyond:
                weight *= np.float32((1 - 10 ** ((beyond - 1) / (fade - 1) - 1)) * (10 / 9))
            source.append(inside)
        expected = image[tuple(source)] * weight
        expected = np.floor(expected + 0.5) if whole else expected
        assert extended[tuple(place)] == pytest.approx(expected, rel=1e-5, abs=1 if whole else 1e-3)


def test_grey_levels_stay_whole_or_not():
    image = np.random.default_rng(0).integers(0, 1000, (1, 20, 20)).astype(np.float32)
    whole, fractions = fade_out(image, True), fade_out(image, False)
    assert np.array_equal(whole[:, 8:28, 6:26], image)
    assert np.array_equal(whole, np.floor(fractions + 0.5))
    assert not np.array_equal(whole, fractions)


def grain(shape, seed=0, smooth=1.0):
    image = gaussian_filter(np.random.default_rng(seed).random(shape), smooth)
    return (200 * (image - image.min()) / np.ptp(image)).astype(np.uint8)


@pytest.mark.parametrize("drift", [(0, 0, 0), (0, 3, -7), (0, -20, 11), (0, 40, 0)])
def test_match_says_how_far_the_content_moved(drift):
    ground = grain((1, 200, 200))
    earlier = ground[:, 50:150, 50:150]
    later = ground[:, 50 - drift[1] : 150 - drift[1], 50 - drift[2] : 150 - drift[2]]
    for engine in (match_frames, match_in_float64):
        found = engine(transform(later), transform(earlier))
        assert found.drift == drift
        assert found.score == pytest.approx(1)
        assert found.second_score < 0.9
    assert not is_uncertain(found, transform(later), transform(earlier))


def test_a_spectrum_has_magnitude_one_or_zero():
    phases = transform(grain((4, 30, 31))).phases
    assert phases.dtype == np.complex64
    np.testing.assert_allclose(np.abs(phases), 1, atol=1e-6)
    assert not transform(np.zeros((1, 30, 30), np.float32)).phases.any()


@pytest.mark.parametrize(
    ("height", "size", "noise"),
    [(5, 400_000, True), (6.9, 400_000, True), (7.3, 400_000, False), (6, 2_000, False)],
)
def test_peak_is_noise(height, size, noise):
    assert peak_is_noise(height, size) == noise


@pytest.mark.parametrize(
    ("score", "second", "pixels", "same"),
    [
        (0.9, 0.9, 10_000, True),
        (0.9, 0.899, 10_000, True),
        (0.9, 0.88, 10_000, False),
        (0.9, 0.89, 300, True),
        (1.0, 0.999, 100, False),
        (1.0, 1.0, 100, True),
        (0.5, -1.0, 100, False),
        (0.0, 0.0, 0, True),
    ],
)
def test_scores_as_well(score, second, pixels, same):
    assert scores_as_well(score, second, pixels) == same


def test_two_answers_that_score_alike_are_uncertain():
    grain_1 = np.random.default_rng(3).random((140, 140))
    earlier = (grain_1 + grain_1.T)[20:120, 20:120]
    later = (
        grain_1[17:117, 12:112] + grain_1.T[12:112, 17:117]
    )  # one half moves by (3, 8), the other by (8, 3)
    pair = transform(np.float32(later)[np.newaxis]), transform(np.float32(earlier)[np.newaxis])
    found = match_frames(*pair)
    assert found.drift in {(0, 3, 8), (0, 8, 3)}
    assert found.second_score == pytest.approx(found.score)
    assert is_uncertain(found, *pair)


def test_the_borders_of_smooth_images_are_no_answer():
    smooth = gaussian_filter(np.random.default_rng(1).random((1, 260, 260)), (0, 12, 12)).astype(np.float32)
    pair = transform(smooth[:, 6:206, 9:209]), transform(smooth[:, :200, :200])
    found = match_frames(*pair)
    assert found.drift != (0, -6, -9)  # how far the content moved
    assert better_nearby(found, *pair)
    assert is_uncertain(found, *pair)


def test_rounding_to_float32_is_seen_where_it_decides():
    # hardly any contrast on a high level: float32 keeps few digits of it
    flat = 1000 + 1e-3 * gaussian_filter(np.random.default_rng(2).random((1, 220, 220)), (0, 3, 3))
    pair = (
        transform(flat[:, 5:205, 3:203].astype(np.float32)),
        transform(flat[:, :200, :200].astype(np.float32)),
    )
    found = match_frames(*pair)
    assert not found.clear
    movie = pixels_of("known2d")
    pair = transform(movie[1, :, 0]), transform(movie[0, :, 0])
    assert match_frames(*pair).clear


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_enhanced_edges_of_a_step(dtype):
    edges = enhance_edges(np.array([[[0, 0, 10, 10]] * 3], dtype))
    mean = [[0, 3, 8, 10], [0, 2, 8, 10], [0, 3, 8, 10]]  # of 4 pixels 2.5 and 7.5, of 5 pixels 2 and 8
    wide = np.pad(np.array(mean, float), 1, mode="edge")
    across = sum(w * (wide[i : i + 3, 2:] - wide[i : i + 3, :-2]) for i, w in enumerate((1, 2, 1)))
    down = sum(w * (wide[2:, i : i + 4] - wide[:-2, i : i + 4]) for i, w in enumerate((1, 2, 1)))
    assert edges.dtype == dtype
    np.testing.assert_array_equal(edges[0], np.floor(np.hypot(across, down)))


def test_enhanced_edges_stay_within_the_type_and_float_is_not_cut():
    image = np.zeros((1, 6, 6))
    image[:, :, 3:] = 255
    assert enhance_edges(image.astype(np.uint8)).max() == 255
    assert enhance_edges(image.astype(np.float32)).max() == pytest.approx(4 * 0.8 * 255, rel=0.01)
