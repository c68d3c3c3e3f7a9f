"""Shifts and pixels of the user's own plugin through the bridge equal those recorded without the bridge."""

import numpy as np
import pytest
import recorded

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.previous_frame import measure_frames

pytestmark = [pytest.mark.fiji, pytest.mark.slow]


@pytest.mark.parametrize("entry", recorded.entries(), ids=recorded.name)
def test_the_same_drift_and_the_same_pixels_as_recorded(session, entry):
    movie = recorded.movie(entry)
    if movie is None:
        pytest.skip(f"the movie {entry['case']} is not kept with the tests")
    done = session.correct_drift(movie, recorded.settings(entry))
    np.testing.assert_array_equal(done.drift, recorded.drift(entry))
    assert done.log.count("Too large drift") == entry["clipped_pairs"]
    assert bool(done.clipped_pairs) == bool(entry["clipped_pairs"])
    assert list(done.pixels.shape) == entry["output_shape_tzcyx"]
    assert done.pixels.dtype == entry["output_dtype"]
    assert recorded.sha256(done.pixels) == entry["output_sha256"]


CLIPPED = [entry for entry in recorded.entries() if entry["clipped_pairs"]]


@pytest.mark.parametrize("entry", CLIPPED, ids=recorded.name)
def test_both_engines_name_the_same_clipped_pairs(session, entry):
    native = measure_frames(recorded.movie(entry), recorded.settings(entry))
    done = session.correct_drift(recorded.movie(entry), recorded.settings(entry))
    assert done.clipped_pairs == native.clipped_pairs


VARIED = [
    entry
    for entry in recorded.entries()
    if entry["case"] in ("pc12", "known3d") and entry["options"]["max_shift_x"] == 60
]


@pytest.mark.parametrize("entry", VARIED, ids=recorded.name)
def test_with_the_virtual_stack_the_pixels_are_the_same(session, entry):
    done = session.correct_drift(recorded.movie(entry), recorded.settings(entry), virtual=True)
    assert recorded.sha256(done.pixels) == entry["output_sha256"]
    np.testing.assert_array_equal(done.drift, recorded.drift(entry))


@pytest.mark.parametrize("entry", VARIED, ids=recorded.name)
def test_only_computing_gives_the_drift_before_rounding(session, entry):
    done = session.correct_drift(recorded.movie(entry), recorded.settings(entry), only_compute=True)
    assert done.pixels is None
    printed = recorded.drift(entry)
    allowed = 0.0051 if entry["options"].get("sub_pixel") else 0.5
    assert np.abs(done.drift - printed).max() <= allowed


def test_big_endian_pixels_give_the_same(session):
    entry = next(entry for entry in recorded.entries() if entry["case"] == "pc12")
    swapped = ArrayFrames(recorded.movie(entry).pixels.astype(">u2"))
    done = session.correct_drift(swapped, recorded.settings(entry))
    assert recorded.sha256(done.pixels) == entry["output_sha256"]
