"""Frames far apart contradict a curve that misses a drift, in small images and in large ones, compared at half size."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.far_frames import LARGE, far_disagreement
from cpretrain.registration.frame_images import DriftImages
from cpretrain.settings.drift import DriftSettings

DRIFT = np.array([(0, 0), (3, -4), (7, 2), (10, 6)])


@pytest.mark.parametrize("size", [LARGE - 40, LARGE + 41])
@pytest.mark.parametrize(
    ("missed", "told"), [((0, 0), None), ((1, -1), None), ((0, 6), 6), ((-9, 3), 9)], ids=str
)
def test_what_a_curve_misses_is_told_from_two_pixels_on(size, missed, told):
    rng = np.random.default_rng(0)
    ground = gaussian_filter(rng.normal(0, 500, (size + 20, size + 20)), 1.5)
    pixels = [ground[10 - y :, 10 - x :][:size, :size] + rng.normal(1000, 10, (size, size)) for y, x in DRIFT]
    movie = ArrayFrames(np.round(pixels).astype(np.uint16)[:, None, None])
    wrong = DRIFT - np.linspace(0, 1, len(DRIFT))[:, None] * missed
    curve = DriftCurve(np.column_stack([np.zeros(len(DRIFT)), wrong]).astype(np.float32))
    assert far_disagreement(DriftImages(movie, DriftSettings()), curve, [0, 1, 3]) == told
