"""Options of the native engine beyond the plugin's: other references, shifts from elsewhere, cropping."""

import json

import numpy as np
import pytest
import tifffile
from scipy.ndimage import shift as moved

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.shifts_table import read_shifts, write_shifts
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import ArrayFrames, TimeLapse
from cpretrain.registration.checks import beyond_plugin, check_options
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.previous_frame import measure_frames
from cpretrain.registration.reference_frame import measure_against_reference
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings
from tests.support.movies import DRIFT, NATIVE, write_movie

FAR = [(0, 0, 0), (0, 9, -8), (0, 18, -15), (0, 27, -20), (0, 34, -28), (0, 40, -36)]
DEEP = [(0, 0, 0), (1, 3, -2), (2, 2, 1), (0, -3, 4)]


def seen(drift, size=(1, 60, 70), dtype="uint16"):
    """Return frames of a sharp scene that moves by `drift` (z, y, x)."""
    z, y, x = size
    scene = np.random.default_rng(0).integers(1, 250, (z + 12, y + 90, x + 90)).astype(dtype)
    frames = [scene[6 - a :, 45 - b :, 45 - c :][:z, :y, :x] for a, b, c in drift]
    return ArrayFrames(np.stack(frames)[:, :, np.newaxis])


@pytest.mark.parametrize("reference", ["first", "mean"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("drift", "size"), [(FAR[:4], (1, 60, 70)), (DEEP, (12, 30, 33))])
def test_known_drift_against_a_reference(reference, dtype, drift, size):
    curve = measure_against_reference(seen(drift, size, dtype), DriftSettings(reference=reference))
    assert np.array_equal(curve.drift, np.array(drift))
    assert curve.clipped_pairs == curve.uncertain_pairs == ()


def test_running_mean_follows_the_sample_out_of_the_first_field_of_view():
    drift = [(0, 9 * t, -9 * t) for t in range(5)]
    curve = measure_against_reference(seen(drift, (1, 30, 36)), DriftSettings(reference="mean"))
    assert np.array_equal(curve.drift, np.array(drift))


def test_the_first_frame_as_reference_does_not_add_up_errors():
    scene = np.random.default_rng(1).normal(100, 20, (90, 90))
    true = 0.3 * np.arange(12)
    frames = [moved(scene, (y, 0), order=3, mode="wrap")[10:70, 10:70] for y in true]
    movie = ArrayFrames(np.stack(frames).astype(np.float32)[:, None, None])
    curve = measure_against_reference(movie, DriftSettings(reference="first"))
    assert np.abs(curve.drift[:, 1] - true).max() < 0.75
    assert np.abs(measure_frames(movie).drift[:, 1] - true).max() > 2


@pytest.mark.parametrize("reference", ["first", "mean"])
def test_max_shift_limits_how_far_a_frame_moves_from_the_one_before(reference):
    movie = seen([(0, 0, 0), (0, 15, 0), (0, 15, 0)])
    curve = measure_against_reference(movie, DriftSettings(reference=reference))
    assert curve.drift[:, 1].tolist() == [0, 10, 15]
    assert curve.clipped_pairs == ((0, 1),)


@pytest.mark.parametrize("reference", ["previous", "first", "mean"])
def test_large_shifts_are_kept_and_named_where_that_is_asked_for(reference):
    drift = [(0, 0, 0), (0, 15, 0), (0, 15, 11), (0, 14, 11)]
    settings = DriftSettings(reference=reference, keep_large_shifts=True)
    curve = measure_frames(seen(drift), settings)
    assert np.array_equal(curve.drift, np.array(drift))
    assert (curve.clipped_pairs, curve.large_pairs) == ((), ((0, 1), (1, 2)))
    assert curve.large.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (
            False,
            "1 pair of frames (0–1) moved further than max_shift=(10, 10, 10), and the shift was cut: raise it",
        ),
        (
            True,
            "1 pair of frames (0–1) moved further than max_shift=(10, 10, 10), by up to 15 pixels, as measured",
        ),
    ],
)
def test_one_warning_says_how_many_pairs_and_how_far(tmp_path, capsys, keep, said):
    write_movie(tmp_path / "raw" / "a.tif", np.array([[0, 0], [15, -12], [15, -11]]))
    correct_drift(tmp_path / "raw", settings=NATIVE.replace(keep_large_shifts=keep))
    assert f"warning: a.tif: {said}\n" in capsys.readouterr().err
    record = json.loads((tmp_path / "corrected" / "a.json").read_text(encoding="utf-8"))
    assert (record["large_pairs"], record["clipped_pairs"]) == ([[0, 1]], [])[:: 1 if keep else -1]


