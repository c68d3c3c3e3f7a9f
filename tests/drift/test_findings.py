"""Faults of a drift are reported with the option that helps; without faults, nothing is reported."""

import csv
import json
import os
import warnings

import numpy as np
import pytest

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.pair_certainty import with_certainty
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift
from cpretrain.settings.drift import DriftSettings
from tests.support.drifting_movies import (
    fault,
    half_pixels,
    healthy,
    hot_pixels,
    jump_at_low_signal,
    smooth,
    spoilt,
    stored,
    walk,
)

NATIVE = DriftSettings(engine="native")
OPTIONS = {
    "refine=True": {"refine": True},
    "bridge=True": {"bridge": True},
    "multi_time_scale=True": {"multi_time_scale": True},
    'reference="mean"': {"reference": "mean"},
}
HELD = "held by something static"
ROWS = {
    # name: (movie, kind of finding, the option named, frames within a pixel before and at least with it)
    "movies-9: time stamp and scale bar": (lambda: fault("timestamp"), HELD, "mask=", 1, 10),
    "200 hot pixels": (hot_pixels, HELD, "mask=", 2, 12),
    "movies-10: one black frame": (lambda: fault("one_black_frame"), "empty", "bridge=True", 4, 10),
    "movies-11: slow drift": (lambda: fault("slow_drift"), "slow drift", "multi_time_scale=True", 4, 30),
    "movies-13: animals in a still dish": (lambda: fault("polyp"), "made worse", 'reference="mean"', 2, 3),
    "half a pixel a frame": (half_pixels, "slow drift", "multi_time_scale=True", 3, 15),
    "denoised, sigma 1.5": (lambda: smooth(1.5, True), "off by a pixel", "refine=True", 11, 12),
    "denoised, sigma 3": (lambda: smooth(3, True), "off by a pixel", "refine=True", 1, 12),
    "oversampled, sigma 1.5": (lambda: smooth(1.5, False), "off by a pixel", "refine=True", 2, 12),
    "oversampled, sigma 3": (lambda: smooth(3, False), "off by a pixel", "refine=True", 2, 12),
    "four black frames": (lambda: spoilt("black"), "empty", "bridge=True", 5, 23),
    "a flash": (lambda: spoilt("flash"), "saturated", "bridge=True", 7, 24),
    "an overexposed frame": (lambda: spoilt("overexposed"), "saturated", "bridge=True", 7, 24),
    "a frame of noise": (lambda: spoilt("noise"), "empty", "bridge=True", 9, 24),
    "two frames out of focus": (lambda: spoilt("defocused"), "out of focus", "bridge=True", 24, 23),
    "a jump at low signal": (jump_at_low_signal, "uncertain", 'reference="mean"', 15, 20),
}  # fmt: skip


def within_a_pixel(curve, drift):
    return int((np.abs(curve.drift[:, 1:] - drift).max(axis=1) <= 1).sum())


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_is_said_and_the_option_named_mends_it(tmp_path, capsys, name):
    make, kind, option, before, mended = ROWS[name]
    pixels, drift = make()
    movie = stored(tmp_path / "raw" / "a.tif", pixels)
    [corrected] = correct_drift(movie, out=tmp_path / "out", settings=NATIVE).done
    assert within_a_pixel(corrected.curve, drift) <= before
    record = json.loads((tmp_path / "out" / "a.json").read_text(encoding="utf-8"))
    [finding] = record["warnings"]
    assert finding["kind"] == kind
    assert option in finding["message"]
    assert "max-shift" not in finding["message"]
    assert corrected.warnings == (finding["message"],)
    assert f"warning: a.tif: {finding['message']}" in capsys.readouterr().err
    with open(tmp_path / "out" / "a.shifts.csv", newline="", encoding="utf-8") as table:
        notes = {int(row["frame"]) for row in csv.DictReader(table) if kind in row["note"]}
    assert notes == set(finding["frames"])
    options = {"mask": tmp_path / "out" / "a.mask.png"} if option == "mask=" else OPTIONS[option]
    [again] = correct_drift(movie, out=tmp_path / "again", settings=NATIVE.replace(**options)).done
    assert within_a_pixel(again.curve, drift) >= mended
    after = json.loads((tmp_path / "again" / "a.json").read_text(encoding="utf-8"))
    assert not any(option in warning for warning in again.warnings)
    if option != "mask=":  # which leaves less to compare
        assert after["agreement"]["after"] >= record["agreement"]["after"]


