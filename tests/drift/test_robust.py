"""``--robust``: known drifts of movies on which something is wrong come back, and what it did is said."""

import json

import numpy as np
import pytest

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.inspection import Inspection
from cpretrain.drift.judgement import judge
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.curve import DriftCurve, RobustFacts
from cpretrain.registration.measure import measure_drift
from cpretrain.settings.drift import DriftSettings
from tests.support.drifting_movies import (
    EDGE,
    fault,
    half_pixels,
    healthy,
    hot_pixels,
    jump_at_low_signal,
    moved,
    smooth,
    spoilt,
    stored,
    walk,
)

ROBUST = DriftSettings(engine="native", robust=True)


def jumps():
    drift = walk(16, 2)
    drift[8:] += (70, -40)
    return moved(drift, 3), drift


ROWS = {
    # name: (movie, frames within a pixel, frames bridged at most)
    "time stamp and scale bar": (lambda: fault("timestamp"), 10, ()),
    "hot pixels": (hot_pixels, 12, ()),
    "one black frame": (lambda: fault("one_black_frame"), 9, (4,)),
    "slow drift": (lambda: fault("slow_drift"), 30, ()),
    "animals in a still dish": (lambda: fault("polyp"), 3, ()),
    "half a pixel a frame": (half_pixels, 16, ()),
    "denoised, sigma 1.5": (lambda: smooth(1.5, True), 12, ()),
    "denoised, sigma 3": (lambda: smooth(3, True), 12, ()),
    "oversampled, sigma 3": (lambda: smooth(3, False), 12, ()),
    "four black frames": (lambda: spoilt("black"), 20, (5, 6, 13, 20)),
    "a flash": (lambda: spoilt("flash"), 23, (7,)),
    "overexposed": (lambda: spoilt("overexposed"), 23, (7,)),
    "a frame of noise": (lambda: spoilt("noise"), 23, (9,)),
    "out of focus": (lambda: spoilt("defocused"), 22, (10, 11)),
    "a jump at low signal": (jump_at_low_signal, 30, ()),
    "jumps of 70 pixels": (jumps, 16, ()),
    **{
        kind: (lambda kind=kind: healthy(kind), 20, ())
        for kind in ("moving", "still", "bleaching", "flicker", "uneven light and dust")
    },
}  # fmt: skip


def errors(curve, drift):
    return np.abs(curve.drift[:, 1:] - drift).max(axis=1)


@pytest.mark.parametrize("name", ROWS)
def test_known_drift_comes_back(name):
    make, within, bridged = ROWS[name]
    pixels, drift = make()
    pixels = np.clip(np.round(pixels * 1.0), 0, 65535)
    movie = pixels.astype(np.uint8 if pixels.max() < 256 else np.uint16)[:, None, None]
    curve = measure_drift(movie, settings=ROBUST)
    relied = [t for t in range(len(drift)) if t not in curve.bridged]
    assert errors(curve, drift)[relied].max() <= 1
    assert (errors(curve, drift) <= 1).sum() >= within
    assert set(curve.bridged) <= set(bridged)
    assert curve.clipped_pairs == ()
    if name != "a jump at low signal":  # which noise makes imprecise
        assert curve.uncertain_pairs == ()


def test_what_was_left_out_and_chosen_is_recorded(tmp_path):
    movie = stored(tmp_path / "raw" / "a.tif", hot_pixels()[0])
    [corrected] = correct_drift(movie, settings=ROBUST).done
    record = json.loads((tmp_path / "corrected" / "a.json").read_text(encoding="utf-8"))
    said = record["robust"]
    assert said["rests_on"] in ("mean of all frames", "pairs of frames")
    assert said["pixels_left_out"] >= 150
    assert said["pairs"] > 20
    assert record["agreement"]["after"] > record["agreement"]["before"]
    [warning] = corrected.warnings
    assert "was left out of the measurement: look at" in warning
    assert (tmp_path / "corrected" / "a.mask.png").is_file()


def test_nothing_is_said_where_nothing_is_wrong(tmp_path):
    [corrected] = correct_drift(
        stored(tmp_path / "raw" / "a.tif", healthy("moving")[0]), settings=ROBUST
    ).done
    assert corrected.warnings == ()