def test_uncertain_pairs_are_told_marked_and_read_again(tmp_path, capsys):
    write_movie(tmp_path / "raw" / "a.tif")
    frames = tifffile.imread(tmp_path / "raw" / "a.tif")
    frames[2] = np.random.default_rng(9).integers(0, 250, frames[2].shape)
    tifffile.imwrite(tmp_path / "raw" / "a.tif", frames, imagej=True, metadata={"axes": "TYX"})
    [movie] = correct_drift(tmp_path / "raw", settings=NATIVE).done
    assert movie.curve.uncertain_pairs == ((1, 2), (2, 3))
    assert "2 pairs of frames (1–2, 2–3) are uncertain" in capsys.readouterr().err
    assert read_shifts(tmp_path / "corrected" / "a.shifts.csv").uncertain_pairs == ((1, 2), (2, 3))


def test_a_table_that_does_not_say_what_is_uncertain(tmp_path):
    write_shifts(tmp_path / "plugin.csv", DriftCurve(np.zeros((2, 3), np.float32)))
    (tmp_path / "older.csv").write_text(
        "frame,drift_z,drift_y,drift_x,clipped\n0,0,0,0,False\n1,0,0,0,True\n"
    )
    assert read_shifts(tmp_path / "plugin.csv").uncertain_pairs is None
    older = read_shifts(tmp_path / "older.csv")
    assert (older.clipped_pairs, older.uncertain_pairs) == (((0, 1),), None)


def test_roi_follows_the_drift_against_the_first_frame():
    movie = seen(FAR[:4])
    curve = measure_against_reference(movie, DriftSettings(reference="first", roi=(25, 5, 40, 30)))
    assert np.array_equal(curve.drift, np.array(FAR[:4]))


@pytest.mark.parametrize("reference", ["first", "mean"])
def test_frames_that_are_no_numbers_are_named(reference):
    movie = seen(FAR[:4], dtype="float32")
    movie.pixels[2, 0, 0, 3, 3] = np.nan
    with pytest.raises(BadInput, match="frame 2 holds pixels that are NaN"):
        measure_against_reference(movie, DriftSettings(reference=reference))


@pytest.mark.parametrize("reference", ["previous", "first", "mean"])
def test_reference_from_file_to_file(tmp_path, reference):
    write_movie(tmp_path / "raw" / "a.tif")
    [movie] = correct_drift(tmp_path / "raw", settings=NATIVE.replace(reference=reference)).done
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)


def test_crop_to_valid_keeps_what_every_frame_covers(tmp_path):
    frames = write_movie(tmp_path / "raw" / "a.tif")
    correct_drift(tmp_path / "raw", settings=NATIVE.replace(crop_to_valid=True))
    with TimeLapse(tmp_path / "corrected" / "a.tif") as movie:
        assert movie.shape == (4, 1, 1, 80 - 5, 90 - 6)
        corrected = np.stack([movie.frame(t)[0, 0] for t in range(4)])
    assert (corrected == corrected[0]).all()
    assert np.array_equal(corrected[0], frames[0][: 80 - 5, 2 : 90 - 4])
    record = json.loads((tmp_path / "corrected" / "a.json").read_text(encoding="utf-8"))
    assert record["agreement"]["after"] == pytest.approx(1)