@pytest.mark.parametrize(
    "kind",
    ["moving", "still", "bleaching", "flicker", "uneven light and dust", "bright background that stays"],
)
def test_nothing_is_said_of_a_movie_that_is_right(tmp_path, capsys, kind):
    pixels, drift = healthy(kind)
    [corrected] = correct_drift(stored(tmp_path / "raw" / "a.tif", pixels), settings=NATIVE).done
    assert within_a_pixel(corrected.curve, drift) == 20
    assert corrected.warnings == ()
    assert "warning" not in capsys.readouterr().err
    record = json.loads((tmp_path / "corrected" / "a.json").read_text(encoding="utf-8"))
    assert record["agreement"]["after"] >= record["agreement"]["before"]
    assert not (tmp_path / "corrected" / "a.mask.png").exists()


def test_a_nonsense_shift_makes_it_worse(tmp_path):
    pixels, _ = fault("polyp")
    movie = stored(tmp_path / "raw" / "a.tif", pixels)
    far = NATIVE.replace(keep_large_shifts=True)
    [corrected] = correct_drift(movie, settings=far).done
    assert np.abs(corrected.curve.drift).max() > 200
    assert "too little to tell whether the correction made things worse" in corrected.warnings[0]
    assert 'reference="mean"' in corrected.warnings[0]


def test_shifts_of_another_movie_make_it_worse(tmp_path):
    pixels, _ = healthy("moving")
    stored(tmp_path / "raw" / "a.tif", pixels)
    stored(tmp_path / "raw" / "b.tif", pixels[::-1])
    [first, _] = correct_drift(tmp_path / "raw", settings=NATIVE).done
    table = NATIVE.replace(shifts=tmp_path / "corrected" / "a.shifts.csv")
    [right] = correct_drift(first.source, out=tmp_path / "right", settings=table).done
    [wrong] = correct_drift(tmp_path / "raw" / "b.tif", out=tmp_path / "wrong", settings=table).done
    assert right.warnings == ()
    assert "whether the table of shifts belongs to this movie" in wrong.warnings[0]


def test_warnings_are_in_the_table_of_the_batch_and_told_again_by_a_rerun(tmp_path, capsys):
    for name in ("one_black_frame", "slow_drift"):
        stored(tmp_path / "raw" / f"{name}.tif", fault(name)[0])
    said = [movie.warnings for movie in correct_drift(tmp_path / "raw", settings=NATIVE).done]
    with open(tmp_path / "corrected" / "batch.csv", newline="", encoding="utf-8") as table:
        assert [row["warnings"] for row in csv.DictReader(table)] == ["; ".join(one) for one in said]
    capsys.readouterr()
    again = correct_drift(tmp_path / "raw", settings=NATIVE).done
    assert [movie.engine for movie in again] == ["unchanged"] * 2
    assert [movie.warnings for movie in again] == said
    told = capsys.readouterr().err
    assert all(message in told for one in said for message in one)


@pytest.mark.parametrize("make", [lambda: fault("one_black_frame"), lambda: spoilt("noise")])
def test_frames_alone_tell_what_is_uncertain_whichever_engine_measured(tmp_path, make):
    movie = stored(tmp_path / "a.tif", make()[0])
    native = measure_drift(movie)
    unjudged = DriftCurve(native.drift, native.clipped_pairs)  # as the plugin gives it
    with TimeLapse(movie) as opened:
        judged = with_certainty(opened, unjudged, DriftSettings(engine="fiji"))
        assert judged.uncertain_pairs == native.uncertain_pairs != ()
        unjudged.drift[3:] += (
            5  # on a pair without an answer the engines may differ: then it is uncertain too
        )
        assert (2, 3) in with_certainty(opened, unjudged, DriftSettings(engine="fiji")).uncertain_pairs


