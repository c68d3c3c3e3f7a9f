"""Parsing of the plugin's output; the texts are recorded from Correct_3D_Drift 1.0.7."""

from pathlib import Path

import numpy as np
import pytest

from fiji_bridge.plugin_log import clipped_in, complaint_in, drift_in, drift_in_file, frames_in

FAULTS = Path(__file__).parents[1] / "data" / "faults"

CLIPPED = """\
Correct_3D_Drift
  computing drift...
    at frame shifts of 1
      between frames 1 and 2
Too large drift along dimension 1:  -8; restricting to -3
      between frames 2 and 3
Too large drift along dimension 0:  -9; restricting to -3
Too large drift along dimension 1:  -5; restricting to -3
      between frames 3 and 4
      between frames 3 and 4
    at frame shifts of 3
      between frames 1 and 4
Too large drift along dimension 2:  7; restricting to 3
  applying shifts...
New dimensions: 200 209 1
    frame 1 correcting drift 0,0,0
    frame 2 correcting drift 0,-3,0
    frame 3 correcting drift -3,-6,0
    frame 4 correcting drift -4,-8,12
"""
SUB_PIXEL = """\
    frame 1 correcting drift 0.0,0.0,0.0
    frame 2 correcting drift -0.5,-8.0,1.25
    frame 3 correcting drift -0.67,1e-05,-1.5E-3
"""
SAVED = (
    "ROI zero-based\nx_min\ty_min\tz_min\tx_max\ty_max\tz_max\n0\t0\t0\t198\t200\t0\nShifts\ndx\tdy\tdz\n"
    "-0.0\t-0.0\t-0.0\n0.25\t6.25\t-0.0\n0.166666656733\t11.1666669846\t3.0"
)
ONE_FRAME = """\
Correct_3D_Drift
Cannot register because there is only one time frame.
Please check [Image > Properties...].
"""
NULL = """\
      between frames 1 and 2
Traceback (most recent call last):
Caused by: java.lang.NullPointerException: Cannot invoke "[I.clone()" because "this.position" is null
\tat mpicbg.imglib.algorithm.fft.PhaseCorrelationPeak.getPosition(PhaseCorrelationPeak.java:74)
\t... 40 more
"""


def test_drift_is_z_y_x_of_each_frame():
    drift = drift_in(CLIPPED, 4)
    assert drift.dtype == np.float32
    np.testing.assert_array_equal(drift, [[0, 0, 0], [0, -3, 0], [0, -6, -3], [12, -8, -4]])


def test_fractions_and_exponents():
    expected = np.array([[0, 0, 0], [1.25, -8, -0.5], [-1.5e-3, 1e-5, -0.67]], np.float32)
    np.testing.assert_array_equal(drift_in(SUB_PIXEL, 3), expected)


@pytest.mark.parametrize(("text", "frames"), [("", 1), (CLIPPED, 5), (ONE_FRAME, 2)])
def test_a_log_that_does_not_name_every_frame_has_no_drift(text, frames):
    assert drift_in(text, frames) is None


@pytest.mark.parametrize("number", ["-2..5", "..", "-", "1.2.3", "1e999", "-1e400", "nan", "Infinity", "1e"])
def test_a_drift_that_is_no_number_is_no_drift(number):
    log = f"frame 1 correcting drift 0,0,0\n  frame 2 correcting drift 1.0,{number},0\n"
    assert drift_in(log, 2) is None
    assert drift_in_file(f"dx dy dz\n0 0 0\n1.5 {number} 0\n") is None
    assert set(frames_in(log)) <= {0, 1}


@pytest.mark.parametrize(("number", "value"), [("-2.5", -2.5), ("2.", 2), (".5", 0.5), ("1e+02", 100)])
def test_forms_of_a_number(number, value):
    drift = drift_in(f"frame 1 correcting drift {number},0,0\n", 1)
    np.testing.assert_array_equal(drift, [[0, 0, value]])


def test_a_frame_number_of_thousands_of_digits_is_none():
    digits = "9" * 5000
    log = f"between frames 1 and {digits}\n frame {digits} correcting drift 0,0,0\nToo large drift along dimension 0\n"
    assert drift_in(log, 1) is None
    assert list(frames_in(log)) == [] and clipped_in(log) == ()


def test_the_log_that_the_fuzzer_found():
    """``-2..5`` was taken for a number."""
    log = (FAULTS / "plugin_log_two_dots.txt").read_text()
    assert drift_in(log, 2) is None
    np.testing.assert_array_equal(drift_in_file(log), [[0, 0, 0], [0, 2, -1.5]])
    assert clipped_in(log) == ((0, 1),)


def test_pairs_cut_to_max_shift_count_once():
    assert clipped_in(CLIPPED) == ((0, 1), (1, 2), (0, 3))


def test_saved_shifts_are_the_negative_of_the_drift():
    expected = np.array([[0, 0, 0], [0, -6.25, -0.25], [-3, -11.1666669846, -0.166666656733]], np.float32)
    drift = drift_in_file(SAVED)
    np.testing.assert_array_equal(drift, expected)
    assert not np.signbit(drift[0]).any()


@pytest.mark.parametrize("text", ["", "dx\tdy\tdz\n1\t2\n", "dx\tdy\tdz\na\tb\tc\n", "1\t2\t3\n"])
def test_a_file_without_shifts_has_no_drift(text):
    assert drift_in_file(text) is None


def test_frames_reported_on():
    assert list(frames_in(CLIPPED)) == [1, 2, 3, 3, 3, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE_FRAME, "Cannot register because there is only one time frame."),
        (NULL, "NullPointerException: Cannot invoke"),
        ("Your image only has 1 z-planes, please adapt your z-range.\n", "please adapt your z-range"),
        ("Correct_3D_Drift\n", ""),
    ],
)
def test_the_line_that_says_what_went_wrong(text, said):
    complaint = complaint_in(text)
    assert said in complaint
    assert bool(complaint) == bool(said)
