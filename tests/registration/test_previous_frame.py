"""The native engine compared with the plugin's answers, and with the truth."""

import hashlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration import loops
from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import measured_pairs
from cpretrain.registration.previous_frame import measure_frames
from cpretrain.settings.drift import DriftSettings
from tests.support.recorded_drift import RECORDS, movie_of, name_of, settings_of
from tests.support.textures import moving_window, textured


@pytest.fixture(params=["compiled", "vectorised"])
def make(request, monkeypatch):
    """Choose the make of loops, as a long or a short movie does."""
    if request.param == "vectorised":
        monkeypatch.setattr(loops, "_numba_is_there", lambda: False)
        monkeypatch.setattr(loops, "_seen", -(2**40))


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
@pytest.mark.usefixtures("make")
def test_equals_the_plugin(record):
    movie, options = movie_of(record), settings_of(record)
    curve = measure_frames(movie, options)
    logged = np.array(record["drift_xyz"])[:, ::-1]
    np.testing.assert_allclose(curve.drift, logged, rtol=0, atol=0.0051)

    canvas = canvas_for(curve, movie.shape[1:], options.sub_pixel)
    corrected = np.stack([canvas.place(movie.frame(t), t) for t in range(movie.shape[0])])
    assert list(corrected.shape) == record["output_shape_tzcyx"]
    assert hashlib.sha256(corrected.tobytes()).hexdigest() == record["output_sha256"]


CLIPPED = {
    "pc12-max3": ((0, 1), (1, 2)),
    "mitocheck-max60-multi_time_scale": ((0, 27), (0, 29)),
    "mitocheck-max60-only30": ((27, 28),),
    "mitocheck-max60-edge_enhance-multi_time_scale": ((2, 29),),
}


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_clipped_pairs(record):
    expected = CLIPPED.get(name_of(record), ())
    assert bool(expected) == bool(record["clipped_pairs"])
    assert measure_frames(movie_of(record), settings_of(record)).clipped_pairs == expected


def records_of(*cases):
    return pytest.mark.parametrize("record", [r for r in RECORDS if r["case"] in cases], ids=name_of)


@records_of("known2d", "known3d")
def test_pairs_of_clear_movies_are_certain(record):
    assert measure_frames(movie_of(record), settings_of(record)).uncertain_pairs == ()


