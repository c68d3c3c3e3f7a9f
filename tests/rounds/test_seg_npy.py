"""Files for Cellpose's window, and files that the windows of both versions saved."""

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.rounds.seg_npy import read_window_file, write_window_file
from tests.support.paths import DATA


@pytest.mark.parametrize("major", [3, 4])
def test_saved_by_the_window(major):
    """A square of two, rows 12 to 19 and columns 13 to 18, was kept and the other one removed."""
    labels = read_window_file(DATA / f"cellpose{major}_window_seg.npy")
    expected = np.zeros((24, 24))
    expected[12:20, 13:19] = 1
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.cellpose
@pytest.mark.parametrize("highest", [0, 2, 70_000])
def test_written_for_the_window(tmp_path, highest):
    labels = np.zeros((30, 30), np.uint32)
    labels[3:9, 3:9] = highest
    path = tmp_path / "Bild ü_seg.npy"
    write_window_file(path, "Bild ü.tif", labels)
    assert read_window_file(path) is None  # nobody has looked at it
    content = np.load(path, allow_pickle=True).item()
    np.testing.assert_array_equal(content["masks"], labels)
    inner = np.zeros_like(labels)
    inner[4:8, 4:8] = highest
    np.testing.assert_array_equal(content["outlines"], labels - inner)
    assert (content["filename"], len(content["ismanual"])) == ("Bild ü.tif", highest)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"outlines": 1}, "holds no masks"),
        ([1], "cannot be used"),
        ({"masks": np.zeros((2, 2), np.float32)}, "no label image"),
        ({"masks": np.zeros((2, 2, 2), np.uint16)}, "no label image"),
        ({"masks": np.full((2, 2), -1)}, "no label image"),
        ({"masks": np.array([None])}, "cannot be read"),
    ],
)
def test_no_masks(tmp_path, content, problem):
    np.save(tmp_path / "a_seg.npy", content)
    with pytest.raises(BadInput, match=problem):
        read_window_file(tmp_path / "a_seg.npy")
