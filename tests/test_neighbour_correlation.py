"""The quality number equals NumPy's, knows what holds data, and does not trip over even frames."""

from itertools import pairwise

import numpy as np
import pytest

from cpretrain.drift.neighbour_correlation import NeighbourCorrelation, pearson
from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.valid_area import common, covered, covered_by_all, is_empty


def curve(*drift):
    return DriftCurve(np.array(drift, np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_equals_numpy(dtype):
    movie = np.random.default_rng(0).integers(0, 250, (4, 3, 20, 30)).astype(dtype)
    gathered = NeighbourCorrelation()
    for frame in movie:
        gathered.add(frame)
    pairs = pairwise(movie)
    expected = np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])
    assert gathered.mean == pytest.approx(expected, abs=1e-12)


def test_large_offset_does_not_lose_it():
    movie = (1e6 + np.random.default_rng(0).integers(0, 9, (2, 1, 40, 40))).astype(np.float32)
    assert pearson(movie[0], movie[0]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("sub_pixel", "limit"), [(False, 1.0), (True, 0.98)])
def test_only_what_frames_cover_counts(sub_pixel, limit):
    drift = curve((0, 0, 0), (0, 3, -2), (0, -4, 5))
    scene = np.random.default_rng(0).integers(1, 250, (60, 60)).astype(np.uint16)
    frames = [scene[20 - int(y) :, 20 - int(x) :][:30, :30] for _, y, x in drift.drift]
    canvas = canvas_for(drift, (1, 1, 30, 30), sub_pixel)
    gathered = NeighbourCorrelation()
    for t, frame in enumerate(frames):
        gathered.add(canvas.place(frame[None, None], t)[:, 0], covered(canvas, t))
    assert gathered.mean >= limit - 1e-12


def test_even_frames_and_frames_without_overlap_are_left_out():
    gathered = NeighbourCorrelation()
    noise = np.random.default_rng(0).integers(0, 9, (1, 20, 20))
    for frame in (noise, noise, np.zeros_like(noise), noise):
        gathered.add(frame)
    assert gathered.mean == pytest.approx(1)
    apart = NeighbourCorrelation()
    apart.add(noise, (slice(0, 1), slice(0, 5), slice(0, 5)))
    apart.add(noise, (slice(0, 1), slice(5, 9), slice(0, 5)))
    assert apart.mean is None


@pytest.mark.parametrize(
    ("drift", "sub_pixel", "expected"),
    [
        ([(0, 0, 0), (0, 2, -3)], False, [(0, 1), (2, 10), (3, 20)]),
        ([(0, 0, 0), (0, 0.5, 0)], True, [(0, 1), (1, 10), (0, 20)]),
        ([(0, 0, 0), (0, 0, 0)], True, [(0, 1), (0, 10), (0, 20)]),
    ],
)
def test_covered_by_all(drift, sub_pixel, expected):
    canvas = canvas_for(curve(*drift), (1, 1, 10, 20), sub_pixel)
    area = covered_by_all(canvas)
    assert [(part.start, part.stop) for part in area] == expected
    for t in range(len(drift)):
        placed = canvas.place(np.full((1, 1, 10, 20), 7, np.float32), t)[:, 0]
        assert (placed[area] == 7).all()


def test_nothing_in_common():
    assert is_empty(common((slice(0, 1), slice(0, 3), slice(0, 3)), (slice(0, 1), slice(3, 6), slice(0, 3))))
