"""The picture is a PNG whatever the movie; means of large frames are reduced, not their content."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from cpretrain.drift.inspection import Inspected
from cpretrain.drift.picture import draw_drift
from cpretrain.images.running_mean import PICTURE_PIXELS, RunningMean
from cpretrain.registration.curve import DriftCurve


@pytest.mark.parametrize(
    ("shape", "reduced"),
    [
        ((1, 40, 50), (40, 50)),
        ((3, 600, 7), (600, 7)),
        ((2, 1201, 900), (400, 300)),
        ((1, 3, 2000), (1, 666)),
    ],
)
def test_mean_over_frames_planes_and_blocks(shape, reduced):
    frames = np.random.default_rng(0).integers(0, 60000, (2, *shape)).astype(np.uint16)
    seen = RunningMean()
    for frame in frames:
        seen.add(frame)
    assert seen.image.shape == reduced
    assert max(seen.image.shape) <= max(PICTURE_PIXELS, 666)
    block = shape[2] // reduced[1]
    cut = frames[..., : reduced[0] * block, : reduced[1] * block].mean(axis=(0, 1))
    expected = cut.reshape(reduced[0], block, reduced[1], block).mean(axis=(1, 3))
    np.testing.assert_allclose(seen.image, expected)


@pytest.mark.parametrize("angle", [None, np.array([0, 1.5, -2], np.float32)])
@pytest.mark.parametrize("uncertain", [None, (), ((1, 2),)])
def test_the_picture(tmp_path, uncertain, angle):
    curve = DriftCurve(
        np.array([[0, 0, 0], [0, 3, -2], [1, 5, 0]], np.float32), ((0, 1),), uncertain, ((1, 2),), angle=angle
    )
    seen = RunningMean()
    for frame in np.random.default_rng(0).integers(0, 99, (3, 1, 30, 40)):
        seen.add(frame)
    each = np.array([0.9, 0.1, 0.8])
    inspected = Inspected((slice(0, 1), slice(5, 30), slice(0, 38)), each, each, kinds={1: "empty"})
    said = ["frame 1 is empty: bridge it with --bridge $x$", "long " * 60]
    draw_drift(tmp_path / "a.drift.png", "Film [1] $x_1$.tif", curve, (seen, seen), inspected, said)
    picture = np.asarray(Image.open(tmp_path / "a.drift.png"))
    assert picture.shape[2] == 3
    assert picture.std() > 15
    assert (picture == (0x00, 0x72, 0xB2)).all(axis=2).sum() > 50, "the line of y"
    assert (picture == (0xAA, 0x33, 0x77)).all(axis=2).any() == (angle is not None)


def test_both_means_have_one_grey_scale(tmp_path):
    before, after = RunningMean(), RunningMean()
    before.add(np.tile(np.linspace(0, 100, 64), (1, 64, 1)))
    after.add(np.full((1, 64, 64), 50.0))
    inspected = Inspected((slice(0, 0),) * 3)
    draw_drift(tmp_path / "a.png", "a", DriftCurve(np.zeros((2, 3), np.float32)), (before, after), inspected)
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    left, right = picture[-160, 72:372], picture[-160, 508:806]
    assert left[0] == 0 and left[-1] == 255
    assert 120 < right.min() == right.max() < 135


def test_drawing_does_not_import_matplotlib(tmp_path):
    script = f"""
import sys
from pathlib import Path
import numpy as np
from cpretrain.drift.correction import draw_drift, RunningMean, Inspected, DriftCurve
mean = RunningMean()
mean.add(np.eye(9)[np.newaxis])
draw_drift(Path({str(tmp_path / "a.png")!r}), "Zellen ü клетки κύτταρα 5 µm.tif",
           DriftCurve(np.zeros((2, 3), np.float32)), (mean, mean), Inspected((slice(0, 0),) * 3))
assert not {{"matplotlib", "numba", "pandas", "xarray", "zarr"}} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