def test_a_drift_larger_than_a_frame_leaves_nothing_to_keep(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    write_shifts(tmp_path / "far.csv", DriftCurve(np.array([[0, 0, 30 * t] for t in range(4)], np.float32)))
    settings = NATIVE.replace(crop_to_valid=True, shifts=tmp_path / "far.csv")
    with pytest.raises(BadInput, match="no pixel lies in all frames"):
        correct_drift(tmp_path / "raw", settings=settings)


@pytest.mark.parametrize("as_folder", [True, False])
def test_drift_of_one_movie_corrects_another(tmp_path, as_folder):
    write_movie(tmp_path / "raw" / "a.tif")
    correct_drift(tmp_path / "raw", settings=NATIVE)
    dark = tmp_path / "dark" / "a.tif"
    dark.parent.mkdir()
    empty = np.zeros((4, 80, 90), np.uint16)
    empty[np.arange(4), 40 + DRIFT[:, 0], 40 + DRIFT[:, 1]] = 7
    tifffile.imwrite(dark, empty, imagej=True, metadata={"axes": "TYX"})
    measured = tmp_path / "corrected"
    shifts = measured if as_folder else measured / "a.shifts.csv"
    [movie] = correct_drift(dark, out=tmp_path / "out", settings=NATIVE.replace(shifts=shifts)).done
    assert np.array_equal(movie.curve.drift[:, 1:], DRIFT)
    with TimeLapse(movie.corrected) as corrected:
        places = [np.argwhere(corrected.frame(t)[0, 0] == 7).tolist() for t in range(4)]
    assert places == [[[45, 44]]] * 4
    record = json.loads((tmp_path / "out" / "a.json").read_text(encoding="utf-8"))
    assert "corrected/a.shifts.csv" in record["inputs"]


@pytest.mark.parametrize(("sub_pixel", "expected"), [(False, [0, 3, -2]), (True, [0, 3, -1.5])])
def test_drift_of_a_smaller_movie_is_scaled(tmp_path, sub_pixel, expected):
    write_movie(tmp_path / "raw" / "a.tif", DRIFT[:3])
    write_shifts(tmp_path / "s.csv", DriftCurve(np.array([[0, 0, 0], [0, 2, 0], [0, 0, -0.5]], np.float32)))
    settings = NATIVE.replace(shifts=tmp_path / "s.csv", shifts_scale=(3, 1.5, 1), sub_pixel=sub_pixel)
    [movie] = correct_drift(tmp_path / "raw", settings=settings).done
    assert movie.curve.drift[:, 1].tolist() == [0, 3, 0]
    assert movie.curve.drift[2, 2] == expected[2]


def test_a_changed_table_of_shifts_is_applied_anew(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    for y in (1, 2):
        curve = DriftCurve(np.array([[0, y * t, 0] for t in range(4)], np.float32))
        write_shifts(tmp_path / "s.csv", curve)
        correct_drift(tmp_path / "raw", settings=NATIVE.replace(shifts=tmp_path / "s.csv"))
        assert np.array_equal(read_shifts(tmp_path / "corrected" / "a.shifts.csv").drift, curve.drift)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (3, "shifts of 3 frames, a movie of 4"),
        (None, "no such table of shifts"),
        (np.nan, "not finite"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, rows, message):
    write_movie(tmp_path / "raw" / "a.tif")
    if rows is not None:
        drift = np.zeros((rows, 3)) if rows == 3 else np.full((4, 3), rows)
        write_shifts(tmp_path / "s.csv", DriftCurve(drift.astype(np.float32)))
    with pytest.raises(BadInput, match=message):
        correct_drift(tmp_path / "raw", settings=NATIVE.replace(shifts=tmp_path / "s.csv"))


def test_the_table_that_is_applied_is_never_replaced(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    correct_drift(tmp_path / "raw", settings=NATIVE)
    before = (tmp_path / "corrected" / "a.shifts.csv").read_bytes()
    with pytest.raises(BadInput, match="would be replaced"):
        correct_drift(
            tmp_path / "raw", settings=NATIVE.replace(shifts=tmp_path / "corrected", shifts_scale=(2, 2, 1))
        )
    assert (tmp_path / "corrected" / "a.shifts.csv").read_bytes() == before


BEYOND = [
    ({"reference": "first"}, ["reference"]),
    ({"crop_to_valid": True, "shifts": "a.csv"}, ["shifts", "crop_to_valid"]),
    (
        {"mask": "a.tif", "ignore_padding": True, "keep_large_shifts": True},
        ["keep_large_shifts", "mask", "ignore_padding"],
    ),
]


@pytest.mark.parametrize(("options", "named"), BEYOND)
def test_options_that_the_plugin_lacks_are_refused_with_fiji(tmp_path, options, named):
    settings = DriftSettings(engine="fiji", **options)
    assert beyond_plugin(settings) == named
    with pytest.raises(
        BadInput, match=f"{', '.join(map(option, named))}: the plugin in Fiji has no such option"
    ):
        correct_drift(tmp_path, settings=settings)


def test_with_auto_they_choose_the_native_engine_and_say_so(tmp_path, capsys):
    write_movie(tmp_path / "raw" / "a.tif")
    [movie] = correct_drift(
        tmp_path / "raw", settings=DriftSettings(reference="first", crop_to_valid=True)
    ).done
    assert movie.engine == "native"
    said = capsys.readouterr().err
    assert "native engine, because the plugin has no reference= and no crop_to_valid=" in said


@pytest.mark.parametrize(
    "options",
    [
        {"shifts_scale": (2, 2, 1)},
        {"shifts": "a.csv", "reference": "first"},
        {"reference": "mean", "multi_time_scale": True},
        {"reference": "mean", "roi": (0, 0, 9, 9)},
        {"mask": __file__, "shifts": "a.csv"},
    ],
)
def test_options_that_exclude_each_other(options):
    with pytest.raises(BadInput, match="makes no sense"):
        check_options(DriftSettings(**options))
