"""Rotation: known angles are recovered to a tenth of a degree, and undone."""

import csv
import json

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter

from cpretrain.drift.correction import correct_drift
from cpretrain.drift.shifts_table import read_shifts
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift
from cpretrain.registration.turning.pose import Pose, matrix, middle
from cpretrain.registration.undo import undo_drift
from cpretrain.registration.valid_area import covered_by_all
from cpretrain.settings.drift import DriftSettings
from tests.support.drifting_movies import field, healthy, stored, walk

ROTATION = DriftSettings(engine="native", rotation=True)
SIZE = 150, 170


def turned(angle, drift, number=3, noise=8, size=SIZE):
    """A field that turns about the middle of a window, anticlockwise on the screen, and moves: uint16 (T, Y, X)."""
    image, rng, frames = gaussian_filter(field(number), 0.7), np.random.default_rng(0), []
    for degrees, shift in zip(angle, drift, strict=True):
        back = matrix(-np.deg2rad(degrees))
        offset = np.array(image.shape) / 2 - back @ (middle(*size) + shift)
        frames.append(affine_transform(image, back, offset, size, order=3) + rng.normal(0, noise, size))
    return np.clip(np.round(frames), 0, 65535).astype(np.uint16)


ANGLES = {
    "slow": 0.35 * np.arange(12),
    "a tenth of a degree a frame": 0.1 * np.arange(12),
    "to and fro": 2 * np.sin(np.arange(12)),
    "a jump by 40 degrees": np.repeat([0, 40], 6),
    "a half turn": np.repeat([0, 170], 6),
}


@pytest.mark.parametrize("options", [{}, {"robust": True}, {"reference": "mean"}], ids=str)
@pytest.mark.parametrize("name", ANGLES)
def test_known_angles_come_back(name, options):
    angle, drift = ANGLES[name], walk(12, 2)
    curve = measure_drift(turned(angle, drift)[:, None, None], settings=ROTATION.replace(**options))
    assert np.abs(curve.angle - angle).max() <= 0.1
    assert np.abs(curve.drift[:, 1:] - drift).max() <= 0.2
    assert curve.uncertain_pairs == ()


def test_large_frames_are_measured_on_smaller_ones_about_the_same_middle():
    angle, drift = np.array([0, 1.5, -2]), np.array([(0, 0), (3, -5), (-4, 2)])
    curve = measure_drift(turned(angle, drift, size=(305, 386))[:, None, None], settings=ROTATION)
    assert np.abs(curve.angle - angle).max() <= 0.1
    assert np.abs(curve.drift[:, 1:] - drift).max() <= 0.2


def test_a_volume_turns_in_the_plane():
    angle, drift = np.array([0, 1, 2.5]), np.array([(0, 0), (2, -3), (4, 1)])
    planes = np.stack([turned(angle, drift, number) for number in range(4, 13)], axis=1)
    curve = measure_drift(planes[:, :, None], settings=ROTATION)
    assert np.abs(curve.angle - angle).max() <= 0.1
    assert not curve.drift[:, 0].any()


@pytest.mark.parametrize("kind", ["moving", "still", "flicker"])
def test_where_nothing_turns_the_result_is_that_without(tmp_path, kind):
    movie = stored(tmp_path / "raw" / "a.tif", healthy(kind)[0])
    plain, turning = (
        correct_drift(movie, out=tmp_path / out, settings=ROTATION.replace(rotation=out == "turning")).done[0]
        for out in ("plain", "turning")
    )
    assert turning.curve.angle is None
    assert np.array_equal(plain.curve.drift, turning.curve.drift)
    assert plain.corrected.read_bytes() == turning.corrected.read_bytes()


def test_empty_frames_get_the_angle_between():
    angle, drift = 0.5 * np.arange(10), np.zeros((10, 2))
    movie = turned(angle, drift)
    movie[4] = 0
    curve = measure_drift(movie[:, None, None], settings=ROTATION.replace(robust=True))
    assert np.abs(curve.angle - angle).max() <= 0.1
    assert curve.bridged == (4,)


def test_movies_without_content_are_left_as_they_are():
    curve = measure_drift(np.zeros((3, 1, 1, 40, 40), np.uint8), settings=ROTATION)
    assert curve.angle is None
    assert not curve.drift.any()


