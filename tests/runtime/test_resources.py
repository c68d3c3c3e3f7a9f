"""Work that does not fit on the disk or in memory is refused before it begins."""

import shutil

import numpy as np
import psutil
import pytest

from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.runtime.resources import check_disk, check_memory


@pytest.mark.parametrize(
    ("check", "there"),
    [
        (lambda needed: check_disk("/", needed, "no room", "make some"), lambda: shutil.disk_usage("/").free),
        (
            lambda needed: check_memory(needed, "no room", "make some"),
            lambda: psutil.virtual_memory().available,
        ),
    ],
    ids=["disk", "memory"],
)
def test_both_numbers_are_named(check, there):
    check(1000)
    with pytest.raises(BadInput, match="no room") as caught:
        check(10**18)
    found, unit = caught.value.found.split()
    assert float(found.replace(",", "")) * 1e9 == pytest.approx(there(), rel=0.2)
    assert (unit, caught.value.expected, caught.value.cure) == ("GB", "1,000,000,000.0 GB", "make some")


def test_a_movie_larger_than_the_disk_is_not_begun(tmp_path):
    earlier = tmp_path / "a.tif"
    earlier.write_bytes(b"earlier")
    frames = iter(())
    with pytest.raises(BadInput, match=r"a\.tif: not enough disk space"):
        write_frames(earlier, frames, (10**6, 1, 1, 10**5, 10**5), np.dtype("uint16"), Calibration())
    assert earlier.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [earlier]
