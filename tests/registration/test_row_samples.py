"""Sums over samples are exact for what decides: constant frames, and numbers beyond the squares of float32."""

import numpy as np
import pytest

from cpretrain.registration.agreement import Agreement
from cpretrain.registration.frame_content import content_of
from cpretrain.registration.row_samples import centred, dot

AREA = slice(0, 1), slice(0, 30), slice(0, 17)


@pytest.mark.parametrize("value", [0, 0.1, 4095, 65535, 1e30])
def test_a_constant_frame_has_no_contrast_and_agrees_with_nothing(value):
    frame = np.full((1, 30, 17), value, np.float32)
    assert not centred(frame).any()
    assert content_of(frame, AREA).contrast == 0
    agreement = Agreement(3, AREA)
    for _ in range(3):
        agreement.add(frame, None, (0, 0, 0))
    assert not agreement.each().any()


@pytest.mark.parametrize("scale", [1e-2, 1, 1e4, 1e25])
def test_agreement_and_content_do_not_depend_on_the_unit_of_grey_values(scale):
    rng = np.random.default_rng(0)
    frames = (rng.normal(0, 1, (3, 1, 30, 17)) + rng.normal(0, 1, (1, 30, 17))).astype(np.float32)
    expected = [
        np.corrcoef(frame.ravel(), np.delete(frames, t, 0).sum(0).ravel())[0, 1]
        for t, frame in enumerate(frames)
    ]
    agreement = Agreement(3, AREA)
    for frame in frames:
        agreement.add(frame * np.float32(scale), None, (0, 0, 0))
    np.testing.assert_allclose(agreement.each(), expected, atol=0.02)  # all frames have the same weight
    content = content_of(frames[0] * np.float32(scale), AREA)
    np.testing.assert_allclose(content.contrast, frames[0].std() * scale, rtol=1e-4)


def test_sums_beyond_float32():
    assert dot(np.full(9, 1e25, np.float32), np.full(9, 1e25, np.float32)) == pytest.approx(9e50)