def test_the_movie_is_turned_back_and_all_is_recorded(tmp_path):
    angle, drift = 0.6 * np.arange(8), walk(8, 2)
    pixels = turned(angle, drift, noise=2)
    movie = stored(tmp_path / "raw" / "a.tif", pixels)
    [done] = correct_drift(movie, settings=ROTATION).done
    assert done.warnings == ()
    with TimeLapse(done.corrected) as corrected:
        frames = np.stack([corrected.frame(t)[0, 0] for t in range(8)]).astype(float)
    area = frames.min(axis=0) > 0
    y, x = (np.median(place).astype(int) for place in np.nonzero(area))
    middle_part = frames[:, y - 40 : y + 40, x - 40 : x + 40]
    for frame in middle_part[1:]:
        assert np.corrcoef(frame.ravel(), middle_part[0].ravel())[0, 1] > 0.98
    origin = np.argwhere(frames[0] > 0).min(axis=0)
    assert np.array_equal(frames[0][origin[0] :, origin[1] :][: SIZE[0], : SIZE[1]], pixels[0])
    record = json.loads((tmp_path / "corrected" / "a.json").read_text(encoding="utf-8"))
    assert record["largest_angle"] == pytest.approx(4.2, abs=0.1)
    assert record["agreement"]["after"] > 0.97 > record["agreement"]["before"]
    with open(tmp_path / "corrected" / "a.shifts.csv", newline="", encoding="utf-8") as table:
        assert [float(row["angle"]) for row in csv.DictReader(table)] == pytest.approx(angle, abs=0.1)
    curve = read_shifts(tmp_path / "corrected" / "a.shifts.csv")
    np.testing.assert_allclose(undo_drift(movie, curve).values[:, 0, 0], frames, atol=1)


def test_what_every_frame_covers_has_no_padding(tmp_path):
    pixels = turned(2.0 * np.arange(5), walk(5, 3)) + 50
    settings = ROTATION.replace(crop_to_valid=True)
    [done] = correct_drift(stored(tmp_path / "raw" / "a.tif", pixels), settings=settings).done
    with TimeLapse(done.corrected) as corrected:
        frames = [corrected.frame(t) for t in range(5)]
    assert min(frame.min() for frame in frames) > 0
    assert frames[0].shape[2] > 100


def test_a_table_with_angles_corrects_another_movie(tmp_path):
    angle = 0.8 * np.arange(4)
    movie = stored(tmp_path / "raw" / "a.tif", turned(angle, np.zeros((4, 2))))
    [first] = correct_drift(movie, settings=ROTATION).done
    table = DriftSettings(engine="native", shifts=tmp_path / "corrected" / "a.shifts.csv")
    [again] = correct_drift(movie, out=tmp_path / "again", settings=table).done
    np.testing.assert_allclose(again.curve.angle, first.curve.angle, atol=1e-3)
    with TimeLapse(first.corrected) as one, TimeLapse(again.corrected) as other:
        assert one.shape == other.shape
        difference = np.abs(one.frame(3).astype(float) - other.frame(3))
    assert np.median(difference) <= 1
    with pytest.raises(BadInput, match="holds angles"):
        correct_drift(movie, out=tmp_path / "odd", settings=table.replace(shifts_scale=(2, 1, 1)))


def test_frames_that_do_not_turn_keep_their_pixels():
    frame = np.random.default_rng(0).integers(1, 9999, (2, 1, 30, 41)).astype(np.uint16)
    drift = np.array([[0, 0, 0], [1, 2, -3], [0, 1.5, 0.25]], np.float32)
    canvas = canvas_for(DriftCurve(drift, angle=np.array([0, 0, 3], np.float32)), frame.shape)
    for t in (0, 1):
        placed = canvas.place(frame, t)
        assert np.array_equal(placed[placed > 0], frame.ravel())
    z, y, x = covered_by_all(canvas)
    for t in range(3):
        assert (canvas.place(frame, t)[z, :, y, x] > 0).all()


def test_poses():
    first, second = Pose(0.3, 4, -2), Pose(-1.1, 0.5, 7)
    point = np.array([3.0, 5.0])
    at = matrix(second.angle) @ (matrix(first.angle) @ point + (first.y, first.x)) + (second.y, second.x)
    both = second.after(first)
    np.testing.assert_allclose(matrix(both.angle) @ point + (both.y, both.x), at)
    np.testing.assert_allclose(first.inverse().after(first), (0, 0, 0), atol=1e-12)
    moved = first.about(np.array([1.0, 2.0]))
    np.testing.assert_allclose(
        matrix(first.angle) @ (point - (1, 2)) + (first.y, first.x) + (1, 2),
        matrix(moved.angle) @ point + (moved.y, moved.x),
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"engine": "fiji"}, "rotation=: the plugin in Fiji has no such option"),
        ({"roi": (0, 0, 9, 9)}, "makes no sense"),
        ({"shifts": "a.csv"}, "makes no sense"),
    ],
)
def test_what_does_not_go_with_it(tmp_path, options, match):
    with pytest.raises(BadInput, match=match):
        correct_drift(tmp_path, settings=ROTATION.replace(**options))