def test_large_shifts_are_taken_and_named(tmp_path):
    pixels, _ = jumps()
    movie = stored(tmp_path / "raw" / "a.tif", pixels)
    [corrected] = correct_drift(movie, settings=ROBUST).done
    assert corrected.curve.large_pairs == ((7, 8),)
    assert (
        "moved further than max_shift=(10, 10, 10), by up to 71 pixels, as measured" in corrected.warnings[0]
    )
    still_in_y = measure_drift(movie, settings=ROBUST.replace(max_shift=(20, 0, 0)))
    assert not still_in_y.drift[:, 1].any()
    assert np.array_equal(still_in_y.drift[:, 2], corrected.curve.drift[:, 2])


def test_a_sample_that_looks_different_from_one_frame_on():
    drift = walk(6, 3)
    pixels = np.concatenate([moved(drift, 1), moved(drift, 9)])
    curve = measure_drift(np.round(pixels).astype(np.uint16)[:, None, None], settings=ROBUST)
    assert errors(curve, np.concatenate([drift, drift + curve.drift[6, 1:]])).max() <= 1
    assert curve.uncertain_pairs == ((5, 6),)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 1, 1, 60, 60), np.uint8), np.full((2, 1, 1, 9, 9), 7, np.uint16)]
)
def test_empty_movies_are_not_moved(pixels):
    curve = measure_drift(pixels, settings=ROBUST)
    assert not curve.drift.any()
    assert len(curve.uncertain_pairs) == len(pixels) - 1


def test_noise_alone_is_uncertain_or_not_moved():
    pixels = np.random.default_rng(0).integers(0, 200, (12, 1, 1, 90, 90)).astype(np.uint8)
    curve = measure_drift(pixels, settings=ROBUST)
    moved = np.flatnonzero(np.abs(np.diff(curve.drift, axis=0)).max(axis=1) > 1)
    flagged = {t for t in range(12) if t in curve.bridged or (t, t + 1) in curve.uncertain_pairs}
    assert all(t in flagged or t + 1 in curve.bridged for t in moved)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_volume(dtype):
    rng = np.random.default_rng(0)
    scene = rng.integers(1, 250, (24, 150, 150)).astype(dtype)
    drift = np.array([[0, 0, 0], [1, 3, -2], [2, 2, 1], [0, -3, 24]])
    frames = [scene[6 - z :, 40 - y :, 40 - x :][:12, :80, :90] for z, y, x in drift]
    assert np.array_equal(measure_drift(np.stack(frames)[:, :, None], settings=ROBUST).drift, drift)


@pytest.mark.parametrize(
    "options",
    [{"reference": "mean"}, {"multi_time_scale": True}, {"roi": (0, 0, 9, 9)}, {"shifts": "a.csv"}],
)
def test_what_does_not_go_with_it(tmp_path, options):
    with pytest.raises(BadInput, match="makes no sense"):
        correct_drift(tmp_path, settings=ROBUST.replace(**options))


def test_it_is_refused_with_the_plugin_and_never_chosen_by_itself(tmp_path, capsys):
    with pytest.raises(BadInput, match="robust=: the plugin in Fiji has no such option"):
        correct_drift(tmp_path, settings=DriftSettings(engine="fiji", robust=True))
    movie = stored(tmp_path / "raw" / "a.tif", healthy("moving")[0])
    [corrected] = correct_drift(movie, settings=DriftSettings(robust=True)).done
    assert corrected.engine == "native"
    assert "because the plugin has no robust" in capsys.readouterr().err
    assert not DriftSettings().robust


def test_a_curve_that_follows_what_passes_is_told_and_a_roi_beside_it_mends_it():
    drift, (y, x) = walk(10), np.mgrid[:EDGE, :EDGE]
    pixels = moved(drift)
    pixels += [3000 * (np.hypot(y - 40, x - 12 * t) < 30) for t in range(10)]
    movie = ArrayFrames(np.clip(pixels, 0, 65535).astype(np.uint16)[:, None, None])
    wrong = np.vstack([drift[:4], drift[4:] + [(0, 12 * t) for t in range(1, 7)]])
    curve = DriftCurve(
        np.column_stack([0 * wrong[:, 0], wrong]).astype(np.float32), robust=RobustFacts("pairs", 9)
    )
    inspection = Inspection(movie, ROBUST, curve)
    for t in range(10):
        inspection.add(t, movie.frame(t))
    [finding] = [
        each for each in judge(curve, inspection.result(), ROBUST, None) if each.kind == "only a part moved"
    ]
    assert finding.frames == tuple(range(4, 10))
    assert "roi= and without robust=True" in finding.message
    beside = DriftSettings(engine="native", roi=(0, 80, EDGE, EDGE - 80))
    assert (errors(measure_drift(movie, settings=beside), drift) <= 1).all()
