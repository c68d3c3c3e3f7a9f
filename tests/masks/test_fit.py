from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cpretrain.dataset.reading import read_image
from cpretrain.labels.encodings import read_label_image
from cpretrain.masks.fit import common_shift, mask_fit
from tests.support.paths import FAULTS
from tests.support.qupath_data import IMAGE, true_labels

CUT = FAULTS / "masks-page"


def scene(seed: int, size: tuple[int, int] = (104, 104)) -> tuple[np.ndarray, np.ndarray]:
    """Return bright blurred ellipses in one half of the image on noise, with a border of 2 zeros, and their labels."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    labels = np.zeros(size, np.uint16)
    for number in range(1, 7):
        row, column = random.integers(12, size[0] - 12), random.integers(12, size[1] // 2)
        labels[((y - row) / 7) ** 2 + ((x - column) / 5) ** 2 < 1] = number
    image = gaussian_filter(400.0 * (labels > 0), 1) + random.normal(100, 10, size)
    image[[0, 1, -2, -1]] = 0
    image[:, [0, 1, -2, -1]] = 0
    return image.astype(np.float32), labels


def test_a_right_mask_gives_no_warning():
    for seed in range(10):
        fit = mask_fit(*scene(seed), border=2)
        assert fit is not None
        assert fit.strength > 2
        assert fit.warning == ""


def test_real_annotations_give_no_warning():
    fit = mask_fit(read_image(IMAGE), true_labels())
    assert fit is not None
    assert fit.strength > 5
    assert fit.warning == ""


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (np.fliplr, "mirrored left to right"),
        (np.flipud, "mirrored top to bottom"),
        (lambda labels: labels[::-1, ::-1], "turned by 180°"),
        (np.transpose, "transposed"),
        (lambda labels: np.roll(labels, (2, -2), (0, 1)), "moved 2 pixels up and 2 pixels to the right"),
    ],
)
def test_wrong_masks_are_told(change: Callable, warning: str):
    image, labels = scene(3)
    fit = mask_fit(image, change(labels), border=2)
    assert fit is not None
    assert warning in fit.warning


def test_the_mask_of_another_image_is_told():
    warnings = []
    for seed in range(6):
        fit = mask_fit(scene(seed)[0], scene(seed + 100)[1], border=2)
        warnings.append(fit.warning if fit else "")
    assert sum("do not follow the edges" in text or "times as well" in text for text in warnings) >= 4


def test_real_annotations_mirrored_are_told():
    fit = mask_fit(read_image(IMAGE), true_labels()[:, ::-1])
    assert fit is not None
    assert "mirrored left to right" in fit.warning


@pytest.mark.parametrize("name", ["IXMtest_I23_s5_t0002_y0187_x0105", "IXMtest_J17_s1_t0005_y0029_x0227"])
def test_a_nucleus_cut_by_the_edge_raises_no_alarm(name):
    labels = read_label_image(CUT / "masks" / f"{name}-labelled.tif").labels
    fit = mask_fit(read_image(CUT / "images" / f"{name}.tif"), labels, border=2)
    assert fit is not None
    assert (fit.strength > 5, fit.warning) == (True, "")


@pytest.mark.parametrize(
    ("dy", "dx", "text"),
    [
        (0, 0, ""),
        (1, 0, "moved 1 pixel up:"),
        (0, -1, "moved 1 pixel to the right:"),
        (1, 1, "moved 1 pixel up and 1 pixel to the left:"),
    ],
)
def test_one_pixel_is_seen_over_several_images(dy, dx, text):
    scenes = [scene(seed) for seed in range(8)]
    fits = [mask_fit(image, np.roll(labels, (dy, dx), (0, 1)), 2) for image, labels in scenes]
    assert all(fits)
    found = common_shift([fit for fit in fits if fit])
    assert bool(found) == bool(text)
    assert text in found


def test_few_images_tell_no_common_shift():
    image, labels = scene(0)
    fit = mask_fit(image, np.roll(labels, 1, 0), 2)
    assert fit is not None
    assert common_shift([fit] * 3) == ""
    assert common_shift([fit] * 4) != ""


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        (np.zeros((30, 30)), np.kron(np.eye(3, dtype=int), np.ones((10, 10), int))),
        (np.random.default_rng(0).random((30, 30)), np.zeros((30, 30), int)),
        (np.random.default_rng(0).random((30, 30)), np.pad([[1]], (10, 19))),
        (np.full((30, 30), np.nan), np.kron(np.eye(3, dtype=int), np.ones((10, 10), int))),
        (np.zeros((1, 1)), np.ones((1, 1), int)),
    ],
    ids=["flat", "empty", "one pixel", "undefined", "tiny"],
)
def test_too_little_to_tell(image, labels):
    assert mask_fit(image, labels) is None
