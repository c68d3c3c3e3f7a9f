"""Options that correct errors of the plugin's measurement: known shifts to a tenth of a pixel, frames bridged."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cpretrain.registration.measure import measure_drift
from cpretrain.settings.drift import DriftSettings
from tests.support.drifting_movies import field, moved, smooth, walk

REFINE = DriftSettings(engine="native", refine=True, sub_pixel=True)


def exactly_moved(image, drift):
    """Move an image by fractions of a pixel, without any interpolation."""
    y, x = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])
    return np.fft.ifft2(np.fft.fft2(image) * np.exp(-2j * np.pi * (y * drift[0] + x * drift[1]))).real


def as_movie(frames):
    return np.clip(np.round(frames), 0, 65535).astype(np.uint16)[:, None, None]


@pytest.mark.parametrize("sigma", [0, 1.5, 3])
@pytest.mark.parametrize("noise", [2, 20])
@pytest.mark.parametrize("options", [{}, {"reference": "mean"}], ids=["previous", "mean"])
def test_known_fractions_of_a_pixel(sigma, noise, options):
    rng = np.random.default_rng(1)
    drift = np.vstack([(0, 0), rng.uniform(-4, 4, (3, 2))])
    image = gaussian_filter(field(3), sigma) if sigma else field(3)
    frames = np.stack([exactly_moved(image, step)[100:300, 100:300] for step in drift])
    curve = measure_drift(
        as_movie(frames + rng.normal(0, noise, frames.shape)), settings=REFINE.replace(**options)
    )
    errors = np.diff(curve.drift[:, 1:] - drift, axis=0) if not options else curve.drift[:, 1:] - drift
    assert np.abs(errors).max() <= (0.1 if not options else 0.5)
    assert curve.uncertain_pairs == ()


def test_known_fractions_of_a_volume():
    rng = np.random.default_rng(2)
    whole = gaussian_filter(rng.normal(0, 1, (24, 90, 90)), 2) * 3000 + 1000
    z, y, x = (
        np.fft.fftfreq(n).reshape(shape)
        for n, shape in zip(whole.shape, ((-1, 1, 1), (-1, 1), (-1,)), strict=True)
    )
    drift = np.array([[0, 0, 0], [0.4, -1.3, 2.6]])
    frames = [
        np.fft.ifftn(np.fft.fftn(whole) * np.exp(-2j * np.pi * (z * a + y * b + x * c))).real
        for a, b, c in drift
    ]
    movie = np.stack(frames)[:, 4:20, 10:80, 10:80].astype(np.float32)[:, :, None]
    assert np.abs(measure_drift(movie, settings=REFINE).drift - drift).max() <= 0.1


@pytest.mark.parametrize("noise_first", [True, False])
@pytest.mark.parametrize("sigma", [1.5, 2, 2.5, 3])
def test_smooth_movies_are_measured_to_the_pixel(sigma, noise_first):
    frames, drift = smooth(sigma, noise_first)
    curve = measure_drift(as_movie(frames), settings=DriftSettings(refine=True))
    assert np.array_equal(curve.drift[:, 1:], drift)


SPOILT = {
    "one": [7],
    "two in a row": [7, 8],
    "the first": [0],
    "the first two": [0, 1],
    "the last": [11],
    "every third": [2, 5, 8],
}


@pytest.mark.parametrize(
    "options", [{}, {"reference": "mean"}, {"reference": "first"}, {"refine": True}], ids=str
)
@pytest.mark.parametrize("where", SPOILT)
def test_empty_frames_are_bridged_and_listed(where, options):
    drift, frames = walk(12, 3), SPOILT[where]
    movie = as_movie(moved(drift))
    movie[frames] = 0
    curve = measure_drift(movie, settings=DriftSettings(bridge=True, **options))
    others = [t for t in range(12) if t not in frames]
    expected = drift - drift[others[0]]
    assert np.array_equal(curve.drift[others, 1:] - curve.drift[others[0], 1:], expected[others])
    assert set(curve.bridged) <= set(frames)
    for t in curve.bridged:
        between = [np.interp(t, others, curve.drift[others, axis]) for axis in range(3)]
        assert np.abs(curve.drift[t] - between).max() <= 0.5
    unresolved = () if list(curve.bridged) == frames else ((frames[-1], frames[-1] + 1),)
    assert curve.uncertain_pairs == unresolved


def test_bridging_changes_nothing_where_all_is_certain():
    movie = as_movie(moved(walk(8, 3)))
    plain, bridged = (measure_drift(movie, settings=DriftSettings(bridge=bridge)) for bridge in (False, True))
    assert np.array_equal(plain.drift, bridged.drift)
    assert bridged.bridged == ()


def test_a_sample_that_looks_different_from_one_frame_on_is_not_bridged_for_ever():
    drift = walk(6, 3)
    movie = as_movie(np.concatenate([moved(drift, 1), moved(drift, 9)]))
    curve = measure_drift(movie, settings=DriftSettings(bridge=True))
    assert np.array_equal(curve.drift[6:, 1:] - curve.drift[6, 1:], drift)
    assert curve.uncertain_pairs