@pytest.mark.parametrize("options", [{"refine": True}, {"bridge": True}], ids=["refine=True", "bridge=True"])
def test_what_only_the_native_engine_can_is_refused_with_the_plugin(tmp_path, options):
    stored(tmp_path / "raw" / "a.tif", healthy("still")[0])
    with pytest.raises(BadInput, match="the plugin in Fiji has no such option"):
        correct_drift(tmp_path / "raw", settings=DriftSettings(engine="fiji", **options))
    [movie] = correct_drift(tmp_path / "raw", settings=DriftSettings(**options)).done
    assert movie.engine == "native"


def test_a_proposed_mask_never_replaces_one_in_use(tmp_path):
    movie = stored(tmp_path / "raw" / "a.tif", fault("timestamp")[0])
    correct_drift(movie, settings=NATIVE)
    mask = tmp_path / "corrected" / "a.mask.png"
    before = mask.read_bytes()
    [again] = correct_drift(movie, settings=NATIVE.replace(mask=mask)).done
    assert mask.read_bytes() == before
    assert not any("mask=" in warning for warning in again.warnings)
    [unchanged] = correct_drift(movie, settings=NATIVE.replace(mask=mask)).done
    assert unchanged.engine == "unchanged"


def test_a_damaged_mask(tmp_path):
    movie = stored(tmp_path / "raw" / "a.tif", healthy("still")[0])
    (tmp_path / "mask.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    with pytest.raises(BadInput, match="cannot be read as a PNG"):
        correct_drift(movie, settings=NATIVE.replace(mask=tmp_path / "mask.png"))


@pytest.mark.parametrize("name", ["細胞の動画", "细胞", "فيلم الخلايا", "🧬 film", "Zellen ü"])
def test_names_of_every_script_are_drawn_without_boxes(tmp_path, capsys, caplog, name):
    movie = stored(tmp_path / "raw" / f"{name}.tif", healthy("still")[0][:4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        correct_drift(movie, settings=NATIVE)
    assert (tmp_path / "corrected" / f"{name}.drift.png").is_file()
    assert capsys.readouterr().err == ""
    assert caplog.text == ""


def test_two_frames_and_empty_movies_are_told_without_stumbling(tmp_path):
    pixels = healthy("moving")[0]
    [two] = correct_drift(stored(tmp_path / "raw" / "two.tif", pixels[:2]), settings=NATIVE).done
    assert two.warnings == ()
    [empty] = correct_drift(stored(tmp_path / "raw" / "empty.tif", pixels * 0), settings=NATIVE).done
    assert "are empty" in empty.warnings[0]


def test_shifts_beyond_max_shift_are_told_where_they_are_certain(tmp_path):
    drift = walk(6)
    drift[3:] += 15
    from tests.support.drifting_movies import moved

    [far] = correct_drift(stored(tmp_path / "raw" / "a.tif", moved(drift)), settings=NATIVE).done
    assert (
        "1 pair of frames (2–3) moved further than max_shift=(10, 10, 10), and the shift was cut: raise it"
        in far.warnings
    )


@pytest.mark.fiji
@pytest.mark.parametrize(
    "make", [lambda: fault("one_black_frame"), lambda: spoilt("noise"), lambda: smooth(2, True)]
)
def test_the_plugin_gets_the_same_warnings(tmp_path, make):
    if not os.environ.get("FIJI_HOME"):
        pytest.skip("needs a real Fiji: set FIJI_HOME to its folder")
    movie = stored(tmp_path / "raw" / "a.tif", make()[0])
    [native] = correct_drift(movie, out=tmp_path / "native", settings=NATIVE).done
    [plugin] = correct_drift(movie, out=tmp_path / "plugin", settings=DriftSettings(engine="fiji")).done
    assert plugin.curve.uncertain_pairs == native.curve.uncertain_pairs
    said = [warning.replace('engine="native", ', "") for warning in plugin.warnings]
    assert said == list(native.warnings) != []
