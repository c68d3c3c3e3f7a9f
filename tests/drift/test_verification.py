"""Both engines on one movie: equality is reported shift by shift and pixel by pixel."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.engine import Corrected
from cpretrain.drift.native_engine import NativeEngine
from cpretrain.drift.verification import compare
from cpretrain.errors import BadInput
from cpretrain.registration.curve import DriftCurve
from cpretrain.settings.drift import DriftSettings
from tests.support.movies import NATIVE, write_movie


def corrected(drift, pixels):
    return Corrected(DriftCurve(np.array(drift, np.float32)), pixels.shape, lambda: iter(pixels), {})


PIXELS = np.random.default_rng(0).integers(0, 250, (2, 1, 1, 10, 10)).astype(np.uint8)
OURS = corrected([(0, 0, 0), (0, 1, 2)], PIXELS)


def test_equal_results():
    found = compare(OURS, OURS)
    assert found.equal
    assert str(found) == "equal to the plugin: 2 of 2 shifts, 100.0000 % of the pixels, largest difference 0"


@pytest.mark.parametrize(
    ("drift", "sub_pixel", "equal"),
    [((0, 1, 3), False, 1), ((0, 1.004, 2), False, 1), ((0, 1.004, 2), True, 2), ((0, 1.01, 2), True, 1)],
)
def test_shifts_that_differ(drift, sub_pixel, equal):
    theirs = replace(OURS, curve=DriftCurve(np.array([(0, 0, 0), drift], np.float32)))
    found = compare(OURS, theirs, sub_pixel)
    assert (found.equal_shifts, found.equal) == (equal, equal == 2)


def test_pixels_that_differ():
    other = PIXELS.copy()
    other[1, 0, 0, 3, 3] ^= 255
    found = compare(OURS, corrected(OURS.curve.drift, other))
    assert (found.equal, found.equal_pixels) == (False, 1 - 1 / 200)
    assert found.largest_difference == abs(int(other[1, 0, 0, 3, 3]) - int(PIXELS[1, 0, 0, 3, 3]))


def test_sizes_that_differ():
    found = compare(OURS, corrected(OURS.curve.drift, PIXELS[..., :9]))
    assert (found.same_shape, found.equal) == (False, False)


@pytest.mark.parametrize(
    ("others", "largest", "sub_pixel", "equal"),
    [(1, 1, False, False), (1, 1, True, True), (1, 2, True, False), (3, 1, True, False)],
)
def test_interpolated_pixels_may_differ_by_rounding(others, largest, sub_pixel, equal):
    pixels = np.zeros((2, 1, 1, 10, 100), np.uint8)
    rounded = pixels.copy()
    rounded[1, 0, 0, 0, :others] = largest
    drift = OURS.curve.drift
    assert compare(corrected(drift, pixels), corrected(drift, rounded), sub_pixel).equal == equal


class DifferentEngine(NativeEngine):
    """Stands in for a plugin that answers differently, which the real one does for no known movie."""

    def correct(self, movie, settings):
        ours = super().correct(movie, settings)
        return replace(ours, curve=DriftCurve(ours.curve.drift + np.float32([0, 0, 1])))


def test_a_movie_on_which_the_engines_differ_fails_and_leaves_earlier_results(tmp_path, monkeypatch):
    for seed, name in enumerate("ab"):
        write_movie(tmp_path / "raw" / f"{name}.tif", seed=seed)
    correct_drift(tmp_path / "raw" / "a.tif", settings=NATIVE)
    earlier = {path.name: path.read_bytes() for path in (tmp_path / "corrected").iterdir()}
    monkeypatch.setattr("cpretrain.drift.fiji_engine.why_not", lambda _: "")
    monkeypatch.setattr("cpretrain.drift.fiji_engine.FijiEngine", lambda *_: DifferentEngine())
    batch = correct_drift(tmp_path / "raw", settings=NATIVE.replace(verify=1))
    assert [movie.source.name for movie in batch.done] == ["b.tif"]
    [(path, error)] = batch.failed.items()
    assert path.name == "a.tif"
    assert "the native engine is NOT equal to the plugin: 0 of 4 shifts" in str(error)
    assert 'engine="fiji"' in error.cure
    kept = {name: (tmp_path / "corrected" / name).read_bytes() for name in earlier}
    assert kept == earlier


def test_without_fiji_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.delenv("FIJI_HOME", raising=False)
    write_movie(tmp_path / "raw" / "a.tif")
    with pytest.raises(BadInput, match="nothing to compare with: no Fiji"):
        correct_drift(tmp_path / "raw", settings=NATIVE.replace(verify=1))
    assert not (tmp_path / "corrected").exists()


@pytest.mark.parametrize(
    "options", [{"engine": "fiji"}, {"engine": "auto"}, {"engine": "native", "reference": "first"}]
)
def test_only_what_both_engines_can_do_is_compared(tmp_path, options):
    with pytest.raises(BadInput, match="verify= compares the native engine with the plugin"):
        correct_drift(tmp_path, settings=DriftSettings(verify=1, **options))


@pytest.mark.skipif(not os.environ.get("FIJI_HOME"), reason="needs a real Fiji: set FIJI_HOME to its folder")
def test_native_engine_equals_a_real_fiji(tmp_path, capsys):
    for seed, name in enumerate("abc"):
        write_movie(tmp_path / "raw" / f"{name}.tif", seed=seed)
    done = correct_drift(tmp_path / "raw", settings=NATIVE.replace(verify=2)).done
    assert [movie.engine.partition(":")[0] for movie in done] == ["native, equal to the plugin"] * 2 + [
        "native"
    ]
    record = json.loads((tmp_path / "corrected" / "b.json").read_text(encoding="utf-8"))
    assert record["verification"]["equal"] is True
    assert capsys.readouterr().err.count("equal to the plugin: 4 of 4 shifts, 100.0000 %") == 2