@records_of("mitocheck")
def test_wild_pairs_are_uncertain(record):
    curve = measure_frames(movie_of(record), settings_of(record))
    assert set(curve.clipped_pairs) <= set(curve.uncertain_pairs)  # its nuclei move a few pixels at most


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(16, 90), st.integers(16, 90)),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_known_drift_comes_back_in_2d(size, dtype, seed, data):
    reach = [n // 8 for n in size]
    corner = st.tuples(st.just(0), *(st.integers(0, r) for r in reach))
    corners = np.array(data.draw(st.lists(corner, min_size=2, max_size=4)))
    ground = textured((1, size[0] + reach[0], size[1] + reach[1]), seed)
    curve = measure_frames(
        moving_window(ground, (1, *size), corners, dtype), DriftSettings(max_shift=(20, 20, 0))
    )
    np.testing.assert_array_equal(curve.drift, corners[0] - corners)
    assert not curve.clipped.any()


@settings(max_examples=15, deadline=None)
@given(
    size=st.tuples(st.integers(8, 20), st.integers(16, 40), st.integers(16, 40)),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_known_drift_comes_back_in_3d(size, dtype, seed, data):
    reach = [n // 8 for n in size]
    corner = st.tuples(*(st.integers(0, r) for r in reach))
    corners = np.array(data.draw(st.lists(corner, min_size=2, max_size=3)))
    ground = textured([n + r for n, r in zip(size, reach, strict=True)], seed)
    curve = measure_frames(moving_window(ground, size, corners, dtype))
    np.testing.assert_array_equal(curve.drift, corners[0] - corners)


def test_drift_of_one_channel_within_planes():
    corners = [(0, 0, 0), (0, 3, 1), (0, 5, 2)]
    moving = moving_window(textured((6, 60, 60), 0), (6, 50, 50), corners, "uint16").pixels
    still = np.random.default_rng(1).integers(0, 60000, moving.shape).astype(np.uint16)
    movie = ArrayFrames(np.concatenate([still, moving], axis=2))
    for options in ({"z_range": (2, 5)}, {"z_range": (4, 4)}, {"only_xy": True}):
        curve = measure_frames(movie, DriftSettings(channel=2, **options))
        np.testing.assert_array_equal(curve.drift, -np.array(corners), err_msg=str(options))


def test_roi_follows_what_moves_inside_it():
    ground, corners = textured((1, 200, 200), 2), [(0, 4 * t, 6 * t) for t in range(6)]
    movie = moving_window(ground, (1, 120, 120), corners, "uint8")
    movie.pixels[..., :40, :40] = 255 * textured((40, 40), 3)  # a corner that stays
    curve = measure_frames(movie, DriftSettings(roi=(60, 60, 50, 50)))
    np.testing.assert_array_equal(curve.drift, -np.array(corners))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("depth", [1, 5])
@pytest.mark.parametrize("level", [0, 1, 255])
def test_frames_without_content_stay_and_are_uncertain(dtype, depth, level):
    movie = ArrayFrames(np.full((3, depth, 1, 20, 17), level, dtype))
    curve = measure_frames(movie, DriftSettings(multi_time_scale=True))
    assert not curve.drift.any()
    assert curve.uncertain_pairs == ((0, 1), (1, 2), (0, 2))


def test_one_empty_frame_among_others():
    movie = moving_window(textured((1, 60, 60), 4), (1, 50, 50), [(0, 2, 1)] * 4, "uint16")
    movie.pixels[2] = 0
    curve = measure_frames(movie)
    assert not curve.drift.any()
    assert curve.uncertain_pairs == ((1, 2), (2, 3))
    assert curve.uncertain.tolist() == [False, False, True, True]


def test_unrelated_frames_are_uncertain():
    noise = np.random.default_rng(5).integers(0, 256, (6, 1, 1, 64, 64)).astype(np.uint8)
    assert measure_frames(ArrayFrames(noise)).uncertain[1:].all()


def test_a_shift_beyond_max_shift_is_cut_and_said():
    movie = moving_window(textured((1, 90, 90), 6), (1, 70, 70), [(0, 0, 0), (0, 2, 9), (0, 2, 9)], "uint8")
    curve = measure_frames(movie, DriftSettings(max_shift=(4, 10, 10)))
    assert curve.drift.tolist() == [[0, 0, 0], [0, -2, -4], [0, -2, -4]]
    assert curve.clipped_pairs == ((0, 1),)
    assert curve.clipped.tolist() == [False, True, False]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_name_their_frame(value):
    movie = moving_window(textured((1, 30, 30), 7), (1, 30, 30), [(0, 0, 0)] * 4, "float32")
    movie.pixels[2, 0, 0, 4, 5] = value
    with pytest.raises(BadInput, match="frame 2 holds pixels that are NaN or infinite"):
        measure_frames(movie)


class CountedFrames:
    """A movie generated while it is read, so that it is never in memory."""

    dtype = np.dtype("uint8")

    def __init__(self, length):
        self.shape = (length, 1, 1, 96, 96)
        self.ground = (255 * textured((1, 1, 110, 110), 8)).astype(np.uint8)
        self.read = []

    def frame(self, t):
        self.read.append(t)
        return self.ground[..., t % 9 : t % 9 + 96, t % 5 : t % 5 + 96].copy()


def test_frames_are_read_once_and_progress_is_told():
    movie, told = CountedFrames(12), []
    measure_frames(movie, on_pair=lambda *pair: told.append(pair))
    assert movie.read == list(range(12))
    assert told == list(measured_pairs(12))


def test_memory_does_not_grow_with_the_movie():
    peaks = []
    for length in (8, 8, 80):  # the first compiles and fills caches
        tracemalloc.start()
        measure_frames(CountedFrames(length))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]
